"""What the operator's hands do in each procedure and when: a table, and the one who goes by it.

An entry is a step, the seconds since it listens, and a deed. The operator presses start when the preconditions hold
and what flows is what the instructions want, and gives up after 15 minutes.
Source: the instructions in cactus-test-definitions 1.18.2.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from sluice_tools.conformance import sites
from sluice_tools.conformance.record import StepRecord
from sluice_tools.house.orders import Orders, UnitOrders

PATIENCE_S = 15 * 60
FIRST_TRY_S = 150  # the client has settled: a gateway of ours doubts its meter for two minutes after a start
EVERY_S = 10

# The deeds, in the words in which they are told.
DISCONNECT, RECONNECT = "disconnects every DER from the grid", "connects every DER to the grid again"
SOURCE_OFF, SOURCE_ON = "sets the power source to 0 W", "lets the power source go on"
POWER_OFF, POWER_ON = "switches the gateway off", "switches the gateway on"
FIRST_OFF, REST_OFF = "switches one DER off", "switches the other DER off"
PROCEED = "presses proceed"
RERATE = "sets the maximum rating of one DER to 80 %"
LOAD = "sets the load to %d %% of the rating"
WISH = "lets the battery wish for %d W"

RERATED = 0.8


class Hands(Protocol):
    """What the operator can reach. `site_w`: what the site imports now (`-`: exports), `der_w`: what the DERs give."""

    orders: Orders

    @property
    def site_w(self) -> float: ...

    @property
    def der_w(self) -> float: ...

    def power(self, on: bool) -> None:
        """Switch the gateway off or on."""

    def proceed(self) -> None:
        """Press the harness's button."""

    def tell(self, text: str) -> None:
        """Note what was done."""


class Engine(Protocol):
    """What the operator sees of the harness."""

    @property
    def steps(self) -> Mapping[str, StepRecord]: ...

    def start(self, now: float) -> list[str]:
        """Begin, if the preconditions hold; give the reasons if not."""


class Entry(NamedTuple):
    """`after_s` seconds after `step` began to listen: `deed`, with the number `n` if it takes one; not before what
    `needs` says flows (a word of `sites`)."""

    step: str
    after_s: int
    deed: str
    n: int = 0
    needs: str = ""


def _loads(step: str) -> list[Entry]:
    return [Entry(step, after_s, LOAD, pct) for after_s, pct in ((120, 20), (240, 10), (360, 0))]


# 30 s of nothing before a hand is laid on a DER, so that what it was before is on the record, and there is a time for
# what follows to be seen. ALL-30: off for 10 s while the server is out, and back on 30 % before the button is pressed.
DEEDS: dict[str, list[Entry]] = {
    "ALL-07": [
        Entry("PUT-DERSTATUS-DISCONNECT", 30, DISCONNECT),
        Entry("PUT-DERSTATUS-CONNECT", 30, RECONNECT),
    ],
    "ALL-08": [
        Entry("PUT-DERSTATUS-DISCONNECT", 30, SOURCE_OFF),
        Entry("PUT-DERSTATUS-CONNECT", 30, SOURCE_ON),
    ],
    "ALL-26": [Entry("PROCEED-OBSERVE-DER", 290, PROCEED)],
    "ALL-27": [Entry("PROCEED-OBSERVE-DER", 290, PROCEED)],
    "ALL-30": [
        Entry("CLIENT-POWER-CYCLE", 5, POWER_OFF),
        Entry("CLIENT-POWER-CYCLE", 15, POWER_ON),
        Entry("REESTABLISH-COMMUNICATION", 60, PROCEED, needs=sites.EXPORT_30),
    ],
    "DRD-01": [Entry("GET-DERC-6", 0, WISH, sites.SOURCE_W)],
    "GEN-13": _loads("WAIT-TEST-END"),
    "LOA-13": _loads("WAIT-TEST-END"),
    "MUL-01": [
        Entry("PUT-DERSTATUS-FIRST-DISCONNECT", 30, FIRST_OFF),
        Entry("PUT-DERSTATUS-FULL-DISCONNECT", 30, REST_OFF),
    ],
    "MUL-03": [Entry("PUT-DERSETTINGS-UPDATED", 5, RERATE)],
    "P-03": [
        Entry("PROCEED-OBSERVE-ZERO", 300, PROCEED),
        Entry("PROCEED-OBSERVE-DEFAULT", 240, PROCEED),
    ],
}


class Operator:
    """Plays the operator of `procedure_id`; `second` is called once a second, t seconds after initialise.

    `immediate`: it starts by itself. `given_up`: why the operator did not start it, "" if that is not so.
    """

    def __init__(self, procedure_id: str, hands: Hands, *, immediate: bool) -> None:
        self._setting = sites.setting(procedure_id)
        self._units = sites.HOUSES[self._setting.house]
        self._hands = hands
        self._to_do = list(DEEDS.get(procedure_id, ()))
        self._started = immediate
        self._missing: list[str] = []
        self.given_up = ""
        if self._setting.wish_w is not None:
            self._wish(self._setting.wish_w)

    def second(self, t: int, now: float, engine: Engine) -> None:
        """Do what is to be done at second `t`, which is Unix second `now`."""
        if not self._started and not self.given_up:
            self._try_to_start(t, now, engine)
        for entry in [entry for entry in self._to_do if self._is_due(entry, t, engine.steps)]:
            self._to_do.remove(entry)
            self._do(entry)

    def _try_to_start(self, t: int, now: float, engine: Engine) -> None:
        if t < FIRST_TRY_S or t % EVERY_S:
            return
        if t > PATIENCE_S:
            self.given_up = f"not started within {PATIENCE_S} s: {'; '.join(self._missing)}"
            return
        needs = self._setting.needs
        if needs and not flows(needs, self._hands.site_w, self._hands.der_w):
            self._missing = [f"the DER shall {needs}: site {self._hands.site_w:.0f} W, DER {self._hands.der_w:.0f} W"]
            return
        self._missing = engine.start(now)
        if not self._missing:
            self._started = True
            self._hands.tell("presses start")

    def _is_due(self, entry: Entry, t: int, steps: Mapping[str, StepRecord]) -> bool:
        since = steps[entry.step].opened_s
        if since is None or t < since + entry.after_s:
            return False
        return not entry.needs or flows(entry.needs, self._hands.site_w, self._hands.der_w)

    # --- deeds ----------------------------------------------------------------------------------

    def _do(self, entry: Entry) -> None:
        hands, first = self._hands, min(self._unit_ids())
        hands.tell(entry.deed % entry.n if "%d" in entry.deed else entry.deed)
        if entry.deed in (DISCONNECT, RECONNECT):
            self._order(self._unit_ids(), connected=entry.deed == RECONNECT)
        elif entry.deed in (SOURCE_OFF, SOURCE_ON):
            self._order(self._unit_ids(), output_w=0.0 if entry.deed == SOURCE_OFF else None)
        elif entry.deed == FIRST_OFF:
            self._order([first], powered=False)
        elif entry.deed == REST_OFF:
            self._order([unit for unit in self._unit_ids() if unit != first], powered=False)
        elif entry.deed in (POWER_OFF, POWER_ON):
            hands.power(entry.deed == POWER_ON)
        elif entry.deed == PROCEED:
            hands.proceed()
        elif entry.deed == RERATE:
            self._order([first], max_w=round(self._units[0].max_w * RERATED))
        elif entry.deed == LOAD:
            hands.orders.load_w = sites.RATING_W * entry.n / 100
        elif entry.deed == WISH:
            self._wish(entry.n)
        else:
            raise ValueError(f"the operator does not know how to do this: {entry.deed}")

    def _unit_ids(self) -> list[int]:
        return [unit.unit or i for i, unit in enumerate(self._units, sites.parts.METER_UNIT_ID + 1)]

    def _order(self, units: list[int], **changes: object) -> None:
        """Change the orders for some units, and leave the rest of them."""
        orders = self._hands.orders
        changed = {unit: orders.units.get(unit, UnitOrders()).model_copy(update=changes) for unit in units}
        orders.units = {**orders.units, **changed}

    def _wish(self, w: int) -> None:
        """Let the battery's own app wish for `w` watts (`-`: charge)."""
        self._order(self._unit_ids(), battery_w=float(w))


def flows(needs: str, site_w: float, der_w: float) -> bool:
    """Tell whether what flows is what a procedure needs (one of the words of `sites`)."""
    half_w, least_w, most_w = sites.RATING_W * 0.5, sites.RATING_W * 0.85, sites.RATING_W * 0.95
    held = {
        sites.EXPORT: -site_w >= half_w,
        sites.IMPORT: site_w >= half_w,
        sites.GENERATE: der_w >= half_w,
        sites.CONSUME: -der_w >= half_w,
        sites.GENERATE_90: least_w <= der_w <= most_w,
        sites.CONSUME_90: least_w <= -der_w <= most_w,
        sites.EXPORT_30: abs(-site_w - 0.3 * sites.RATING_W) <= 0.05 * sites.RATING_W,
    }
    return held[needs]
