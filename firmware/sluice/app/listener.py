"""Who listens at the console for years: it gathers lines, and whoever answers is made when one has come.

Answering takes more heap than a gateway that runs has to spare for good, so what it takes is given back when nobody
has asked for a minute; unless somebody has unlocked the console, or has to wait, which must not be forgotten.
Source: docs/console.md 1.
"""

from micropython import const

from sluice_wire.console import LINE_MAX, STALE_MS

_CHUNK = const(64)
_LF = const(10)
_CR = const(13)
_IDLE_S = const(60)
_FAULT = '{"id": null, "ok": false, "error": "failed", "text": "it cannot answer now (%s): ask again"}'


class Listener:
    """The console at `line` (see sluice.port); `make(uptime)` gives a Console."""

    def __init__(self, port, line, make):
        self._port = port
        self._line = line
        self._make = make
        self.buf = bytearray(LINE_MAX)
        self.n = 0  # bytes of the line so far; those beyond the bound are counted and dropped
        self._fed_ms = 0
        self._asked_at = 0
        self.console = None
        self._asked = False

    async def run(self):
        """Listen for ever; it returns when nobody can ask any more. SystemExit: the program is to be started again."""
        chunk = bytearray(_CHUNK)
        while True:
            n = await self._line.readinto(chunk)
            if not n:
                return
            for i in range(n):
                if self.feed(chunk[i], self._port.ticks_ms()):
                    length = self.n
                    self.n = 0
                    await self._answer(length)

    async def _answer(self, length):
        self._asked = True
        try:
            if self.console is None:
                self.console = self._make(self._line)
            await self.console.answer(self.buf, length)
        except Exception as error:  # there is hardly any heap left: the gateway goes on
            self._line.write(_FAULT % type(error).__name__)

    def feed(self, byte, ms):
        """Take a byte that arrived at `ms`. Return whether a line has ended."""
        if self.n and self._port.ticks_diff(ms, self._fed_ms) > STALE_MS:
            self.n = 0  # it was cut
        self._fed_ms = ms
        if byte == _LF:
            return self.n > 0
        if byte != _CR:
            if self.n < LINE_MAX:
                self.buf[self.n] = byte
            self.n += 1
        return False

    def rest(self, now):
        """Give back what answering takes when nobody has asked for a while. `now`: the uptime; each second."""
        if self._asked:
            self._asked = False
            self._asked_at = now
        if self.console and now - self._asked_at >= _IDLE_S and not self.console.lock.remembers():
            self.console = None
            for module in ("console", "lines", "lock", "setup", "trial"):
                self._port.unload("sluice.app." + module)
