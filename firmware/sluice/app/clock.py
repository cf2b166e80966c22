"""Two times: the wall clock, learnt from the server's Time, and the uptime, which nobody can set.

What is scheduled or reported goes by the wall clock; what must go on whatever the server says of the time (control,
timers of devices, polling) goes by the uptime. The wall clock does not run backwards over a small correction: it
stands still until time has caught up. Over a large one it does, since standing still for an hour would be worse.
Source: IEEE 2030.5-2018 10.3; requirement D2.
"""

from micropython import const

_STAND_STILL_S = const(60)


class Clock:
    """Core seconds, and seconds since the start. Until the server's Time is known the real-time clock serves."""

    def __init__(self, port):
        self._port = port
        self._ticks = port.ticks_ms()
        self._ms = 0
        self._up = 0
        self._offset = max(port.rtc(), port.built)  # wall clock at uptime 0
        self._shown = self._offset
        self.known = False  # the server's Time has been taken

    def at_least(self, floor):
        """Core second `floor` has been, it was saved. A clock without a battery begins there: no certificate of today
        would be valid for it otherwise."""
        if not self.known:
            self._offset = max(self._offset, floor)
            self._shown = max(self._shown, floor)

    def uptime(self):
        """Return the whole seconds since the start."""
        ticks = self._port.ticks_ms()
        self._ms += self._port.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        if self._ms >= 1000:
            self._up += self._ms // 1000
            self._ms %= 1000
        return self._up

    def now(self):
        """Return the current core second."""
        self._shown = max(self._shown, self.uptime() + self._offset)
        return self._shown

    def ms_to_next_second(self):
        """Return the milliseconds until the next second begins."""
        self.uptime()
        return 1000 - self._ms

    def set(self, server_now):
        """Take the server's Time. Return by how many seconds the clock was wrong (+ = it was behind)."""
        drift = server_now - self.uptime() - self._offset
        self._offset += drift
        if not self.known or drift < -_STAND_STILL_S:
            self._shown = server_now
        self.known = True
        return drift


def utc_text(core_s):
    """Return core seconds as `YYYY-MM-DD HH:MM:SSZ`."""
    days, second = divmod(core_s, 86400)
    # Days since 2020-03-01, so that the leap day is the last of its year.
    days -= 60
    year, day = divmod(4 * days + 3, 1461)  # exact until 2100
    day //= 4
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 2020 + (month >= 10)
    month = month + 3 if month < 10 else month - 9
    return "%04d-%02d-%02d %02d:%02d:%02dZ" % (year, month, day + 1, second // 3600, second // 60 % 60, second % 60)
