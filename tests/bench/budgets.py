"""The budgets of firmware/budgets.toml, in bytes."""

import tomllib

from sluice_tools.toolchain import ROOT

BUDGETS: dict[str, int] = tomllib.loads((ROOT / "firmware" / "budgets.toml").read_text())
