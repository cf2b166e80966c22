"""The tables that the firmware carries are those that `make tables` makes of its sources today."""

import json
import subprocess
import sys
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
# In a process of its own, since make_tables imports the sources with nothing in place of their tables.
MAKE = "import json, make_tables; print(json.dumps({room: made() for room, made in make_tables.TABLES.items()}))"


def test_every_room_carries_the_tables_that_its_sources_make() -> None:
    tables = json.loads(subprocess.check_output([sys.executable, "-c", MAKE], cwd=FIRMWARE))
    stale = [room for room, text in tables.items() if (FIRMWARE / "sluice" / room / "tables.py").read_text() != text]
    assert not stale, f"tables.py of {' and '.join(stale)} is not what its sources say: run `make tables`"
    assert {file.parent.name for file in FIRMWARE.glob("sluice/*/tables.py")} == set(tables)
