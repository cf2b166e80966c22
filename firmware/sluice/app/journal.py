"""What happened and why, one line each, for the person who asks afterwards.

A fault that lasts is told when it begins, when its reason changes and when it ends, not every time it is met; of
reasons that change all the time one in ten seconds is told.
"""

from micropython import const

from .clock import utc_text

_CHANGES_S = const(10)


class Journal:
    """Prints lines through the port, and knows which faults last."""

    def __init__(self, port, clock):
        self._port = port
        self._clock = clock
        self.faults = {}  # what fails at the moment, and why
        self.kept = None  # where the last lines are kept for who asks, a Kept
        self._told = {}  # of each the reason that was told last, and at what uptime

    def write(self, text):
        """Enter one line, with the time before it."""
        line = utc_text(self._clock.now()) + " " + text
        self._port.print(line)
        if self.kept:
            self.kept.write(line)

    def fault(self, what, why):
        """Something (`what`: the server, one of its resources, the meter ...) fails because of `why`."""
        self.faults[what] = why
        told, told_at = self._told.get(what, (None, -_CHANGES_S))
        now = self._clock.uptime()
        if why != told and now - told_at >= _CHANGES_S:
            self._told[what] = why, now
            self.write("%s: %s" % (what, why))

    def well(self, what):
        """Something works; told if it did not before."""
        if self.faults.pop(what, None) is not None:
            self._told.pop(what, None)
            self.write("%s: works again" % what)

    def forget(self, what):
        """Something is no longer there to fail."""
        self.faults.pop(what, None)
        self._told.pop(what, None)
