"""What a board does after boot: main.py of its file system."""

import machine  # noqa: F401 - found now, for afterwards only the image is looked into
import network  # noqa: F401
import told  # noqa: F401

import main  # isort: skip

main.main()
