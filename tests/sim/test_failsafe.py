"""What happens when something dies, played by the whole gateway in virtual time: a scenario for each row of
docs/failsafe.md, judged by the house and by the utility's books."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sluice.site import failsafe
from sluice.site.eye import REVERSED, UNSEEING
from sluice.site.failsafe import BLIND, DOUBTED, FALLBACK, FROZEN, HOLD, LOST
from sluice_tools import scenario
from sluice_tools.pki import Pki
from sluice_tools.toolchain import ROOT
from sluice_tools.world import Fault, World

PAGE = ROOT / "docs" / "failsafe.md"
NOON = """
start: 2026-01-15T01:30:00Z
duration_s: 3600
utc_offset_h: 10
seed: 3
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 8000, load_w: LOAD, inverters: INVERTERS, meter: METER}
poll_s: 300
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: DEFAULT, setGradW: 1000}}
events: EVENTS
"""
ONE_123 = "[{max_w: 10000}]"
ONE_704 = "[{max_w: 10000, controls: 704}]"
TWO_123 = "[{max_w: 5000}, {max_w: 5000}]"
STEADY = "[{id: e1, program: envelope, start: 0, duration: 3600, opModExpLimW: 5000}]"
LOWER = """
  - {id: e1, program: envelope, start: 0, duration: 630, opModExpLimW: 5000}
  - {id: e2, program: envelope, start: 630, duration: 2970, opModExpLimW: 3500}
"""
AT = 600  # second in which things break
NEVER = 10**6
METER, INVERTER, LIMIT, EXPORT_LIMIT = 0, 2, 6, 8  # codes of LogEvents; one more when it is over


class Played:
    """A gateway that has been played, and what flowed in each second."""

    def __init__(
        self,
        folder: Path,
        *faults: Fault,
        seconds: int = 1500,
        load_w: str = "700",
        inverters: str = ONE_123,
        meter: str = "{}",
        default_w: int = 1500,
        events: str = STEADY,
        watch: Callable[[int], None] = lambda t: None,
    ) -> None:
        plan = NOON
        for word, value in {
            "LOAD": load_w,
            "INVERTERS": inverters,
            "METER": meter,
            "DEFAULT": str(default_w),
            "EVENTS": events,
        }.items():
            plan = plan.replace(word, value)
        self.der_w: list[float] = []
        self.export_w: list[float] = []

        def second(t: int) -> None:
            self.der_w.append(self.world.house.der_w)
            self.export_w.append(self.world.house.export_w)
            watch(t)

        self.world = World(scenario.loads(plan), folder, faults, watch=second)
        self.seconds = seconds

    def run(self, *oddities: str) -> "Played":
        """Play it; nothing may be over any limit for longer than is allowed, and the utility may find nothing odd
        but `oddities`."""
        self.world.run(self.seconds)
        judged = self.world.house.judge.report()
        over_s = {mode: judged[f"seconds_over_{mode}limit"] for mode in ("", "import_", "generation_", "load_")}
        assert over_s == dict.fromkeys(over_s, 0)
        report = self.world.utility.report()
        assert report["schema_violations"] == report["refusals"] == []
        assert report["oddities"] == list(oddities)
        return self

    def told_s(self, text: str, since: int = AT) -> int:
        """Return how many seconds after `since` the journal says so first."""
        lines = zip(self.world.journal_s, self.world.journal, strict=True)
        return next((s - since for s, line in lines if s >= since and text in line), NEVER)

    def log_events(self) -> list[int]:
        """Return the codes of all LogEvents, in their order."""
        return [event["code"] for event in self.world.utility.report()["log_events"]]


# --- a scenario for each row --------------------------------------------------------------------------


def meter_does_not_count(folder: Path, what: str, found_s: int, journal: str) -> Played:
    """A meter that is not to be believed while the house's load drops by more than the limit leaves."""
    load_w = f"[[0, 3000], [{AT + 2}, 700]]"
    played = Played(folder, Fault(what, AT, 120), load_w=load_w).run()
    assert played.told_s(journal) <= found_s
    assert played.log_events() == [METER, METER + 1]
    assert max(played.der_w[AT + 20 : AT + 120]) <= 5000  # no load is assumed
    assert max(played.der_w[AT + 30 : AT + 120]) <= 1550  # it falls back
    assert min(played.export_w[AT + 240 :]) > 4000  # and is back
    return played


def meter_lost(folder: Path, found_s: list[int]) -> None:  # C2
    played = meter_does_not_count(folder, "meter-silent", found_s[0], "meter: unit 1 does not answer")
    assert max(played.der_w[AT : AT + found_s[2]]) <= played.der_w[AT] + 10
    assert max(played.der_w[AT + found_s[1] + 4 : AT + 120]) <= 5100


def meter_implausible(folder: Path, found_s: list[int]) -> None:  # C2
    meter_does_not_count(folder, "meter-implausible", found_s[0], "meter: meter, unit 1, gives")


def meter_frozen(folder: Path, found_s: list[int]) -> None:  # C2
    meter_does_not_count(folder, "meter-frozen", found_s[0], "meter reading: the same")


def meter_reversed(folder: Path, found_s: list[int]) -> None:  # C1
    played = Played(folder, Fault("meter-reversed", AT, 900), seconds=3300).run()
    found = played.told_s("meter reading: import is taken for export")
    assert found <= 240
    assert max(played.der_w[AT + 30 : AT + found]) <= 5000  # it is doubted already
    assert max(played.der_w[AT + found + 15 : AT + 900]) <= 1550
    assert played.told_s("meter reading: works again") <= 2000
    assert min(played.export_w[-300:]) > 4000
    assert played.log_events() == [METER, METER + 1]


def meter_unseeing(folder: Path, found_s: list[int]) -> None:  # C1
    played = Played(folder, meter="{sees: nothing}").run()
    found = played.told_s("meter reading: what the inverters do is not seen", 0)
    assert found <= 300
    assert max(played.der_w[30:found]) <= 5000
    assert max(played.der_w[found + 15 :]) <= 1550
    assert played.log_events() == [METER]


def inverter_lost(folder: Path, found_s: list[int]) -> None:  # C2
    """One of two, and then the limit comes down: the other makes room."""
    played = Played(folder, Fault("inverter-silent", AT, 120, 3), inverters=TWO_123, events=LOWER).run()
    assert played.told_s("inverter, unit 3: unit 3 does not answer") <= found_s[0] + 1
    assert played.log_events() == [INVERTER, INVERTER + 1]
    assert max(played.export_w[AT + 60 :]) <= 3500 * 1.04
    assert min(played.export_w[AT + 300 :]) > 2500


def inverter_rebooted(folder: Path, found_s: list[int]) -> None:  # C2
    """It is back almost before it was missed, and has forgotten its limit."""
    played = Played(folder, Fault("inverter-reboot", AT, 1)).run()
    silent_s = played.told_s("inverter: unit 2 does not answer")
    assert min(silent_s, played.told_s("did not keep what it was told")) <= found_s[0] + 1
    assert max(played.export_w[AT + 20 :]) <= 5000 * 1.04
    assert min(played.export_w[AT + 240 :]) > 4000


def inverter_ignores(folder: Path, found_s: list[int]) -> None:  # C1
    """One of two, while the limit comes down: the other makes room, and it is to disconnect."""
    played = Played(folder, Fault("inverter-ignores", AT, 200, 3), inverters=TWO_123, events=LOWER).run()
    assert played.told_s("inverter's limit, unit 3: inverter, unit 3, says that it holds", 630) <= found_s[0] + 15
    assert LIMIT in played.log_events()
    assert LIMIT + 1 in played.log_events()


def bus_dead(folder: Path, found_s: list[int]) -> None:  # C2
    played = Played(folder, Fault("bus-dead", AT, 240), inverters=ONE_704).run()
    assert played.told_s("meter: unit 1 does not answer") <= found_s[0] + 2
    assert max(played.der_w[AT + 90 : AT + 240]) <= 1550  # by its own timer
    assert sorted(played.log_events()) == [METER, METER + 1, INVERTER, INVERTER + 1]
    assert min(played.export_w[AT + 360 :]) > 4000


def bus_noisy(folder: Path, found_s: list[int]) -> None:
    played = Played(folder, Fault("bus-noise", AT, 600)).run()
    assert played.log_events() == []
    assert min(played.export_w[AT:]) > 4000


def gateway_gone(folder: Path, found_s: list[int]) -> None:  # C2
    """Killed or hung, it is the same to an inverter of model 704: within its time-out it is where it must be."""
    for what in ("restart", "gateway-hung"):
        played = Played(folder / what, Fault(what, AT, 240), inverters=ONE_704).run()
        assert max(played.der_w[AT + found_s[0] + 20 : AT + 240]) <= 1550
        assert min(played.export_w[AT + 360 :]) > 4000


def grid_lost(folder: Path, found_s: list[int]) -> None:  # E14
    played = Played(folder, Fault("grid-outage", AT, 120)).run()
    assert played.told_s("grid: no voltage at the meter") <= found_s[0]
    assert played.told_s("grid: it is back", AT + 120) <= found_s[0]
    assert max(played.export_w[AT + 120 : AT + 150]) <= 1550


def clock_unknown(folder: Path, found_s: list[int]) -> None:  # D2, E15
    """Nobody tells the time, so the event that would allow more does not count."""
    played = Played(folder, Fault("server-down", 0, AT)).run()
    assert max(played.export_w[20:AT]) <= 1550
    assert min(played.export_w[AT + 400 :]) > 4000


def store_damaged(folder: Path, found_s: list[int]) -> None:  # E15
    """While it is off, the records are spoilt; the default is lost with them, so the fixed limits hold."""

    def spoil(t: int) -> None:
        for name in ("state", "sets") if t == AT + 2 else ():
            record = folder / "state" / name
            record.write_bytes(record.read_bytes()[:-1] + b"?")

    faults = Fault("restart", AT, 10), Fault("server-down", AT, 300)
    played = Played(folder, *faults, default_w=3000, watch=spoil)
    played.run("event e1: status 1 came again", "event e1: status 2 came again")
    assert played.told_s("damaged; it counts as never saved", AT + 10) <= 1
    assert 1000 <= max(played.export_w[AT + 30 : AT + 300]) <= 1550
    assert min(played.export_w[AT + 700 :]) > 4000


def not_commissioned(folder: Path, found_s: list[int]) -> None:  # C2
    """The record that the wiring was proved is spoilt: the agreement holds, whatever the server and the meter say."""

    def spoil(t: int) -> None:
        if t == AT + 2:
            (folder / "state" / "commissioned.json").write_text("{")

    played = Played(folder, Fault("restart", AT, 10), watch=spoil).run()
    assert played.told_s("commissioning: this site is not commissioned", AT + 10) <= 1
    assert 1400 <= max(played.der_w[AT + 30 :]) <= 1550


def server_lost(folder: Path, found_s: list[int]) -> None:  # E13
    """The stored event goes on to its end, then the default holds."""
    events = "[{id: e1, program: envelope, start: 0, duration: 900, opModExpLimW: 5000}]"
    played = Played(folder, Fault("server-down", AT, 600), default_w=3000, events=events).run()
    assert played.told_s("server: nothing listens there") <= 300
    assert min(played.export_w[AT:890]) > 4000
    assert 2500 <= max(played.export_w[930:1200]) <= 3000 * 1.04
    assert played.told_s("server: works again", AT + 600) <= 400


def certificate_ends(folder: Path, found_s: list[int]) -> None:  # T10, R3
    """It changes nothing at the site."""
    ends = datetime(2026, 3, 1, tzinfo=UTC)
    played = Played(folder)
    issued = Pki(folder / "made", now=ends.timestamp()).device(not_after=ends).chain
    chain = folder / "pki" / "device-chain.pem"
    chain.write_bytes(chain.read_bytes() + issued.read_bytes())
    played.run()
    assert played.told_s("certificate 2 of server.certificate ends on 2026-03-01", -10) <= 11
    assert len(played.log_events()) == 1
    assert min(played.export_w[AT:]) > 4000


SCENARIOS = {
    "meter lost": meter_lost,
    "meter implausible": meter_implausible,
    "meter frozen": meter_frozen,
    "meter reversed": meter_reversed,
    "meter unseeing": meter_unseeing,
    "inverter lost": inverter_lost,
    "inverter rebooted": inverter_rebooted,
    "inverter ignores": inverter_ignores,
    "bus dead": bus_dead,
    "bus noisy": bus_noisy,
    "gateway gone": gateway_gone,
    "grid lost": grid_lost,
    "clock unknown": clock_unknown,
    "store damaged": store_damaged,
    "not commissioned": not_commissioned,
    "server lost": server_lost,
    "certificate ends": certificate_ends,
}


def page() -> dict[str, list[tuple[str, str]]]:
    """Return of each row of the page when it is found and what the gateway does, in its order."""
    rows: dict[str, list[tuple[str, str]]] = {}
    last = ""
    table = PAGE.read_text().split("| What fails |")[1].split("\n\n")[0]
    for line in table.splitlines()[2:]:
        name, found, action = [cell.strip() for cell in line.split("|")[1:4]]
        last = name or last
        rows.setdefault(last, []).append((found, action))
    return rows


@pytest.mark.parametrize("row", SCENARIOS)
def test_the_limit_holds_and_it_is_found_done_told_and_over(row: str, tmp_path: Path) -> None:
    found_s = [int(number) for found, _ in page()[row] for number in re.findall(r"\d+(?= s)", found)]
    SCENARIOS[row](tmp_path, found_s)


def test_each_row_of_the_page_is_played() -> None:
    assert list(page()) == list(SCENARIOS)


# --- what the inverters do by themselves ----------------------------------------------------------------


def alone_w(folder: Path, inverters: str, exp_lim_w: int) -> list[float]:
    """Return what is given in each of four minutes without gateway, and before it was killed."""
    events = f"[{{id: e1, program: envelope, start: 0, duration: 3600, opModExpLimW: {exp_lim_w}}}]"
    played = Played(folder, Fault("restart", AT, 240), inverters=inverters, events=events)
    played.world.run(AT + 240)
    return [played.der_w[t] for t in range(AT - 10, AT + 240, 60)]


def test_model_704_goes_to_its_fallback_within_its_time_out(tmp_path: Path) -> None:  # C2
    before_w, *alone = alone_w(tmp_path, ONE_704, 5000)
    assert before_w > 5000
    assert alone[1:] == [pytest.approx(1500, abs=50)] * 3


def test_of_model_123_with_a_limit_of_its_own_that_holds(tmp_path: Path) -> None:  # C2
    before_w, *alone = alone_w(tmp_path, "[{max_w: 10000, native_w: 1500}]", 800)
    assert before_w < 1500
    assert alone[1:] == [pytest.approx(2200, abs=50)] * 3  # 700 W go into the house


def test_of_model_123_a_limit_for_loss_of_communication_holds_then_and_only_then(tmp_path: Path) -> None:  # C2
    before_w, *alone = alone_w(tmp_path, "[{max_w: 10000, native_w: 1500, native: alone}]", 5000)
    assert before_w == pytest.approx(5000 + 700, abs=60)  # all that the utility allows, and the load
    assert alone[1:] == [pytest.approx(1500, abs=50)] * 3


def test_of_model_123_an_export_limit_of_its_own_holds_whatever_the_utility_allows(tmp_path: Path) -> None:  # C2
    before_w, *alone = alone_w(tmp_path, "[{max_w: 10000, native_w: 1500}]", 5000)
    assert [before_w, *alone[1:]] == [pytest.approx(1500 + 700, abs=50)] * 4


def test_of_model_123_without_one_the_last_limit_stays(tmp_path: Path) -> None:  # C2
    before_w, *alone = alone_w(tmp_path, ONE_123, 800)
    assert alone == [pytest.approx(before_w, abs=20)] * 4


def test_a_limit_in_flash_stays(tmp_path: Path) -> None:  # C2
    before_w, *alone = alone_w(tmp_path, "[{max_w: 10000, habits: [limit-in-nvm]}]", 800)
    assert alone == [pytest.approx(before_w, abs=20)] * 4


# What the page says of the table in the code: the row, the second in which it is found, and how the action begins.
KINDS = {
    LOST: "meter lost",
    FROZEN: "meter frozen",
    REVERSED: "meter reversed",
    UNSEEING: "meter unseeing",
}
ACTIONS = {HOLD: "raises nothing", BLIND: "assumes no load", FALLBACK: "falls back"}


def test_the_page_says_of_the_meter_what_the_gateway_does() -> None:
    rows = [failsafe.ROWS[at : at + 3] for at in range(0, len(failsafe.ROWS), 3)]
    said = page()
    for kind, name in KINDS.items():
        mine = [(after_s, ACTIONS[trust]) for what, after_s, trust in rows if what == kind]
        doubts = [(0, ACTIONS[trust]) for what, _, trust in rows if what == DOUBTED]
        wanted = doubts + mine if kind in (REVERSED, UNSEEING) else mine
        assert len(said[name]) == len(wanted)
        for (found, action), (after_s, begins) in zip(said[name], wanted, strict=True):
            assert action.startswith(begins)
            assert after_s == 0 or found == f"{after_s} s"


@pytest.mark.parametrize("row", range(1, len(failsafe.ROWS) // 3))
def test_without_a_row_of_the_code_its_scenario_fails(
    row: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first row, two seconds in which nothing is raised, is left to the tests of the core."""
    kind = failsafe.ROWS[3 * row]
    name = KINDS.get(kind, "meter reversed")
    found_s = [int(number) for found, _ in page()[name] for number in re.findall(r"\d+(?= s)", found)]
    monkeypatch.setattr(failsafe, "ROWS", failsafe.ROWS[: 3 * row] + failsafe.ROWS[3 * row + 3 :])
    with pytest.raises(AssertionError):
        SCENARIOS[name](tmp_path, found_s)
