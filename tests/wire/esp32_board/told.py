"""What the board's parts were told to do, a line each, in the file BOARD_TOLD."""

import os

_file = open(os.getenv("BOARD_TOLD"), "a")  # noqa: SIM115


def tell(*words):
    _file.write(" ".join([str(word) for word in words]) + "\n")
