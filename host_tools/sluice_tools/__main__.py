"""`python -m sluice_tools` is the command `sluice`."""

from sluice_tools.cli import main

main()
