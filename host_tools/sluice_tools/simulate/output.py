"""A run as files: a row of CSV for each step, a JSON list of requests."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from sluice_tools.simulate.run import Row
from sluice_tools.utility.overheard import Exchange

LIMITS = ("exp_lim_w", "imp_lim_w", "gen_lim_w", "load_lim_w")
HEAD = ("t_s", *LIMITS, "connect", "energize", "source", "site_w", "der_w")


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows; an unlimited mode is an empty field, connect and energize are `true` or `false`."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for t_s, (limits_w, connect, energize, source, _), site_w, der_w in rows:
            flags = ["true" if flag else "false" for flag in (connect, energize)]
            writer.writerow([t_s, *limits_w, *flags, source, site_w, der_w])


def write_json(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Write the list, an object a line."""
    lines = ",\n".join(json.dumps(exchange._asdict()) for exchange in exchanges)
    path.write_text(f"[\n{lines}\n]\n" if lines else "[]\n")
