"""What esptool and mpremote say when something is wrong becomes a line with what to do.

These are transcripts, of what the emulated board cannot do: rights, buttons, power, a boot that fails.
"""

import pytest

from sluice_tools.flash.programs import Esptool, meaning

AGAIN = "give the same command again, it does it all"
SAID = {
    "esptool: Could not open /dev/ttyACM0, the port is busy or doesn't exist.\n([Errno 2] could not open port "
    "/dev/ttyACM0: [Errno 2] No such file or directory: '/dev/ttyACM0')": f"there is no /dev/ttyACM0: is the board "
    f"plugged in? {AGAIN}",
    "esptool: Could not open /dev/ttyACM0, the port is busy or doesn't exist.\n([Errno 13] could not open port "
    "/dev/ttyACM0: [Errno 13] Permission denied: '/dev/ttyACM0')\nHint: Try to add user into dialout or uucp group.": (
        "/dev/ttyACM0 cannot be used: are you in its group (dialout)?"
    ),
    "esptool: ([Errno 11] Could not exclusively lock port /dev/ttyACM0: [Errno 11] Resource temporarily unavailable)": (
        "/dev/ttyACM0 is in use: close what has it open"
    ),
    "esptool: A fatal error occurred: Failed to connect to ESP32-S3: Wrong boot mode detected (0x28)! The chip needs "
    "to be in download mode.": "no chip answers at /dev/ttyACM0: is the cable one for data? Hold BOOT, press and let "
    f"go RESET, let go BOOT, and {AGAIN}",
    "esptool: A fatal error occurred: The chip stopped responding.": (
        f"/dev/ttyACM0 was lost in the middle: plug the board in, and {AGAIN}"
    ),
    "esptool: A serial exception error occurred: write failed: [Errno 5] Input/output error": (
        f"/dev/ttyACM0 was lost in the middle: plug the board in, and {AGAIN}"
    ),
    "esptool: A fatal error occurred: MD5 of file does not match data in flash!": (
        f"the flash does not hold what was written: use another cable and port, and {AGAIN}; if it happens twice, the "
        "board is to be put aside"
    ),
    "esptool: /usr/bin/python3: No module named esptool": "esptool is not installed: `pip install 'sluice[flash]'`",
    "mpremote: failed to access /dev/ttyACM0 (it may be in use by another program)": (
        "/dev/ttyACM0 is in use: close what has it open"
    ),
    "mpremote: could not enter raw repl": (
        f"MicroPython does not start on the board: {AGAIN}; then look at what it prints "
        "(`mpremote connect /dev/ttyACM0`)"
    ),
    "esptool: A fatal error occurred: Something that nobody has seen yet.\nFor troubleshooting see there": (
        "esptool: Something that nobody has seen yet."
    ),
    "esptool: ": "esptool: failed, and does not say why",
    "esptool: one\ntwo": "esptool: two",
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_program_says_is_told_in_a_line_with_what_to_do(said):
    program, _, text = said.partition(": ")
    assert meaning(text, program, "/dev/ttyACM0") == SAID[said]


def test_the_esptool_that_is_installed_is_the_one_that_is_known():
    assert Esptool("/dev/null")
