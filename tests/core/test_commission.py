"""The commissioning test on a small honest site: each wrong installation fails at its own step, with its own advice."""

import json

from expect import finish
from sluice.app import armed, ct
from sluice.app.clock import Clock
from sluice.app.commission import KILL_S, Commission
from sluice.app.rig import Rig
from sluice.devices.errors import DeviceError
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.meters import W1

RVRT_S = 60


class Port:
    """Time passes when somebody sleeps. Files are in memory."""

    def __init__(self):
        self.ms = 0
        self.files = {}
        self.full = False
        self.built = 0

    def ticks_ms(self):
        return self.ms

    def ticks_diff(self, a, b):
        return a - b

    def rtc(self):
        return 1000000 + self.ms // 1000

    def unload(self, module):
        pass

    async def sleep_ms(self, ms):
        self.ms += ms

    def make_folder(self, name):
        pass

    def read_file(self, name):
        if name not in self.files:
            raise OSError(2, "ENOENT")
        return self.files[name]

    def replace_file(self, name, parts):
        if self.full:
            raise OSError(28, "ENOSPC")
        self.files[name] = b"".join(parts)


class Der:
    """An inverter that feeds `phases` of three, under a sun of `sun_w`; `habits` is how it goes wrong.

    deaf (reads back, ignores); open (forgets its limit, and has none of its own); stuck (does not revert).
    """

    maker, model = "Maker", "M1"
    at = None

    def __init__(
        self, site, unit_id, w_max=10000, sun_w=9000, phases=(0, 1, 2), reverts=True, native_w=-1, habits=(), lag=3
    ):
        self._site = site
        self.unit_id = unit_id
        self.serial = "S%d" % unit_id
        self.rtg_max = [0, 0, 0, 0, 0, w_max, 0]
        self.w_max = 0
        self._rated_w = w_max
        self.sun_w = sun_w
        self.phases = phases
        self.reverts = reverts
        self.native_w = native_w
        self.habits = habits
        self.refusals = 0  # of what it is asked next
        self.lag = lag  # of what is missing to a new limit it does a third each second
        self.follows = False
        self.stores = self.charge_w = 0
        self.pv, self.st, self.cha_st = True, 4, 0
        self.soc = -1
        self.least_w = 0
        self.most_w = self.fallback_w = 0
        self.connect = True
        self.applied_w = -1
        self.held = (self,)
        self.w = 0
        self.real_w = min(sun_w, w_max)
        self.held_w = w_max
        self.set_w = None
        self.rvrt_w = w_max
        self.told_at = 0
        self.writes = 0

    def answer(self):
        self.refusals -= 1
        if self.refusals >= 0:
            raise DeviceError("unit %d does not answer" % self.unit_id)

    async def scan(self, client):
        self.answer()
        self.w_max = self._rated_w

    async def poll(self, client):
        self.answer()
        self.w = self.real_w

    async def look(self, client):
        pass

    def judge(self, regs, wrote):
        self.applied_w = self.held_w
        raise DeviceError("lets through more than it was told")

    async def hold(self, client, now):
        self.answer()
        self.writes += 1
        self.held_w = self.applied_w = self.most_w
        self.set_w = self.most_w if self.least_w == self.most_w else None
        self.rvrt_w = self.fallback_w
        self.told_at = self._site.port.ms

    def step(self):
        if self._site.port.ms - self.told_at > RVRT_S * 1000 and "stuck" not in self.habits:
            self.held_w = self.rvrt_w if self.reverts else self._rated_w
            self.set_w = None
        limit_w = self._rated_w if "deaf" in self.habits else self.held_w
        if not self.reverts and self.native_w >= 0 and "open" not in self.habits:
            limit_w = min(limit_w, self.native_w)
        aim_w = min(self.sun_w, limit_w, self._rated_w)
        if self.follows and self.set_w is not None:
            aim_w = self.set_w
        self.real_w += int((aim_w - self.real_w) / self.lag)


class Meter:
    """A meter at the connection point. `signs` by phase: -1 = its CT is the wrong way round, 0 = it sees nothing."""

    unit_id = 1
    at = None
    v_dv, hz_mhz = 2361, 50010

    def __init__(self, site):
        self._site = site
        self.signs = [1, 1, 1]
        self.swapped = False  # CTs 1 and 2 are exchanged
        self.w = 0
        self.same = 0
        self._phase_w = [0, 0, 0]

    async def poll(self, client):
        phase_w = list(self._site.loads_w)
        for der in self._site.ders:
            for phase in der.phases:
                phase_w[phase] -= der.real_w // len(der.phases)
        if self.swapped:  # the currents lag or lead the voltages by a third of a turn
            phase_w[0], phase_w[1] = -phase_w[1] // 2, -phase_w[0] // 2
        self._phase_w = [phase_w[phase] * self.signs[phase] for phase in range(3)]
        self.w = sum(self._phase_w)

    def of_phase(self, quantity):
        return self._phase_w[quantity - W1]


class Site:
    """Meter, inverters, loads, and a bus that is a second older each time somebody asks the meter."""

    def __init__(self, exp_lim_w=1500, **of_der):
        self.port = Port()
        self.loads_w = [400, 200, 200]
        self.meter = Meter(self)
        self.ders = [Der(self, 2, **of_der)]
        self.exp_lim_w = exp_lim_w
        self.gen_lim_w = UNLIMITED_W
        self.reversed = False
        self.map = "sdm630"
        self.said = []
        self.second = 0
        self.regs = ()
        self.jumps = []  # of the load of phase 1, by second
        self.most_export_w = 0

    async def client(self, at):
        """Give itself as the client."""
        while self.second < self.port.ms // 1000:
            self.second += 1
            self.loads_w[0] += sum([w for second, w in self.jumps if second == self.second])
            for der in self.ders:
                der.step()
            if self.second > 60:  # it takes a while to come down from where nobody has limited it
                export_w = sum([der.real_w for der in self.ders]) - sum(self.loads_w)
                self.most_export_w = max(self.most_export_w, export_w)
        return self

    def config(self):
        inverters = [
            {"unit_id": der.unit_id, "native_w": der.native_w, "panels": None, "nvm": False, "at": None}
            for der in self.ders
        ]
        site = {"exp_lim_w": self.exp_lim_w, "imp_lim_w": 15000, "gen_lim_w": self.gen_lim_w, "load_lim_w": UNLIMITED_W}
        meter = {"unit_id": 1, "map": self.map, "reversed": self.reversed, "at": None}
        return {"site": site, "meter": meter, "inverters": inverters}

    def commission(self):
        clock = Clock(self.port)
        rig = Rig(self.port, clock, self, self.meter, self.ders, self.said.append)
        return Commission(self.port, clock, self.config(), "state", rig, self.said.append)

    def prove(self):
        return finish(self.commission().prove())

    def die(self, seconds=KILL_S):
        for _ in range(seconds):
            self.port.ms += 1000
            finish(self.client(None))

    def judge(self):
        return finish(self.commission().judge())

    def passes(self):
        """Do all of it."""
        if not self.prove():
            return False
        self.die()
        return self.judge()

    def failed(self):
        """Return what failed: steps, and what to do."""
        return [(line["step"], line["do"]) for line in self.said if line.get("ok") is False]

    def has_begun(self, step):
        return step in [line.get("begin") for line in self.said]

    def outcome(self, step):
        return [line for line in self.said if line.get("step") == step][-1]

    def is_commissioned(self):
        return armed.commissioned(self.port, "state", self.config())


def only_fault(site):
    """Return the one step that fails, and what is to be done; nothing is armed."""
    assert not site.passes()
    assert not site.is_commissioned()
    assert site.said[-1]["result"] == "failed"
    (found,) = site.failed()
    return found


# --- a good site --------------------------------------------------------------------------------------


def test_a_good_site_passes_and_is_armed():  # C1, C2
    site = Site()
    assert site.passes()
    assert site.said[-1]["result"] == "passed"
    assert site.failed() == []
    assert site.is_commissioned()
    told = [line for line in site.said if "maker" in line][0]
    assert (told["serial"], told["ratings"]) == ("S2", {"rtg_max_w": 10000})  # D6


def test_each_line_that_is_said_is_json():
    site = Site()
    site.passes()
    assert [json.loads(json.dumps(line)) for line in site.said] == site.said


def test_until_it_is_killed_no_more_than_the_agreement_is_exported():  # C1
    site = Site()
    site.prove()
    assert 1000 < site.most_export_w <= 1550


def test_until_it_is_killed_no_more_than_is_agreed_is_generated():  # C1
    site = Site()
    site.gen_lim_w = 1000
    site.prove()
    given = [line["der_w"][0] for line in site.said if line.get("t", 0) > 60]
    assert 900 < max(given) <= 1050


def test_limits_are_reached_in_time_and_the_seconds_are_told():  # C1
    site = Site()
    site.passes()
    seconds = {line["held"]: line["seconds"] for line in site.said if "held" in line}
    assert sorted(seconds) == ["half", "no export"]
    assert [step for step in seconds if not 1 <= seconds[step] <= 15] == []


def test_several_inverters_are_stepped_one_by_one():  # C5
    site = Site()
    site.ders.append(Der(site, 3, w_max=5000))
    assert site.passes()
    assert [site.outcome("meter sees unit %d" % unit_id)["ok"] for unit_id in (2, 3)] == [True, True]


def test_an_inverter_on_one_phase_proves_that_phase_and_loads_the_signs_of_the_others():
    site = Site(phases=(1,))
    assert site.passes()
    assert [site.outcome("phase %d" % phase)["ok"] for phase in (1, 3)] == [True, True]


def test_a_phase_on_which_nothing_runs_is_told_to_be_unproved():
    site = Site(phases=(1,))
    site.loads_w[2] = 0
    assert site.passes()
    assert site.outcome("phase 3")["ok"] is None


def test_a_battery_that_can_be_told_gives_the_power_for_the_test_at_night():
    site = Site(sun_w=0)
    site.ders[0].follows = True
    assert site.passes()


def test_a_site_that_may_export_nothing_is_tested_with_the_little_that_a_test_needs():
    site = Site(exp_lim_w=0)
    assert site.prove()
    assert site.most_export_w <= 0
    assert site.outcome("no export")["ok"] is None


def test_an_unverified_map_is_told():
    site = Site()
    site.map = "em24"
    assert site.passes()
    assert site.outcome("meter")["ok"] is None
    assert "em24" in site.outcome("meter")["do"]


def test_a_load_that_jumps_once_is_met_with_another_try():
    site = Site()
    site.jumps = [(55, 2000), (58, -2000)]
    assert site.passes()


# --- wrong installations ------------------------------------------------------------------------------


def test_a_reversed_meter_is_named_and_what_to_do():  # C1
    site = Site()
    site.meter.signs = [-1, -1, -1]
    step, do = only_fault(site)
    assert step == "meter sees unit 2"
    assert do == 'turn every CT round, or write "reversed": true into the section meter of the configuration'


def test_a_meter_that_the_configuration_reverses_wrongly_is_named():
    site = Site()
    site.reversed = True
    site.meter.signs = [-1, -1, -1]
    assert '"reversed": false' in only_fault(site)[1]


def test_one_reversed_ct_of_three_is_named():
    site = Site()
    site.meter.signs = [1, -1, 1]
    assert only_fault(site) == ("meter sees unit 2", "turn the CT of phase 2 round")


def test_two_exchanged_cts_are_named():
    site = Site()
    site.meter.swapped = True
    step, do = only_fault(site)
    assert step == "meter sees unit 2"
    assert "exchange the CTs of phases 1 and 2" in do


def test_a_meter_that_sees_nothing_of_the_inverter_is_named():
    site = Site()
    site.meter.signs = [0, 0, 0]
    step, do = only_fault(site)
    assert step == "meter sees unit 2"
    assert "does not see the inverter" in do


def test_a_meter_that_repeats_its_values_is_named():
    site = Site()
    site.meter.signs = [0, 0, 0]
    site.meter.same = 30
    assert "repeats its values" in only_fault(site)[1]


def test_a_reversed_ct_on_a_phase_that_no_inverter_feeds_is_named():
    site = Site(phases=(0,))
    site.meter.signs = [1, 1, -1]
    step, do = only_fault(site)
    assert step == "phase 3"
    assert do.startswith("turn the CT of phase 3 round")


def test_an_inverter_that_ignores_its_limit_is_named():
    site = Site(sun_w=1400, habits=("deaf",))
    assert only_fault(site) == ("meter sees unit 2", "enable remote control (Modbus power control) in inverter unit 2")


def test_an_inverter_that_moves_against_the_other_is_named():
    site = Site()
    site.ders.append(Der(site, 3, habits=("deaf",)))
    step = site.ders[1].step

    def against():  # a battery that holds the sum
        step()
        site.ders[1].real_w = max(0, 1500 - site.ders[0].real_w)

    site.ders[1].step = against
    assert not site.passes()
    assert site.failed()[0] == (
        "meter sees unit 2",
        "enable remote control (Modbus power control) in inverter unit 3",
    )


def test_a_load_that_never_rests_is_told_and_nothing_is_blamed_on_the_wires():
    site = Site()
    site.jumps = [(second, 700 if second // 7 % 2 else -700) for second in range(7, 2000, 7)]
    step, do = only_fault(site)
    assert step == "meter sees unit 2"
    assert do.startswith("load or sun moved too much")


def test_a_load_that_jumps_while_the_export_ends_is_not_blamed_on_the_inverter():
    site = Site()

    def jump(line):
        site.said.append(line)
        if line.get("site_w", 0) < -1400 and site.has_begun("no export"):
            site.ders[0].lag = 90
            site.jumps = [(site.second + n, 1200 if n % 4 else -1200) for n in range(2, 400, 2)]

    rig = Rig(site.port, Clock(site.port), site, site.meter, site.ders, jump)
    finish(Commission(site.port, Clock(site.port), site.config(), "state", rig, jump).prove())
    assert [(step, do[:20]) for step, do in site.failed()] == [("no export", "load or sun moved to")]


def test_loads_that_come_and_go_pass_no_wrong_wire_and_blame_no_right_one():
    seed = 1
    for wires in range(60):
        site = Site()
        site.meter.signs = [(1, 1, 1), (-1, -1, -1), (1, -1, 1), (0, 0, 0)][wires % 4]
        second = 0
        for n in range(200):
            seed = (seed * 69069 + 1) & 0x3FFFFFF
            second += 3 + (seed >> 8) % 20
            site.jumps.append((second, 800 if n % 2 else -800))
        passes = site.passes()
        assert not passes or wires % 4 == 0
        blamed = [do for _, do in site.failed() if not do.startswith("load or sun")]
        assert blamed == [] or wires % 4


def test_a_load_that_creeps_is_not_taken_for_a_ratio():
    site = Site()
    site.jumps = [(second, 40 if second // 300 % 2 == 0 else -40) for second in range(2000)]
    assert only_fault(site)[1].startswith("load or sun moved too much")


def test_a_load_that_jumped_before_excuses_no_slow_inverter():
    site = Site()

    def slow_down(line):
        site.said.append(line)
        if line.get("begin") == "half":
            site.jumps = [(site.second + 3, 900)]
        if line.get("site_w", 0) < -1400 and site.has_begun("no export"):
            site.ders[0].lag = 90

    rig = Rig(site.port, Clock(site.port), site, site.meter, site.ders, slow_down)
    finish(Commission(site.port, Clock(site.port), site.config(), "state", rig, slow_down).prove())
    assert [(step, do[:26]) for step, do in site.failed()] == [("no export", "inverter unit 2 is too slo")]


def test_what_generates_beside_the_inverters_is_found():  # C1
    site = Site()
    site.loads_w = [-300, -300, -300]
    assert only_fault(site) == (
        "no export",
        "something else gives 900 W: switch it off, or enter it as one of the inverters",
    )


def test_too_little_sun_is_a_reason_to_come_back():
    site = Site(sun_w=300)
    assert only_fault(site) == ("power", "come back when the sun shines")


def test_a_slow_inverter_is_named():  # C1
    step, do = only_fault(Site(lag=14))
    assert step == "half"
    assert do == "inverter unit 2 is too slow: set its power gradient for remote control to the fastest"


def test_after_a_wrong_wire_limits_are_not_tried():
    site = Site()
    site.meter.signs = [-1, -1, -1]
    site.passes()
    assert not site.has_begun("half")
    assert not site.has_begun("no export")


def test_what_cannot_revert_wants_a_limit_of_its_own_at_once():  # C2
    site = Site(reverts=False)
    step, do = only_fault(site)
    assert step == "fall-back of unit 2"
    assert do == (
        "set a limit of 1500 W for loss of communication in inverter unit 2 itself (if it knows none: its export "
        "limit, which then holds always), and enter it as inverters[0].native_w"
    )


def test_limits_of_their_own_that_are_too_high_together_are_refused():
    site = Site(reverts=False, native_w=5000)
    assert only_fault(site)[0] == "fall-back"


def test_a_limit_of_its_own_is_proved_by_killing_the_gateway():  # C2
    site = Site(reverts=False, native_w=1500)
    site.ders[0].sun_w = 9000
    assert site.passes()
    assert site.outcome("unit 2 without gateway")["ok"] is True


def test_a_limit_of_its_own_that_is_not_set_is_found_by_killing_the_gateway():  # C2
    site = Site(reverts=False, native_w=1500, habits=("open",))
    assert not site.passes()
    assert ("unit 2 without gateway", site.failed()[0][1]) == site.failed()[0]
    assert "set a limit of 1500 W for loss of communication in inverter unit 2 itself" in site.failed()[0][1]


def test_a_limit_of_its_own_that_is_one_of_the_export_is_proved_by_the_export():  # C2
    site = Site(reverts=False, native_w=1500, habits=("open",))
    assert site.prove()
    site.loads_w = [2500, 2500, 2500]
    site.die()
    assert site.judge()
    assert site.outcome("unit 2 without gateway")["ok"] is True


def test_a_load_that_takes_all_shows_nothing_of_a_limit_of_its_own():  # C2
    site = Site(reverts=False, native_w=1500, habits=("open",))
    assert site.prove()
    site.loads_w = [3000, 3000, 3000]
    site.die()
    site.judge()
    assert site.outcome("unit 2 without gateway")["ok"] is None


def test_an_inverter_that_does_not_revert_is_found_by_killing_the_gateway():  # C2
    site = Site(habits=("stuck",))
    site.loads_w = [2000, 1000, 1000]
    step, do = only_fault(site)
    assert step == "unit 2 without gateway"
    assert "inverters[0].native_w" in do


def test_where_the_sun_is_too_low_to_prove_the_fallback_the_registers_are_judged():
    site = Site(sun_w=1000)
    assert site.passes()
    assert "its registers hold 1500 W" in site.outcome("unit 2 without gateway")["text"]


def test_what_has_come_down_needs_no_register():
    site = Site()
    assert site.prove()
    site.ders[0].sun_w = 0
    site.die()
    assert site.judge()
    assert "do not show" not in site.outcome("unit 2 without gateway")["text"]


def test_where_the_sun_is_too_low_registers_that_hold_too_much_fail():
    site = Site(sun_w=1000, habits=("stuck",))
    site.loads_w = [2000, 1000, 1000]
    assert not site.passes()
    assert "registers hold" in site.outcome("unit 2 without gateway")["text"]


def test_a_silent_inverter_ends_it_with_the_words_of_the_device():
    site = Site()
    site.ders[0].refusals = 1000
    assert only_fault(site) == ("unit 2", "unit 2 does not answer")


def test_all_devices_that_cannot_be_read_are_named_at_once():
    site = Site()
    site.ders.append(Der(site, 3))
    site.ders.append(Der(site, 4))
    site.ders[0].refusals = site.ders[2].refusals = 1000
    assert not site.passes()
    assert [step for step, _ in site.failed()] == ["unit 2", "unit 4"]


def test_an_inverter_that_falls_silent_in_a_step_ends_it():
    site = Site()

    def fall_silent(line):
        site.said.append(line)
        if line.get("begin") == "half":
            site.ders[0].refusals = 1000

    rig = Rig(site.port, Clock(site.port), site, site.meter, site.ders, fall_silent)
    assert not finish(Commission(site.port, Clock(site.port), site.config(), "state", rig, fall_silent).prove())
    assert site.failed() == [("devices", "unit 2 does not answer")]


def test_an_answer_that_is_missing_now_and_then_is_asked_for_again():
    site = Site()
    site.ders[0].refusals = 3
    assert site.passes()


def test_an_inverter_without_sun_beside_one_in_the_sun_cannot_be_proved():
    site = Site(exp_lim_w=5000)
    site.ders.append(Der(site, 3, sun_w=100))
    assert only_fault(site) == ("meter sees unit 3", "come back when the sun shines")


def test_gains_that_fit_no_wiring_are_put_down_to_the_load():
    site = Site()
    site.meter.signs = [3, -1, -1]
    assert only_fault(site)[1].startswith("load or sun moved too much")


def test_a_limit_that_is_held_for_a_moment_only_is_not_held():  # C1
    site = Site(lag=1)
    step = site.ders[0].step

    def flicker():
        step()
        if site.has_begun("half") and site.second % 3 == 0:
            site.ders[0].real_w = 1400

    site.ders[0].step = flicker
    assert only_fault(site)[0] == "half"


def test_an_export_that_is_nobodys_is_found_when_the_gateway_is_gone():  # C1
    site = Site()
    assert site.prove()
    site.loads_w = [-500, -500, -500]
    site.die()
    assert not site.judge()
    assert [step for step, _ in site.failed()] == ["without gateway"]


def test_a_disk_that_takes_nothing_arms_nothing():
    site = Site()
    site.port.full = True
    assert not site.prove()
    assert site.failed()[0][0] == "record"


# --- the record ---------------------------------------------------------------------------------------


def test_a_commissioning_that_fails_disarms():
    site = Site()
    assert site.passes()
    site.meter.signs = [-1, -1, -1]
    assert not site.prove()
    assert not site.is_commissioned()


def test_the_first_half_alone_arms_nothing():
    site = Site()
    assert site.prove()
    assert not site.is_commissioned()


def test_the_second_half_alone_arms_nothing():
    site = Site()
    assert not site.judge()
    assert not site.is_commissioned()


def test_the_second_half_waits_until_the_timers_of_the_inverters_have_run_out():  # C2
    site = Site()
    site.loads_w = [2000, 1000, 1000]
    assert site.prove()
    site.die(2)
    assert site.judge()


def test_the_second_half_counts_once():
    site = Site()
    assert site.passes()
    assert not site.judge()
    assert not site.is_commissioned()


def test_a_record_counts_only_for_what_it_was_proved_with():
    site = Site()
    assert site.passes()
    changes = [("site", "exp_lim_w", 5000), ("meter", "reversed", True), ("meter", "map", "em24")]
    for section, key, value in changes:
        config = site.config()
        config[section][key] = value
        assert not armed.commissioned(site.port, "state", config)
    config = site.config()
    config["inverters"][0]["unit_id"] = 3
    assert not armed.commissioned(site.port, "state", config)


def test_a_record_that_is_no_json_arms_nothing():
    site = Site()
    site.port.files["state/commissioned.json"] = b"[1"
    assert not site.is_commissioned()
    site.port.files["state/commissioned.json"] = b"[1]"
    assert not site.is_commissioned()


# --- however it ends ----------------------------------------------------------------------------------


def test_inverters_are_left_at_their_shares_of_the_agreement():  # C1
    site = Site()
    site.ders.append(Der(site, 3, w_max=5000))
    commission = site.commission()
    finish(commission.prove())
    clock = Clock(site.port)
    left = finish(Rig(site.port, clock, site, site.meter, site.ders, None).leave(commission.fixed_w))
    assert left == []
    assert [(der.held_w, der.rvrt_w) for der in site.ders] == [(1000, 1000), (500, 500)]


def left(site):
    """Leave the site, of which no more is known than its ratings; return what could not be limited."""
    for der in site.ders:
        der.w_max = 10000
    return finish(Rig(site.port, Clock(site.port), site, site.meter, site.ders, None).leave(1500))


def test_what_could_not_be_limited_is_told():
    site = Site()
    site.ders[0].refusals = 1000
    assert left(site) == ["unit 2 does not answer"]


def test_who_does_not_answer_when_it_is_left_is_asked_again():
    site = Site()
    site.ders[0].refusals = 2
    assert left(site) == []
    assert (site.ders[0].held_w, site.ders[0].rvrt_w) == (1500, 1500)


def test_a_battery_is_left_in_its_own_mode():
    site = Site()
    site.ders[0].charge_w = 3000
    left(site)
    assert (site.ders[0].least_w, site.ders[0].most_w) == (-3000, 1500)


def test_an_inverter_that_begins_late_to_come_down_is_waited_for():
    site = Site()
    der = site.ders[0]
    der.w_max = 10000
    step = der.step
    der.step = lambda: step() if site.second > 20 else None
    rig = Rig(site.port, Clock(site.port), site, site.meter, site.ders, site.said.append)
    rig.tell(der, 1500)
    finish(rig.settle(120))
    assert der.w < 1700


# --- verdicts -----------------------------------------------------------------------------------------


def test_what_the_gains_say_of_the_wiring():
    for total, parts, what, words in (
        (100, [33, 33, 34], ct.GOOD, ""),
        (90, [90, 0, 0], ct.GOOD, ""),
        (110, [None, None, None], ct.GOOD, ""),
        (-100, [-100, None, None], ct.REVERSED, "every CT"),
        (-100, [None, None, None], ct.REVERSED, "every CT"),
        (-100, [0, -100, 0], ct.REVERSED, "phase 2"),
        (33, [33, 33, -33], ct.REVERSED, "phase 3"),
        (-33, [-33, 33, -33], ct.REVERSED, "phase 1 and 3"),
        (5, [2, 1, 2], ct.UNSEEN, "does not see"),
        (67, [33, 1, 33], ct.UNSEEN, "phase 2"),
        (0, [-17, 33, -17], ct.EXCHANGED, "1 and 3"),
        (-50, [-17, -17, -17], ct.EXCHANGED, "1, 2 and 3"),
        (50, [17, 17, 17], ct.RATIO, "50 %"),
        (60, [None, None, None], ct.RATIO, "60 %"),
        (125, [None, None, None], ct.ODD, ""),
        (90, [200, -50, -60], ct.ODD, ""),
        (-200, [-70, -70, -60], ct.ODD, ""),
        (-100, [-70, -30, 0], ct.ODD, ""),
    ):
        found = ct.verdict(total, parts, False)
        assert found[0] == what, (total, parts, found)
        assert words in found[1]
