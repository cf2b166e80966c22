"""When the firmware was built: its clock begins no earlier, so that certificates of that time are valid for it.

Run from its source nobody knows; in an image stands the time of the last commit (sluice_tools.toolchain.image).
"""

from micropython import const

BUILT = const(0)  # core seconds
