"""Whether the machine has just been powered on, as Linux tells."""

from pathlib import Path

import pytest

from sluice.port.timing import is_cold


@pytest.mark.parametrize(("said", "cold"), [("299.98 12.0", True), ("300.00 12.0", False), ("uptime", False)])
def test_a_machine_is_cold_for_five_minutes(tmp_path: Path, said: str, cold: bool) -> None:  # S2
    uptime = tmp_path / "uptime"
    uptime.write_text(said)
    assert is_cold(str(uptime)) == cold
    assert not is_cold(str(tmp_path / "none"))
