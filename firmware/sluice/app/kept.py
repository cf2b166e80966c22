"""The last lines of the journal, for who asks: a fixed ring of bytes, the oldest lines giving way.

It is for who comes with a laptop after something has happened; it does not outlive a restart.
Source: docs/console.md 4.
"""

from sluice_wire.console import JOURNAL_SIZE

_LF = b"\n"


class Kept:
    """The last JOURNAL_SIZE bytes of lines."""

    def __init__(self):
        self._ring = bytearray(JOURNAL_SIZE)
        self._n = 0  # bytes that have ever been written

    def write(self, line):
        """Keep one line."""
        ring = self._ring
        at = self._n % JOURNAL_SIZE
        text = line.encode()[: JOURNAL_SIZE - 1]
        self._n += len(text) + 1
        for byte in text:
            ring[at] = byte
            at += 1
            if at == JOURNAL_SIZE:
                at = 0
        ring[at] = 10

    def lines(self):
        """Return the lines that are whole, the oldest first."""
        at = self._n % JOURNAL_SIZE
        kept = bytes(self._ring[:at])
        if self._n > JOURNAL_SIZE:
            kept = bytes(self._ring[at:]) + kept
            kept = kept[kept.find(_LF) + 1 :]
        return [line.decode() for line in kept.split(_LF)[:-1]]
