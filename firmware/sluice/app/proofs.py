"""The proofs of a commissioning that need a living gateway: the meter's CTs by steps of each inverter, limits by time.

Until the meter is proved no more is given than the agreement's export limit, load or no load (or the few hundred watts
that a test needs).
Source: facts A5; AS/NZS 4777.2 6.2.2 (15 s); requirement C1.
"""

from micropython import const

from . import ct

_NEED_W = const(500)  # the least that all inverters must give for a test,
_NEED_PARTS = const(20)  # and the least part of their ratings
_STEP_W = const(400)  # the least that one must give for a step of its own
_IDLE = const(5)  # a fifth of it is given while a step lasts
_AVERAGE_S = const(5)
_ATTEMPTS = const(4)
_PATIENCE_S = const(120)  # for inverters that ramp up
_STEP_S = const(30)  # and down
_HELD_S = const(15)
_WATCH_S = const(40)  # how long a limit is watched
_STAYS_S = const(3)  # a limit is held when it has been for so long
_PERCENT = const(4)  # of the rating: so near a limit is held
_LEAST_W = const(50)
_AGREE_PCT = const(20)  # so near are the gains of the way down and of the way up
_QUIET_PARTS = const(8)  # of a step: a load that jumps by less than this part of it does not hide it
_FROZEN_S = const(10)
_DER = const(4)  # where the inverters begin in what Rig.average returns

_SUN = "come back when the sun shines"
_BATTERY = ", or when the battery is charged"
_REMOTE = "enable remote control (Modbus power control) in inverter unit %d"
_LOAD = (
    "load or sun moved too much: switch off what switches by itself (oven, air conditioner, kettle), "
    "wait for a steady sky, start again"
)
_FROZEN = "the meter repeats its values: switch it off and on, or replace it"
_OTHER = "something else gives %d W: switch it off, or enter it as one of the inverters"
_SLOW = "inverter unit %d is too slow: set its power gradient for remote control to the fastest"


class Proofs:
    """The proofs by `rig`, told to `steps`; `config`: the checked configuration."""

    def __init__(self, clock, rig, steps, config):
        self._clock = clock
        self._rig = rig
        self._steps = steps
        self._exp_w = config["site"]["exp_lim_w"]
        self._gen_w = config["site"]["gen_lim_w"]
        self._reversed = config["meter"]["reversed"]
        self._test_w = min(self._exp_w, self._gen_w)  # what all may give together until the meter is proved
        self._fed = []  # phases that an inverter has been seen to feed

    async def all(self):
        """Do one after the other, as far as they make sense."""
        if not await self._power():
            return
        failed = len(self._steps.failed)
        for der in self._rig.ders:
            await self._sees(der)
        if len(self._steps.failed) == failed:
            self._unfed()
            await self._half()
        if len(self._steps.failed) == failed:
            await self._no_export()

    async def _power(self):
        rig = self._rig
        need_w = max(_NEED_W, rig.w_max() // _NEED_PARTS)
        self._test_w = max(self._test_w, need_w * 6 // 5)
        self._steps.begin("power", "the inverters come to %d W together, or what the sun gives" % self._test_w)
        rig.tell_all(self._test_w)
        await rig.settle(_PATIENCE_S)
        w = sum((await rig.average(_AVERAGE_S))[_DER:])
        good = w >= need_w
        text = "the inverters give %d W together; the test needs %d W" % (w, need_w)
        self._steps.end("power", good, text, "" if good else _come_back(rig.ders))
        return good

    # --- the meter ----------------------------------------------------------------------------------

    async def _sees(self, der):
        """The meter must see each watt that `der` gives less. What was seen while loads jumped does not count."""
        step = "meter sees unit %d" % der.unit_id
        self._steps.begin(step, "unit %d gives less for some seconds, the others stay as they are" % der.unit_id)
        self._steps.end(step, *await self._seen(der))

    async def _seen(self, der):
        rig = self._rig
        at = _DER + rig.ders.index(der)
        most_w = self._test_w
        for other in rig.ders:
            if other is not der:
                rig.tell(other, rig.share(other, self._test_w) // _IDLE)
                most_w -= other.most_w
        rig.tell(der, most_w)
        await rig.settle(_PATIENCE_S)
        for _ in range(_ATTEMPTS):
            rig.jump_w = 0
            high = await rig.average(_AVERAGE_S)
            if high[at] < _STEP_W:
                text = "unit %d gives only %d W; a step needs %d W" % (der.unit_id, high[at], _STEP_W)
                return False, text, _come_back([der])
            low = await self._given(der, high[at] // _IDLE, _STEP_S)
            step_w = high[at] - low[at]
            if low[at] > der.most_w + max(_LEAST_W, (high[at] - der.most_w) // 4):
                text = "unit %d was told to give %d W, reads it back, and gives %d W"
                return False, text % (der.unit_id, der.most_w, low[at]), _REMOTE % der.unit_id
            down = _gains(high, low)
            moved = [rig.ders[i - _DER] for i in range(_DER, len(high)) if abs(high[i] - low[i]) * 4 > step_w]
            up = _gains(await self._given(der, most_w, _PATIENCE_S), low)
            text = "of %d W less from unit %d the meter saw %s" % (step_w, der.unit_id, _told(down))
            if len(moved) > 1:
                moved.remove(der)
                other = moved[0].unit_id
                text, do = "when unit %d gave less, unit %d moved too" % (der.unit_id, other), _REMOTE % other
                continue
            what, do = ct.verdict(down[0], down[1:], self._reversed)
            if what != ct.ODD and _agree(down, up) and rig.jump_w * _QUIET_PARTS <= step_w:
                self._feeds(down[1:])
                if what == ct.UNSEEN and rig.meter.same >= _FROZEN_S:
                    do = _FROZEN
                return what == ct.GOOD, text, do
            do = _LOAD
        return False, text, do

    async def _given(self, der, w, patience_s):
        """Return the means when `der` has come to `w` watts."""
        self._rig.tell(der, w)
        await self._rig.settle(patience_s)
        return await self._rig.average(_AVERAGE_S)

    def _feeds(self, gains):
        for phase in range(3):
            if gains[phase] is not None and abs(gains[phase]) * 4 > max([abs(gain or 0) for gain in gains]):
                self._fed.append(phase)

    def _unfed(self):
        """What no inverter feeds no step can prove; but power that comes from there comes from nowhere."""
        for phase in range(3):
            w = self._rig.phases()[phase]
            if w is None or phase in self._fed:
                continue
            step = "phase %d" % (phase + 1)
            if w < -_LEAST_W:
                do = "turn the CT of phase %d round, or switch off what else generates there" % (phase + 1)
                self._steps.end(step, False, "no inverter feeds it, and it sends %d W to the grid" % -w, do)
            elif w < _LEAST_W:
                self._steps.end(step, None, "no inverter feeds it and nothing runs on it: its CT is not proved")
            else:
                self._steps.end(step, True, "no inverter feeds it, and its load of %d W has the right sign" % w)

    # --- limits -------------------------------------------------------------------------------------

    async def _half(self):
        rig = self._rig
        self._steps.begin("half", "all inverters go to half of what they give")
        rig.tell_all(self._test_w)
        await rig.settle(_PATIENCE_S)
        given = (await rig.average(_AVERAGE_S))[_DER:]
        for i in range(len(rig.ders)):
            rig.tell(rig.ders[i], given[i] // 2)
        seconds = await self._until(lambda: not self._above())
        text = "%d W instead of %d W" % (sum([der.most_w for der in rig.ders]), sum(given))
        self._judge("half", seconds, text, _SLOW % (self._above() or rig.ders)[0].unit_id)

    def _above(self):
        """Return who gives more than it was told, with a little patience."""
        return [
            der
            for der in self._rig.ders
            if der.w > der.most_w + max(_LEAST_W, min(der.w_max * _PERCENT // 100, der.most_w // 4))
        ]

    async def _no_export(self):
        rig = self._rig
        self._steps.begin("no export", "the site goes from what it may export to 0 W")
        await self.release()
        export_w = -(await rig.average(_AVERAGE_S))[0]
        if export_w < 4 * _LEAST_W:
            text = "the house takes all that the inverters may give: %d W are exported" % max(0, export_w)
            return self._steps.end("no export", None, text + ", nothing to end")
        near_w = max(_LEAST_W, min(rig.w_max() * _PERCENT // 100, export_w // 4))

        rig.steer(0, self._gen_w)
        seconds = await self._until(lambda: rig.meter.w >= -near_w)
        do = _LOAD if rig.jump_w > near_w else _SLOW % rig.ders[0].unit_id
        if sum([der.w for der in rig.ders]) <= near_w:
            do = _OTHER % -rig.meter.w
        self._judge("no export", seconds, "0 W instead of %d W exported" % export_w, do)

    async def release(self):
        """Let the inverters give what agreement and load allow. The meter is proved."""
        self._rig.steer(self._exp_w, self._gen_w)
        await self._rig.settle(_PATIENCE_S)

    async def _until(self, held):
        """Return after how many seconds a limit was held, and stayed so; -1 = not within _WATCH_S."""
        begun = self._clock.uptime()
        self._rig.jump_w = 0
        since = -1
        while self._clock.uptime() - begun < _WATCH_S:
            if await self._rig.second():
                if not held():
                    since = -1
                elif since < 0:
                    since = self._clock.uptime()
                elif self._clock.uptime() - since >= _STAYS_S:
                    return since - begun
        return -1

    def _judge(self, step, seconds, what, do):
        took = "not held within %d s" % _WATCH_S if seconds < 0 else "held after %d s" % seconds
        good = 0 <= seconds <= _HELD_S
        self._steps.say({"held": step, "seconds": seconds})
        text = "%s: %s; %d s are allowed" % (what, took, _HELD_S)
        self._steps.end(step, good, text, "" if good else do)


def _come_back(ders):
    return _SUN + (_BATTERY if [der for der in ders if der.follows] else "")


def _told(gains):
    if gains[1:] == [None] * 3:
        return "%d %%" % gains[0]
    return "%d %% (phases: %s)" % (gains[0], ", ".join(["-" if gain is None else "%d %%" % gain for gain in gains[1:]]))


def _agree(down, up):
    return not [i for i in range(_DER) if None not in (down[i], up[i]) and abs(down[i] - up[i]) > _AGREE_PCT]


def _gains(high, low):
    """Return in percent how much of a step of the inverters the meter has seen: of the sum, and of each phase."""
    step_w = max(1, sum(high[_DER:]) - sum(low[_DER:]))
    return [
        None if None in (high[i], low[i]) else ((low[i] - high[i]) * 100 + step_w // 2) // step_w for i in range(_DER)
    ]
