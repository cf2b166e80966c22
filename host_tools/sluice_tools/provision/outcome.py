"""What a provisioning has come to: all that its papers are made of, and nothing else. It holds no PIN and no key.

The site code is in it for the sheet, which goes to the owner; no other paper has it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# How far the commissioning came
PASSED, FAILED, NOT_DONE = "passed", "failed", "not done"
# How far the connection came
REGISTERED = "registered"
NOT_REGISTERED = "not registered"  # the server answers, and does not know this gateway yet
REFUSED = "refused"
NOT_REACHED = "not reached"

# The ratings a device may have, in the order of DERCapability (IEEE 2030.5): key, name and unit there. Here all are
# positive numbers.
RATINGS = {
    "rtg_max_charge_rate_w": ("rtgMaxChargeRateW", "W"),
    "rtg_max_discharge_rate_w": ("rtgMaxDischargeRateW", "W"),
    "rtg_max_va": ("rtgMaxVA", "VA"),
    "rtg_max_var": ("rtgMaxVar", "var"),
    "rtg_max_var_neg": ("rtgMaxVarNeg", "var"),
    "rtg_max_w": ("rtgMaxW", "W"),
    "rtg_max_wh": ("rtgMaxWh", "Wh"),
}
RATED = ("rtg_max_w", "rtg_max_va", "rtg_max_wh")  # what is told of a device on paper
LIMITS = {"exp_lim_w": "export", "imp_lim_w": "import", "gen_lim_w": "generation", "load_lim_w": "load"}


@dataclass(frozen=True)
class Outcome:
    """Dictionaries are as in the answers file and the configuration; what is not known is "" or not there.

    `lfdi` is 40 upper-case hex digits and `sfdi` a decimal number, both "" without a certificate. `devices` are the
    inverters as the commissioning's report has them (unit_id, maker, model, serial, native_w, ...), each with
    "ratings": those of RATINGS that it gave. `steps` are the report's: {step, ok, text, do}.
    """

    nmi: str
    lfdi: str
    sfdi: str
    pen: int
    profile: str  # a name of sluice_wire.utilities.PROFILES
    url: str
    site: dict[str, int | None]  # by LIMITS
    done_at: datetime  # with its time zone
    devices: list[dict[str, Any]] = field(default_factory=list)
    meter: dict[str, Any] = field(default_factory=dict)
    bus: dict[str, Any] = field(default_factory=dict)
    result: str = NOT_DONE
    steps: list[dict[str, Any]] = field(default_factory=list)
    connection: str = NOT_REACHED
    connection_text: str = ""  # what was seen, and what to do
    serial: str = ""
    firmware: str = ""
    board: str = ""
    csr: str = ""  # PEM
    code: str = ""  # the site code
    customer: dict[str, Any] = field(default_factory=dict)
    location: dict[str, Any] = field(default_factory=dict)
    aggregator: dict[str, Any] = field(default_factory=dict)
    program: dict[str, Any] = field(default_factory=dict)
    provider: dict[str, Any] = field(default_factory=dict)


def plain(value: object) -> str:
    """Give what stands for `value` on paper and on screen: one line, and nothing in it but what can be seen."""
    value = "" if value is None else value
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())


def rated(device: dict[str, Any]) -> list[str]:
    """Give a device's ratings, each with its unit."""
    ratings = device.get("ratings") or {}
    return [f"{ratings[key]} {RATINGS[key][1]}" for key in RATED if ratings.get(key)]


def name_of(device: dict[str, Any]) -> str:
    """Give a device's maker and model, "" where it was not read."""
    return plain(f"{device.get('maker') or ''} {device.get('model') or ''}")
