"""The commissioning test: what the installer has wired and set is proved by what flows, before anything depends on it.

Two halves, for between them the gateway dies. `prove`: every device is read, and what it falls back to is known; the
proofs are made (see proofs.py); then the inverters give what agreement and load allow, and the gateway is killed.
`judge`, afterwards, only reads: each must have come down by itself to what it may give without gateway. However it
ends, the inverters are left below their shares of the fixed limits.
One line of JSON for each thing that happens goes to the person who watches.
Source: facts A3, A5; requirements C1, C2, C5.
"""

import asyncio
import json
import sys

from micropython import const

from sluice.devices.inverter import Inverter
from sluice.devices.meter import Meter
from sluice_wire import meter_maps
from sluice_wire.sep2 import MAX_W

from . import armed
from .bus import Bus
from .clock import Clock, utc_text
from .config import ConfigError, load
from .proofs import Proofs
from .rig import Rig, RigError
from .steps import Steps

KILL_S = const(120)  # the gateway is dead for so long: twice the time after which the inverters notice
_AVERAGE_S = const(10)
_DER = const(4)  # where the inverters begin in what Rig.average returns
_PERCENT = const(4)  # of the rating: so near a limit is held
_LEAST_W = const(50)

# The nameplate as IEEE 2030.5's DERCapability has it, in the order of sluice_wire.sep2
_RATINGS = (
    "rtg_max_charge_rate_w",
    "rtg_max_discharge_rate_w",
    "rtg_max_va",
    "rtg_max_var",
    "rtg_max_var_neg",
    "rtg_max_w",
    "rtg_max_wh",
)
_NATIVE = (
    "set a limit of %d W for loss of communication in inverter unit %d itself (if it knows none: its export limit, "
    "which then holds always), and enter it as inverters[%d].native_w"
)
_READ_ONLY = (
    "enable SunSpec control (model 123 or 704) in inverter unit %d, or set it to no export and no import itself: "
    "the gateway only reads it"
)
_UNVERIFIED = "no real meter of map %s has been compared yet: compare these figures with its display"


class Commission:
    """One commissioning by `rig` with the checked configuration, its records in the folder `state`."""

    def __init__(self, port, clock, config, state, rig, say):
        self._port = port
        self._clock = clock
        self._config = config
        self._state = state
        self._rig = rig
        self._all = rig.ders  # as in the configuration; the rig keeps those that can be limited
        self._steps = Steps(say)
        self.fixed_w = min(config["site"]["exp_lim_w"], config["site"]["gen_lim_w"])

    async def prove(self):
        """Return whether all is proved that can be while the gateway lives; it is to be killed then, at once."""
        return await self._guarded(self._prove)

    async def judge(self):
        """After the gateway was dead for KILL_S: return whether all is proved."""
        return await self._guarded(self._judge)

    async def _guarded(self, half):
        steps = self._steps
        try:
            await half()
        except RigError as error:
            steps.end("devices", False, "a device failed", str(error))
        except OSError as error:
            steps.end("record", False, "%s cannot be written" % self._state, str(error))
        if steps.failed:
            self._say_result("failed")
        return not steps.failed

    def _say_result(self, result):
        self._steps.say({"result": result, "failed": self._steps.failed, "utc": utc_text(self._clock.now())})

    # --- the first half -----------------------------------------------------------------------------

    async def _prove(self):
        armed.void(self._port, self._state)
        rig = self._rig
        if await self._reads("meter", "the meter is read", rig.read_meter()):
            self._tell_meter()
        for der in rig.ders:
            if await self._reads("unit %d" % der.unit_id, "inverter unit %d is read" % der.unit_id, rig.scan(der)):
                self._tell(der)
        if not self._steps.failed:
            self._leave_out()
        if self._steps.failed:
            return
        self._fallbacks()
        proofs = Proofs(self._clock, rig, self._steps, self._config)
        await proofs.all()
        if self._steps.failed:
            return
        self._steps.begin("without gateway", "the inverters come to what agreement and load allow; then it is killed")
        await proofs.release()
        record = {
            "serials": [der.serial for der in rig.ders],
            "before_w": (await rig.average(_AVERAGE_S))[_DER:],
            "at": self._port.rtc(),
            "notes": self._steps.notes,
        }
        armed.keep(self._port, self._state, self._config, record, False)

    async def _reads(self, step, text, reading):
        self._steps.begin(step, text)
        try:
            await reading
        except RigError as error:
            self._steps.end(step, False, "it cannot be read", str(error))
            return False
        return True

    def _tell_meter(self):
        meter = self._rig.meter
        name = self._config["meter"]["map"]
        text = "unit %d, %s: %d.%d V" % (meter.unit_id, name, meter.v_dv // 10, meter.v_dv % 10)
        if meter.hz_mhz:
            text += ", %d.%02d Hz" % (meter.hz_mhz // 1000, meter.hz_mhz % 1000 // 10)
        text += ", %d W" % meter.w
        if self._rig.phases() != [None] * 3:
            text += " (phases: %s)" % ", ".join(["-" if w is None else "%d W" % w for w in self._rig.phases()])
        if __import__("sluice_wire.meters." + name, None, None, ("VERIFIED",)).VERIFIED:
            self._steps.end("meter", True, text)
        else:
            self._steps.end("meter", None, text, _UNVERIFIED % name)

    def _tell(self, der):
        rated_w = der.w_max or der.set_max[MAX_W]
        text = "%s %s, serial %s, %d W, gives %d W" % (der.maker, der.model, der.serial, rated_w, der.w)
        if der.stores:
            text += "; battery" + (" at %d %%" % (der.soc // 100) if der.soc >= 0 else "")
            text += "" if der.follows else ", which cannot be told"
        ratings = {}
        for i in range(len(_RATINGS)):
            if der.rtg_max[i]:
                ratings[_RATINGS[i]] = der.rtg_max[i]
        known = {"unit_id": der.unit_id, "maker": der.maker, "model": der.model, "serial": der.serial}
        known["ratings"] = ratings
        self._steps.say(known)
        if der.w_max:
            self._steps.end("unit %d" % der.unit_id, True, text)
        else:
            self._steps.end("unit %d" % der.unit_id, None, text + "; it cannot be limited", _READ_ONLY % der.unit_id)

    def _leave_out(self):
        """Those that cannot be limited take no part in what follows."""
        self._rig.ders = [der for der in self._all if der.w_max]
        if not self._rig.ders:
            self._steps.end("devices", False, "no inverter can be limited", _READ_ONLY % self._all[0].unit_id)

    def _fallbacks(self):
        """What each may give when the gateway is gone must be known, and together lie within the agreement."""
        rig = self._rig
        together_w = 0
        for i in range(len(rig.ders)):
            der = rig.ders[i]
            step = "fall-back of unit %d" % der.unit_id
            der.fallback_w = rig.share(der, self.fixed_w)
            if der.reverts:
                together_w += der.fallback_w
                self._steps.end(step, True, "it is told to go to %d W by itself" % der.fallback_w)
            elif der.native_w >= 0:
                together_w += der.native_w
                what = "keeps what it was told" if der.writes else "forgets what it was told"
                self._steps.end(step, True, "it %s; its own limit of %d W holds" % (what, der.native_w))
            else:
                do = _NATIVE % (der.fallback_w, der.unit_id, self._all.index(der))
                self._steps.end(step, False, "it cannot be told what to go to, and no limit of its own is known", do)
        if together_w > self.fixed_w:
            text = "the inverters may then give %d W together, and %d W are agreed" % (together_w, self.fixed_w)
            do = "set lower limits in the inverters themselves and enter them as inverters[].native_w"
            self._steps.end("fall-back", False, text, do)

    # --- the second half ----------------------------------------------------------------------------

    async def _judge(self):
        record = armed.pending(self._port, self._state, self._config)
        armed.void(self._port, self._state)
        if record is None:
            text = "nothing was proved before with this configuration"
            return self._steps.end("without gateway", False, text, "begin with the first half")
        rig = self._rig
        self._steps.notes.extend(record["notes"])
        self._steps.begin("without gateway", "the inverters are read; they have been left alone")
        await rig.read_meter()
        for der in rig.ders:
            await rig.scan(der)
        self._leave_out()
        # Nobody may judge before the inverters' own timers have run out.
        for _ in range(min(KILL_S, KILL_S - (self._port.rtc() - record["at"]))):
            await rig.second()
        means = await rig.average(_AVERAGE_S)
        export_w = -means[0]
        for i in range(len(rig.ders)):
            await self._judge_one(i, record["before_w"][i], means[_DER + i], export_w)
        if export_w > self.fixed_w + max(_LEAST_W, rig.w_max() * _PERCENT // 100):
            text = "the site exports %d W, and %d W are agreed" % (export_w, self.fixed_w)
            self._steps.end("without gateway", False, text, "set lower limits in the inverters themselves")
        if not self._steps.failed:
            record["after_w"] = means[_DER:]
            record["notes"] = self._steps.notes
            record["utc"] = utc_text(self._clock.now())
            armed.keep(self._port, self._state, self._config, record, True)
            self._say_result("passed")

    async def _judge_one(self, i, before_w, w, export_w):
        der = self._rig.ders[i]
        share_w = self._rig.share(der, self.fixed_w)
        most_w = share_w if der.reverts else der.native_w
        near_w = max(_LEAST_W, der.w_max * _PERCENT // 100)
        # An inverter's own limit is one of what it gives, or one of what the site exports.
        by_export = not der.reverts and w > most_w + near_w
        shown_w = export_w if by_export else w
        text = "it gave %d W with the gateway and gives %d W without; %d W is its limit" % (before_w, w, most_w)
        ok = True
        if shown_w > most_w + near_w:
            ok = False
        elif shown_w < most_w - near_w and (by_export or before_w <= most_w + near_w):
            text += "; sun and load do not show whether it would give more"
            if der.reverts:
                held_w = await self._rig.look(der)
                text += ", its registers hold %d W" % held_w
                ok = held_w <= most_w + near_w
            else:
                ok = None
        do = _NATIVE % (share_w, der.unit_id, self._all.index(der))
        if ok is None:
            do = "compare the limit that is set in inverter unit %d with its native_w" % der.unit_id
        self._steps.end(_without(der), ok, text, "" if ok else do)


def _without(der):
    return "unit %d without gateway" % der.unit_id


# --- as a program of its own --------------------------------------------------------------------------


def rig_of(port, clock, config, say):
    """Return the rig of the devices in the configuration."""
    meter = Meter(config["meter"]["unit_id"], meter_maps.load(config["meter"]["map"]), config["meter"]["reversed"])
    meter.at = config["meter"]["at"]
    ders = []
    for inverter in config["inverters"]:
        ders.append(Inverter(inverter["unit_id"], inverter["native_w"], inverter["nvm"], inverter["panels"]))
        if ders[-1].writes:
            ders[-1].writes.free = True
        ders[-1].at = inverter["at"]
    return Rig(port, clock, Bus(port, None, config["bus"]), meter, ders, say)


def run(port, config_name, is_second):
    """Do the first or the second half. Return 0 if all is proved, 1 if not, 2 without configuration, 130 if stopped.

    After the first half it does nothing more, as a gateway that hangs, until it is killed.
    """

    def say(line):
        port.print(json.dumps(line))

    try:
        config = load(port, config_name)
    except ConfigError as error:
        for line in str(error).split("\n"):
            port.print("%s: %s" % (config_name, line))
        return 2
    clock = Clock(port)
    rig = rig_of(port, clock, config, say)
    state = config_name[: config_name.rfind("/") + 1] + "state"
    commission = Commission(port, clock, config, state, rig, say)
    code = 1
    try:
        if asyncio.run(commission.judge() if is_second else commission.prove()):
            code = 0
            if not is_second:
                say({"kill": KILL_S})
                sys.stdin.readline()
                code = 1
                armed.void(port, state)
                say({"step": "without gateway", "ok": False, "text": "nobody has killed the gateway", "do": ""})
    except KeyboardInterrupt:
        code = 130
    finally:
        if code:
            # What was under way when it was stopped is not gone on with; lines belong to their loop.
            asyncio.new_event_loop().close()
            rig.bus = Bus(port, None, config["bus"])
            for why in asyncio.run(rig.leave(commission.fixed_w)):
                say({"left": why})
    return code
