"""A play as our criteria see it: what the client had been told, and what had to flow, second by second.

The DERs shall give what their source or their battery's app wishes, held within what the server had told. The load is
what the site takes and the DERs do not give. All powers are of the DERs' AC side, `+` generation.
Source: AS/NZS 4777.2 5.5.2 (reconnection: 60 s, then 16.67 % a minute); requirements C1, C3, C4, E11, E12.
"""

import math
import re
from array import array
from collections.abc import Sequence
from functools import cached_property

from sluice_tools.conformance import sites
from sluice_tools.conformance.operator import POWER_OFF, POWER_ON
from sluice_tools.conformance.ours.heard import Word, heard
from sluice_tools.conformance.record import Play
from sluice_tools.promise import EXPORT, GENERATION, IMPORT, LOAD

RATING_W = sites.RATING_W
BOOT_S = 60  # after the gateway is switched on it finds its inverters and the server
RECONNECT_WAIT_S, RECONNECT_RAMP_S = 60, 360
WISH = re.compile(r"wish for (-?\d+) W$")

Span = tuple[int, int]


class Case:
    """A play, what the client had been told, and what had to flow."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.setting = sites.setting(play.procedure)
        self.seconds = len(play.flows.site_w)

    @cached_property
    def word(self) -> Word:
        """What the client had been told."""
        return heard(self.play, self.seconds)

    @property
    def first_s(self) -> int:
        """The first second that counts: the client has found its way, and the operator has started the procedure."""
        return max(BOOT_S, math.ceil(self.play.started_s or 0))

    def deed_s(self, text: str) -> list[int]:
        """The seconds at which the operator did this."""
        return [math.ceil(deed.t_s) for deed in self.play.deeds if deed.text == text]

    @cached_property
    def wish_w(self) -> "array[float]":
        """What the DERs would give if nothing limited them: the sun; or a set-point; or what the battery's app says."""
        flows, word = self.play.flows, self.word
        wishes = {math.ceil(d.t_s): float(found[1]) for d in self.play.deeds if (found := WISH.search(d.text))}
        app_w = float(self.setting.wish_w or 0) if self.setting.house == "storage" else None
        line: array[float] = array("f")
        for t in range(self.seconds):
            app_w = wishes.get(t, app_w)
            most_w, least_w = min(flows.most_w[t], RATING_W), max(flows.least_w[t], -RATING_W)
            aim_w = word.fixed_pct[t] * RATING_W / 100
            if math.isnan(aim_w):
                aim_w = word.storage_w[t]
            if math.isnan(aim_w):
                aim_w = most_w if app_w is None else app_w
            line.append(min(max(aim_w, least_w), most_w))
        return line

    @cached_property
    def bounds_w(self) -> tuple["array[float]", "array[float]"]:
        """The least and the most that all limits together allow."""
        flows, word = self.play.flows, self.word
        least, most = array("f"), array("f")
        for t in range(self.seconds):
            load_w = flows.site_w[t] + flows.der_w[t]
            live = word.live[t]
            takes_w = min(max(0.0, word.limits_w[IMPORT][t] - load_w), word.limits_w[LOAD][t])
            gives_w = max(0.0, min(word.limits_w[EXPORT][t] + load_w, word.limits_w[GENERATION][t]))
            least.append(-takes_w if live else 0.0)
            most.append(gives_w if live else 0.0)
        return least, most

    @cached_property
    def due_w(self) -> "array[float]":
        """What has to flow: the wish within the bounds."""
        return self._bounded(self.wish_w)

    @cached_property
    def eased_w(self) -> "array[float]":
        """The same of a wish that goes to a set-point and from it by setGradW: a client may take it so, or at once."""
        word, line = self.word, array("f")
        pointed = any(
            not math.isnan(a) or not math.isnan(b) for a, b in zip(word.fixed_pct, word.storage_w, strict=True)
        )
        if not pointed:
            return self.due_w
        eased_w = self.wish_w[0]
        for t, w in enumerate(self.wish_w):
            step_w = RATING_W * word.grad[t] / 10_000 or math.inf
            eased_w += min(max(w - eased_w, -step_w), step_w)
            line.append(eased_w)
        return self._bounded(line)

    def _bounded(self, line: "array[float]") -> "array[float]":
        least, most = self.bounds_w
        return array("f", (min(max(w, least[t]), most[t]) for t, w in enumerate(line)))

    @cached_property
    def regained_w(self) -> "array[float]":
        """How much an inverter must give or take by then, after it was disconnected: `inf` if it was not."""
        line, live, since = array("f"), self.word.live, -math.inf
        for t in range(self.seconds):
            if not live[t]:
                since = t
            ramp_w = RATING_W * max(0.0, (t - since - RECONNECT_WAIT_S) / RECONNECT_RAMP_S)
            line.append(ramp_w if ramp_w < RATING_W else math.inf)
        return line

    @cached_property
    def off(self) -> list[Span]:
        """While the gateway was off, or finding its way."""
        return [(off, on + BOOT_S) for off, on in zip(self.deed_s(POWER_OFF), self.deed_s(POWER_ON), strict=False)] + [
            (0, BOOT_S)
        ]


def mean(line: Sequence[float], begin: int, end: int) -> float:
    return sum(line[begin:end]) / (end - begin)
