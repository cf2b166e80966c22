"""Whatever happens to whatever kind of device, nothing is written but what docs/devices.md lists."""

import re
from pathlib import Path

import pytest
from house_writes import ALLOWED, watched

from sluice_tools import scenario
from sluice_tools.toolchain import ROOT
from sluice_tools.world import World

# Every kind of device under every mode and most faults, from sunrise on, for a day: each is broken while something
# else goes on, so that all is read and written anew.
DAY = """
start: 2026-01-14T20:00:00Z
duration_s: {duration_s}
utc_offset_h: 10
seed: 4
site: {{exp_lim_w: 5000, imp_lim_w: 9000, max_w: 30000}}
house:
  pv_w: summer-sun
  load_w: family-home
  inverters:
    - {{max_w: 5000, native_w: 800, native: alone, habits: [zero-frames, forgets]}}
    - {{max_w: 5000, native_w: 5000, floats: true, limit_sf: 0, habits: [limit-in-nvm]}}
    - {{max_w: 5000, controls: 704, phases: 1}}
    - {{max_w: 5000, battery: {{wh: 9600, charge_w: 4000, discharge_w: 5000}}}}
    - {{max_w: 5000, controls: 704, battery: {{wh: 9600, charge_w: 4000, discharge_w: 5000, from_grid: false}}}}
    - {{max_w: 5000, pv_w: 0, controls: 704, battery: {{wh: 9600, charge_w: 4000, discharge_w: 5000}}}}
poll_s: 300
programs:
  - {{id: envelope, primacy: 2, default: {{opModExpLimW: 5000, opModImpLimW: 9000, setGradW: 28}}}}
events: [{events}]
changes: [{changes}]
"""
MODES = (
    "opModExpLimW: 0",
    "opModExpLimW: 9000, opModGenLimW: 2000",
    "opModImpLimW: 0, opModLoadLimW: 500",
    "opModConnect: false",
    "opModEnergize: false",
    "opModFixedW: 3000",
    "opModFixedW: -3000",
    "opModTargetW: 4000",
    "opModMaxLimW: 1000",
    "opModStorageTargetW: 3000",
    "opModStorageTargetW: -3000",
)
FAULTS = (
    *("meter-silent", "meter-frozen", "meter-implausible", "meter-reversed", "inverter-silent", "inverter-reboot"),
    *("inverter-ignores", "bus-dead", "bus-noise", "grid-outage", "restart", "server-down"),
)
EACH_S = 300
DURATION_S = 2 * EACH_S * len(MODES)


def day() -> str:
    events = [
        f"{{id: e{i}, program: envelope, start: {EACH_S * i}, duration: {EACH_S}, rampTms: 0, {mode}}}"
        for i, mode in enumerate(MODES * 2)
    ]
    changes = [f"{{at: {EACH_S * i + 400}, for: 90, fault: {fault}}}" for i, fault in enumerate(FAULTS)]
    return DAY.format(duration_s=DURATION_S, events=", ".join(events), changes=", ".join(changes))


def test_nothing_is_written_but_what_the_page_lists_whatever_happens(  # E16
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = watched(monkeypatch)
    world = World(scenario.loads(day()), tmp_path, version="1.3")
    config = tmp_path / "gateway.json"
    config.write_text(config.read_text().replace('"server": {', '"server": {"version": "1.3", '))
    world.run(DURATION_S)
    assert written == ALLOWED


def test_the_page_lists_what_may_be_written() -> None:  # E16
    page = (ROOT / "docs" / "devices.md").read_text().split("## What is written")[1].split("\n- ")[0]
    rows = re.findall(r"^\| (\d+) (.*?) \|", page, re.MULTILINE)
    assert {f"{model}.{point}" for model, points in rows for point in re.findall(r"`(\w+)`", points)} == ALLOWED
