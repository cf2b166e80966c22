"""Times of a serial line that follow from its baud rate (Modbus over Serial Line V1.02, 2.5.1.1)."""


def silence_ms(baud):
    """Return the silence between two RTU frames, 3.5 characters of 11 bits or 1.75 ms, in whole ms rounded up."""
    return max(2, -(-38500 // baud))
