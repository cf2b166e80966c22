"""A certificate that ends soon, in the journal and the explanation of the whole gateway."""

from datetime import UTC, datetime
from pathlib import Path

from sluice_tools import scenario
from sluice_tools.pki import Pki
from sluice_tools.world import World

MIDNIGHT = """
start: 2026-01-15T23:58:00Z
duration_s: 300
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 0}
programs: [{id: A, primacy: 1}]
"""
ENDS = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)


def played(folder: Path, file: str, content: bytes, explained: list[str] | None = None) -> World:
    """Play five minutes around midnight with another certificate file."""

    def watch(t: int) -> None:
        if explained is not None and t > 0:
            explained[:] = [world.explain()]

    world = World(scenario.loads(MIDNIGHT), folder, watch=watch)
    (folder / "pki" / file).write_bytes(content)
    world.run(300)
    return world


def told(world: World) -> list[str]:
    """Give the journal's lines about certificates."""
    return [line for line in world.journal if "server.c" in line]


def test_a_certificate_that_ends_soon_is_told_at_start_and_every_day(tmp_path: Path) -> None:  # T10
    chain = Pki(tmp_path / "made", now=ENDS.timestamp()).device(not_after=ENDS).chain
    explained: list[str] = []
    first, second = told(played(tmp_path, "device-chain.pem", chain.read_bytes(), explained))
    words = (
        "the device's certificate ends on 2026-01-31 23:59:00Z, in %d days; have a new one issued for the same request"
    )
    assert first == f"2026-01-15 23:58:00Z server.certificate: {words % 16}"
    assert second == f"2026-01-16 00:00:00Z server.certificate: {words % 15}"
    assert explained[0].endswith(f" T{words[1:] % 15}.")


def test_a_damaged_root_is_told_once_by_file_and_place(tmp_path: Path) -> None:  # T10
    (line,) = told(played(tmp_path, "serca.pem", b"nonsense"))
    assert line.endswith("pki/serca.pem does not tell when it ends (wrong: byte 0); put the file there anew")


def test_certificates_that_do_not_end_are_not_told(tmp_path: Path) -> None:
    assert told(played(tmp_path, "unused.pem", b"")) == []
