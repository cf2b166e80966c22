"""The house that each procedure is played in, and what its instructions want of it before the start.

Three houses do. All limits of the procedures are multiples of what the DER can do, so no rating but 10 kW is needed,
and the sun gives 90 % of it at any hour: within what GEN, DRG and DRL ask for. The connection agreement allows three
times the rating, so that it never binds: until the server is heard nothing limits the DER.
Source: the preconditions and instructions in cactus-test-definitions 1.18.2.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from sluice_tools.house import parts
from sluice_tools.plan import Device, Site
from sluice_tools.scenario import Scenario

RATING_W = 10_000
FIXED_W = 3 * RATING_W
SOURCE_W = RATING_W * 90 // 100
STORED_WH = 200_000  # hours of charging at full power: no procedure ends because the cells are full

START = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
DURATION_S = 4 * 3600
LONG_S = 4 * 86400
LONG = {"ALL-25-EXT"}

EXPORT, IMPORT, GENERATE, CONSUME, GENERATE_90, CONSUME_90, EXPORT_30 = (
    "export at least 50 %",
    "import at least 50 %",
    "generate at least 50 %",
    "consume at least 50 %",
    "generate 90 % (+/- 5 %)",
    "consume 90 % (+/- 5 %)",
    "export 30 % (+/- 5 %)",
)


class Setting(NamedTuple):
    """`house`: one of HOUSES; `load_pct`: the load beside the DER, in percent of the rating; `needs`: what has to flow
    before the operator starts, "" where the procedure forbids it by a default of 0 W or wants nothing; `wish_w`: what
    the battery's own app wishes (`-`: charge), None: nothing; `source_w`: what the sun gives."""

    house: str
    load_pct: int = 3
    needs: str = ""
    wish_w: int | None = None
    source_w: int = SOURCE_W


_BATTERY = parts.Battery(wh=STORED_WH, charge_w=RATING_W, discharge_w=RATING_W, own_mode=False)

HOUSES: dict[str, list[parts.Inverter]] = {
    "solar": [parts.Inverter(max_w=RATING_W)],
    "storage": [parts.Inverter(max_w=RATING_W, pv_w=0, battery=_BATTERY)],
    "several": [
        parts.Inverter(max_w=5000),
        parts.Inverter(max_w=3000),
        parts.Inverter(
            max_w=2000, pv_w=0, battery=parts.Battery(wh=20_000, charge_w=2000, discharge_w=2000, own_mode=False)
        ),
    ],
}

SOLAR = Setting("solar")
_CHARGING = Setting("storage", wish_w=-SOURCE_W)

SETTINGS: dict[str, Setting] = {
    "ALL-06": Setting("solar", 25),
    "ALL-08": Setting("solar", needs=GENERATE),
    **dict.fromkeys(("ALL-11", "ALL-12", "ALL-23"), Setting("solar", needs=GENERATE)),
    **dict.fromkeys(("ALL-24", "ALL-26", "ALL-28"), Setting("solar", needs=EXPORT)),
    "ALL-29": Setting("solar", 10),
    "ALL-30": Setting("solar", needs=GENERATE),
    "DRA-02": Setting("solar", needs=GENERATE),
    "DRD-01": _CHARGING,
    "DRG-01": Setting("solar", needs=GENERATE_90),
    "DRL-01": _CHARGING._replace(needs=CONSUME_90),
    "GEN-01": Setting("solar", needs=EXPORT),
    "GEN-02": Setting("solar", needs=EXPORT),
    "GEN-04": Setting("solar", needs=GENERATE),
    "GEN-09": Setting("solar", needs=EXPORT),
    "GEN-13": Setting("solar", 0),
    "LOA-01": _CHARGING._replace(needs=IMPORT),
    "LOA-02": _CHARGING._replace(needs=IMPORT),
    "LOA-03": _CHARGING,
    "LOA-04": _CHARGING._replace(needs=CONSUME),
    "LOA-09": _CHARGING._replace(needs=IMPORT),
    **dict.fromkeys(("LOA-10", "LOA-11", "LOA-12"), _CHARGING),
    "LOA-13": _CHARGING._replace(load_pct=0),
    **dict.fromkeys(("MUL-01", "MUL-03"), Setting("several")),
    "MUL-02": Setting("several", 10),
    "P-04": Setting("solar", source_w=RATING_W),  # its limit is on its way down for a minute only: 84 % of the rating
    **dict.fromkeys((f"STO-0{i}" for i in range(1, 7)), Setting("storage")),
}

_SUBSCRIPTION = "subscriptions are served to aggregators only: a device's certificate is refused (403)"
_PRICING = "pricing (PRC) is not supported: the gateway acts on no price"
_EVSE = "an alternate for electric vehicle supply equipment (ALT), which the gateway does not manage"

UNSUPPORTED: dict[str, str] = {
    **dict.fromkeys((f"ALL-{i}" for i in (14, 15, 16, 17)), _SUBSCRIPTION),
    **dict.fromkeys((f"{kind}-0{i}" for kind in ("GEN", "LOA") for i in (5, 6, 7, 8)), _SUBSCRIPTION),
    **dict.fromkeys((f"PRC-0{i}" for i in range(1, 6)), _PRICING),
    **dict.fromkeys(("ALT-ALL-29", "ALT-LOA-13"), _EVSE),
    "P-01": "it needs an aggregator with two EndDevices",
}

CLASSES = (
    *("A", "C", "G", "L", "M", "DER-A", "DER-G", "DER-L", "DR-A", "DR-D", "DR-L", "DR-G", "STO", "DER-STO", "P-A"),
)  # that the gateway claims


def unsupported(procedure_id: str) -> str:
    """Give why the gateway does not claim a procedure, "" if it does."""
    return UNSUPPORTED.get(procedure_id, "")


def setting(procedure_id: str) -> Setting:
    """Give where a procedure is played."""
    return SETTINGS.get(procedure_id, SOLAR)


def scenario(procedure_id: str) -> Scenario:
    """Give the house of a procedure."""
    here = setting(procedure_id)
    duration_s = LONG_S if procedure_id in LONG else DURATION_S
    return Scenario(
        start=START,
        duration_s=duration_s,
        step_s=60,
        site=Site(
            exp_lim_w=FIXED_W,
            imp_lim_w=FIXED_W,
            max_w=RATING_W,
            storage_max_w=sum(each.battery.charge_w for each in HOUSES[here.house] if each.battery),
        ),
        house=parts.House(
            pv_w=float(here.source_w), load_w=RATING_W * here.load_pct / 100, inverters=list(HOUSES[here.house])
        ),
        device=Device(),
        programs=[],
    )
