"""docs/meters.md says of each map what its module says."""

import importlib
from pathlib import Path

from meter_dumps import DUMPS

from sluice_wire.meter_maps import names
from sluice_wire.meters import A1, HZ, V2, VAR, VAR1, W1

DOCS = Path(__file__).resolve().parents[2] / "docs" / "meters.md"
HEAD = "| `map` | meter | line as delivered | reads | not read | seen of a real one |\n|---|---|---|---|---|---|\n"
PARITY = {"none": "8N1", "even": "8E1", "odd": "8O1"}


def row(name: str) -> str:
    """Give the line of the table for one map."""
    module = importlib.import_module("sluice_wire.meters." + name)
    _, blocks, rows, _ = module.MAP
    if name == "sunspec":
        blocks, rows = module.WHOLE
    quantities = {"var": VAR, "Hz": HZ, "W of phases": W1, "var of phases": VAR1, "A": A1}
    missing = [what for what, quantity in quantities.items() if rows[quantity] is None]
    title = (module.__doc__ or "").partition(":")[0] + (", one phase" if rows[V2] is None else "")
    baud, parity = module.LINE
    links = ", ".join(f"[{i}]({url})" for i, url in enumerate(dict.fromkeys(d[0] for d in DUMPS.get(name, ())), 1))
    sure = ("power and more " if module.VERIFIED else "voltage only " if links else "**unverified**") + links
    return f"| `{name}` | {title} | {baud} {PARITY[parity]} | {len(blocks)} | {', '.join(missing)} | {sure.strip()} |"


def test_the_table_of_meters_is_that_of_the_maps() -> None:
    table = HEAD + "\n".join(map(row, names())) + "\n"
    assert table in DOCS.read_text(), f"docs/meters.md should have:\n{table}"
