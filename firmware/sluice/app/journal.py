"""What happened and why, one line each, for the person who asks afterwards.

The last JOURNAL_LINES lines stay in RAM; every line is also printed. A fault that lasts is told when it
begins, when its reason changes and when it ends, not every time it is met.
"""

from sluice_wire.limits import JOURNAL_LINES

from .clock import utc_text


class Journal:
    """A ring of lines."""

    def __init__(self, port, clock):
        self._port = port
        self._clock = clock
        self._faults = {}
        self.lines = []

    def write(self, text):
        """Enter one line, with the time before it."""
        line = utc_text(self._clock.now()) + " " + text
        if len(self.lines) == JOURNAL_LINES:
            self.lines.pop(0)
        self.lines.append(line)
        self._port.print(line)

    def fault(self, what, why):
        """Something (`what`: the server, one of its resources, the meter ...) fails because of `why`."""
        if self._faults.get(what) != why:
            self._faults[what] = why
            self.write("%s: %s" % (what, why))

    def well(self, what):
        """Something works; told if it did not before."""
        if self._faults.pop(what, None) is not None:
            self.write("%s: works again" % what)

    def forget(self, what):
        """Something is no longer there to fail."""
        self._faults.pop(what, None)
