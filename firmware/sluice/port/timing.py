"""Times that follow from the machine: of a serial line, and since it was powered on.

Source: Modbus over Serial Line V1.02, 2.5.1.1; proc(5); requirement S2.
"""

from micropython import const

_COLD_S = const(300)


def silence_ms(baud):
    """Return the silence between two RTU frames, 3.5 characters of 11 bits or 1.75 ms, in whole ms rounded up."""
    return max(2, -(-38500 // baud))


def wire_ms(characters, baud):
    """Return how long so many characters of 11 bits are on the wire, in whole ms rounded up."""
    return -(-11000 * characters // baud)


def is_cold(uptime="/proc/uptime"):
    """Tell whether Linux was started in the last five minutes: so were others, perhaps, the power being back."""
    try:
        with open(uptime) as file:
            return float(file.read().split()[0]) < _COLD_S
    except (OSError, ValueError):
        return False
