"""UTF-8 beyond ASCII, byte by byte: no overlong forms, no surrogates, no U+FFFE and U+FFFF.

Source: RFC 3629; XML 1.0 (fifth edition) 2.2.
"""


class Sequence:
    """One character of two to four bytes; `need` of them are still to come."""

    def __init__(self):
        self.need = 0
        self._lead = 0  # the first byte, while the second one is awaited
        self._low = self._high = 0  # bounds of the next byte

    def begin(self, c):
        """Take the first byte; tell whether it may begin a character."""
        self.need = 1 if c < 0xE0 else 2 if c < 0xF0 else 3
        self._lead = c
        self._low = 0xA0 if c == 0xE0 else 0x90 if c == 0xF0 else 0x80
        self._high = 0x9F if c == 0xED else 0x8F if c == 0xF4 else 0xBF
        return 0xC2 <= c <= 0xF4

    def take(self, c):
        """Take one more byte; tell whether it may follow."""
        good = self._low <= c <= self._high
        self.need -= 1
        self._low = 0x80
        self._high = 0xBD if self._lead == 0xEF and c == 0xBF else 0xBF
        self._lead = 0
        return good
