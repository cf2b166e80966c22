"""A gateway that nobody knows yet meets a utility: in band, by version, and what the installer is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice_tools import scenario
from sluice_tools.world import World

QUARTER = """
start: 2026-01-15T01:30:00Z
duration_s: 900
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
poll_s: 60
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 2000}}
events:
  - {id: e1, program: envelope, start: 200, duration: 500, opModExpLimW: 6000}
"""


def met(directory: Path, in_band: bool, version: str, said: dict[str, Any], *quirks: str) -> World:
    """Play a gateway whose configuration says `said` of the server."""
    world = World(scenario.loads(QUARTER), directory, version=version, in_band=in_band, quirks=quirks)
    file = directory / "gateway.json"
    config = json.loads(file.read_text())
    config["server"].update(said)
    file.write_text(json.dumps(config))
    world.run(900)
    return world


def answered(world: World) -> list[str]:
    """Give the responses to the one event."""
    return list(world.utility.report()["responses"]["e1"])


def statuses(world: World, method: str, path: str) -> list[int | None]:
    """Give how requests to what bears `path` in its address were answered."""
    return [exchange.status for exchange in world.exchanges if exchange.method == method and path in exchange.path]


def faults(world: World) -> list[str]:
    return [line for line in world.journal if "registration:" in line or "NMI:" in line or "PIN:" in line]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("said", ["same", "discover"])
def test_a_gateway_that_nobody_knows_registers_itself_and_is_served(  # D5, ALL-02, ALL-03, SDVN-01
    tmp_path: Path, version: str, said: str
) -> None:
    world = met(tmp_path, True, version, {"version": version if said == "same" else "discover"})
    assert answered(world) == ["1", "2", "3"]
    assert statuses(world, "POST", "/edevs_") == [201]
    assert statuses(world, "PUT", "/cp_") == [201]
    assert len(statuses(world, "GET", "/.well-known/")) == (said == "discover")


@pytest.mark.parametrize("quirk", ["placeholder-edev", "no-location", "204-created", "late-404"])
def test_a_server_that_answers_a_registration_otherwise_is_understood(tmp_path: Path, quirk: str) -> None:  # D5, T5, T8
    world = met(tmp_path, True, "1.2", {}, quirk)
    assert answered(world) == ["1", "2", "3"]
    assert len(statuses(world, "POST", "/edevs_")) == 1


def test_an_nmi_that_is_refused_is_told_and_nothing_is_built_on_what_else_there_is(tmp_path: Path) -> None:  # D5
    world = met(tmp_path, True, "1.2", {}, "nmi-401=0-400")
    assert 5 <= statuses(world, "PUT", "/cp_").count(401) <= 8
    assert answered(world) == ["1", "2", "3"]
    assert world.utility.report()["responses"]["e1"]["1"] > 400
    assert "the server refuses NMI" in faults(world)[-2]
    assert "NMI: works again" in faults(world)[-1]


def test_a_gateway_of_an_out_of_band_utility_never_posts_itself(tmp_path: Path) -> None:  # D6
    world = met(tmp_path, True, "1.2", {"profile": "energy-queensland"})
    assert not [exchange for exchange in world.exchanges if exchange.method != "GET"]
    assert "give the utility LFDI" in faults(world)[0]
    assert len(faults(world)) == 1


def test_a_wrong_pin_is_told_once_and_nothing_is_sent(tmp_path: Path) -> None:  # D4
    world = met(tmp_path, False, "1.2", {"pin": 222220})
    assert not [exchange for exchange in world.exchanges if exchange.method != "GET"]
    assert ["wrong site or wrong device" in line for line in faults(world)] == [True]


def test_after_the_power_was_off_each_gateway_waits_a_part_that_is_its_own(  # S2
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice_tools.world._Port.cold", True)
    world = World(scenario.loads(QUARTER + "changes:\n  - {at: 400, fault: restart, for: 10}\n"), tmp_path)
    world.run(600)
    asked = [exchange.t_s for exchange in world.exchanges]
    assert asked[0] <= 1  # nobody knows of a power cut yet
    assert min(t for t in asked if t >= 400) - 410 in (own := int(world.lfdi[:4], 16) % 150, own + 1)
