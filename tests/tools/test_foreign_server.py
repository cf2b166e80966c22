"""A test engineer at a server: `sluice configure`, then server, house and gateway as processes in true time, on both
Pythons; what is done to the house by its control file is read at the server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sluice_tools import pki as test_pki
from sluice_tools.cli import main
from sluice_tools.clock import Clock
from sluice_tools.conformance.sites import HOUSES
from sluice_tools.gateway import gateway_config
from sluice_tools.processes import Children
from sluice_tools.scenario import SCENARIOS, load
from sluice_tools.toolchain.interpreter import Interpreter

PATIENCE_S = 60
SLUICE = [sys.executable, "-m", "sluice_tools"]
UTILITY = """
start: 2026-01-15T00:00:00Z
duration_s: 86400
site: {exp_lim_w: 30000, imp_lim_w: 30000, max_w: 10000}
house: {pv_w: 0, load_w: 0}
poll_s: 60
programs: [{id: A, primacy: 1, default: {opModExpLimW: 30000}}]
"""


class Bench:
    """Server, house and gateway, and what they say."""

    def __init__(self, directory: Path, children: Children) -> None:
        self._directory, self._children = directory, children
        self.control = directory / "control.yaml"

    def start(self, name: str, *arguments: str) -> None:
        self._children.start(name, [*SLUICE, *arguments])

    def hear(self, name: str, **facts: Any) -> dict[str, Any]:
        """Wait for a JSON line of `name` that has all of `facts`; give it."""
        while True:
            line = self._children.lines.get(timeout=PATIENCE_S)
            if line.text is None:
                raise self._children[line.name].died()
            said = json.loads(line.text) if line.name == name else {}
            if facts.items() <= said.items():
                return dict(said)

    def status(self, **values: str) -> dict[str, Any]:
        """Wait for a DERStatus with these values; give all of them."""
        while True:
            told: dict[str, Any] = self.hear("server", kind="put", resource="DERStatus")["values"]
            if values.items() <= told.items():
                return told

    def configure(self, *options: str) -> Path:
        config, pki = self._directory / "gateway.json", self._directory / "pki"
        files = ["--ca", pki / "serca.pem", "--certificate", pki / "device-chain.pem", "--key", pki / "device.key"]
        command = [*SLUICE, "configure", config, *files, *options]
        subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=PATIENCE_S)
        return config


@contextmanager
def benched(directory: Path, scenario: str, *options: str) -> Iterator[Bench]:
    """A bench with the house `scenario`, whose gateway has registered and been seen to operate."""
    (directory / "utility.yaml").write_text(UTILITY)
    with Children() as children:
        bench = Bench(directory, children)
        files = ["--scenario", str(directory / "utility.yaml"), "--pki", str(directory / "pki")]
        bench.start("server", "server", *files, "--begin-now", "--events")
        url = bench.hear("server", ready=True)["url"]
        house = str(SCENARIOS / f"{scenario}.yaml")
        bench.start("house", "house", "--scenario", house, "--tcp", "0", "--control", str(bench.control))
        place = bench.hear("house", ready=True)["tcp"]
        config = bench.configure("--url", url, "--house", place, "--scenario", house)
        bench.start("gateway", "run", "--config", str(config), *options)
        bench.status(operationalModeStatus="2", genConnectStatus="07")
        yield bench


@pytest.mark.parametrize("options", [(), ("--micropython",)], ids=["cpython", "micropython"])
def test_the_server_hears_that_the_der_is_disconnected_and_back_again(
    tmp_path: Path, micropython: Interpreter, options: tuple[str, ...]
) -> None:
    with benched(tmp_path, "solar", *options) as bench:
        bench.control.write_text("units: {all: {connected: false}}\n")
        assert bench.status(genConnectStatus="00")["operationalModeStatus"] == "1"
        bench.control.write_text("units: {all: {output_w: 0}}\n")
        assert bench.status(genConnectStatus="03")["operationalModeStatus"] == "1"
        bench.control.write_text("")
        assert bench.status(genConnectStatus="07")["operationalModeStatus"] == "2"


def test_of_several_ders_the_last_that_is_switched_off_is_the_one_that_counts(tmp_path: Path) -> None:  # MUL-01
    with benched(tmp_path, "several") as bench:
        bench.control.write_text("units: {2: {powered: false}}\n")
        assert bench.hear("house", orders={"units": {"2": {"powered": False}}})
        bench.control.write_text("units: {all: {powered: false}}\n")
        assert bench.status(genConnectStatus="00")["operationalModeStatus"] == "1"


@pytest.mark.parametrize("scenario", sorted(HOUSES))
def test_the_houses_of_the_bench_are_those_of_the_procedures(scenario: str) -> None:
    assert list(load(SCENARIOS / f"{scenario}.yaml").inverters.values()) == HOUSES[scenario]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "pki"
    test_pki.make_pki(folder, now=Clock.system().now())
    return folder


def configured(pki: Path, *options: str) -> dict[str, Any]:
    """What `sluice configure` writes beside the folder of certificates."""
    config = pki.parent / "gateway.json"
    config.unlink(missing_ok=True)
    files = ["--ca", pki / "serca.pem", "--certificate", pki / "device-chain.pem", "--key", pki / "device.key"]
    done = CliRunner().invoke(
        main, list(map(str, ["configure", config, "--url", "https://utility.example:443/dcap", *files, *options]))
    )
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(config.read_text())
    return document


def test_a_configuration_names_the_files_from_its_own_folder_and_the_house_by_its_place(pki: Path) -> None:
    document = configured(pki, "--pin", "111115", "--pen", "4711", "--version", "1.3", "--server-name", "")
    assert document["server"] == {
        **{"url": "https://utility.example:443/dcap", "ca": "pki/serca.pem", "certificate": "pki/device-chain.pem"},
        **{"key": "pki/device.key", "pen": 4711, "pin": 111115, "profile": "default", "version": "1.3", "name": ""},
    }
    assert document["meter"]["at"] == document["inverters"][0]["at"] == "tcp://127.0.0.1:5020"
    assert "bus" not in document


def test_a_house_on_a_pseudo_terminal_is_the_bus(pki: Path) -> None:
    document = configured(pki, "--house", "build/rs485")
    plain = gateway_config(load(SCENARIOS / "solar.yaml"), "", "build/rs485")
    assert {key: document[key] for key in ("bus", "meter", "inverters")} == {
        key: plain[key] for key in ("bus", "meter", "inverters")
    }


def test_a_configuration_that_is_there_is_left_alone(pki: Path) -> None:
    configured(pki)
    file = str(pki / "serca.pem")
    options = ["--url", "https://h:1/d", "--ca", file, "--certificate", file, "--key", file]
    done = CliRunner().invoke(main, ["configure", str(pki.parent / "gateway.json"), *options])
    assert done.exit_code == 1
    assert "is there already" in done.output
