"""One clock: monotonic ticks plus an offset learnt from the server's Time. It never runs backwards.

Source: IEEE 2030.5-2018 10.3; requirement D2.
"""


class Clock:
    """Core seconds. Until the server's Time is known the port's real-time clock serves."""

    def __init__(self, port):
        self._port = port
        self._ticks = port.ticks_ms()
        self._ms = 0
        self._seconds = port.rtc()
        self._shown = self._seconds
        self.known = False  # the server's Time has been taken

    def now(self):
        """Return the current core second; never less than what was returned before."""
        ticks = self._port.ticks_ms()
        self._ms += self._port.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        if self._ms >= 1000:
            self._seconds += self._ms // 1000
            self._ms %= 1000
        self._shown = max(self._shown, self._seconds)
        return self._shown

    def ms_to_next_second(self):
        """Return the milliseconds until the next second begins."""
        self.now()
        return 1000 - self._ms

    def set(self, server_now):
        """Take the server's Time. Return by how many seconds the clock was wrong (+ = it was behind).

        A step back makes the clock stand still until time has caught up, unless it was never set before.
        """
        drift = server_now - self.now()
        if drift:
            self._seconds += drift
            if not self.known:
                self._shown = self._seconds
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
