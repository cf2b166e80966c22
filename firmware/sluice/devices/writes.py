"""The write budget of a device whose limit lands in flash: never more than 20 raises in any 24 hours.

Flash takes some 100 000 writes. A token comes every 144 minutes, ten are saved; every write takes one. A raise waits
for one; a cut never waits, and leaves a debt of ten at the most. So that writes are few, such a limit moves in steps
of 5 %, and a raise is one of 10 % or to the full, three minutes after the last write.
Source: facts of the field (dead EEPROMs); requirement C1.
"""

from micropython import const

SAVED = const(10)
TOKEN_S = const(8640)
_CALM_S = const(180)  # after a write nothing is raised
_DAY_S = const(86400)


class Writes:
    """The writes of one device: `today` since the day began (of 24 hours from the first start on), `total` in all."""

    def __init__(self):
        self.free = False  # raises wait for nothing: for the few of a commissioning
        self.tokens = SAVED
        self.total = self.today = 0
        self._token_at = self._day_at = 0
        self._wrote_at = -_CALM_S

    def _step(self, now):
        if not 0 <= now - self._day_at < _DAY_S:
            self._day_at = now
            self.today = 0
        if self.tokens >= SAVED or now < self._token_at:
            self._token_at = now
        new = (now - self._token_at) // TOKEN_S
        self.tokens = min(SAVED, self.tokens + new)
        self._token_at += new * TOKEN_S

    def rationed(self, raw, told, full, now):
        """Return the limit `raw` of `full` in whole steps, or `told` if it would be a raise and none is due."""
        self._step(now)
        raw -= raw % max(1, full // 20)
        if raw <= told or self.free:
            return raw
        raw -= told
        return told + raw if self._due(now) and (raw >= full // 10 or told + raw == full) else told

    def _due(self, now):
        return self.tokens > 0 and not 0 <= now - self._wrote_at < _CALM_S

    def take(self, now):
        """Count a write."""
        self._step(now)
        self._wrote_at = now
        self.tokens = max(-SAVED, self.tokens - 1)
        self.today += 1
        self.total += 1

    def state(self, now):
        """Return what outlives a restart, as a tuple of numbers."""
        self._step(now)
        return self.total, self.today, now - self._day_at, self.tokens, now - self._token_at

    def restore(self, state, now):
        """Take up what `state` gave."""
        self.total, self.today, day_s, self.tokens, token_s = state
        self._day_at = now - day_s
        self._token_at = now - token_s
