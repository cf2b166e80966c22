"""The operator does what the instructions say, when they say it, and starts when what they want flows."""

import pytest

from sluice_tools.conformance import sites
from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.operator import (
    DEEDS,
    DISCONNECT,
    FIRST_TRY_S,
    PATIENCE_S,
    RECONNECT,
    Operator,
    flows,
)
from sluice_tools.conformance.record import StepRecord
from sluice_tools.house.orders import Orders

LOADED = procedures.load()


class Hands:
    """Hands that keep a list of what they did."""

    def __init__(self, site_w=-8700.0, der_w=9000.0):
        self.orders = Orders()
        self.site_w, self.der_w = site_w, der_w
        self.did = []

    def power(self, on):
        self.did.append(("power", on))

    def proceed(self):
        self.did.append("proceed")

    def tell(self, text):
        self.did.append(text)


class Engine:
    """A harness with the steps of a procedure, whose preconditions hold after `ready_s`."""

    def __init__(self, procedure, ready_s=0):
        self.steps = {name: StepRecord(name) for name in LOADED[procedure].steps}
        self.ready_s = ready_s
        self.tries = []

    def start(self, now):
        self.tries.append(now)
        return [] if now >= self.ready_s else ["no readings"]


def play(procedure, engine, hands, seconds, opened):
    """Let `seconds` pass; `opened`: the steps that begin to listen, and when."""
    operator = Operator(procedure, hands, immediate=LOADED[procedure].immediate_start)
    for t in range(seconds):
        for name, at in opened.items():
            if at == t:
                engine.steps[name].opened_s = float(t)
        operator.second(t, float(t), engine)
    return operator


def test_start_is_tried_every_ten_seconds_until_the_preconditions_hold():
    engine, hands = Engine("ALL-12", ready_s=FIRST_TRY_S + 15), Hands()
    play("ALL-12", engine, hands, 400, {})
    assert engine.tries == [FIRST_TRY_S, FIRST_TRY_S + 10, FIRST_TRY_S + 20]
    assert hands.did == ["presses start"]


def test_start_waits_until_what_is_instructed_flows():
    engine, hands = Engine("GEN-01"), Hands(site_w=300.0, der_w=0.0)
    operator = play("GEN-01", engine, hands, 400, {})
    assert engine.tries == []
    hands.site_w = -5000.0
    operator.second(400, 400.0, engine)
    assert engine.tries == [400]


def test_after_a_quarter_of_an_hour_the_operator_gives_up_and_says_why():
    engine, hands = Engine("GEN-01", ready_s=10**6), Hands()
    operator = play("GEN-01", engine, hands, PATIENCE_S + 20, {})
    assert "no readings" in operator.given_up
    assert hands.did == []


def test_a_procedure_that_starts_by_itself_is_not_started():
    engine, hands = Engine("ALL-01"), Hands()
    play("ALL-01", engine, hands, 400, {})
    assert (engine.tries, hands.did) == ([], [])


def test_der_are_disconnected_and_connected_again_when_the_steps_listen():
    engine, hands = Engine("ALL-07"), Hands()
    operator = play("ALL-07", engine, hands, 280, {"PUT-DERSTATUS-DISCONNECT": 200, "PUT-DERSTATUS-CONNECT": 260})
    assert hands.did == ["presses start", DISCONNECT]
    assert hands.orders.units[2].connected is False
    for t in range(280, 300):
        operator.second(t, float(t), engine)
    assert hands.did[-1] == RECONNECT
    assert hands.orders.units[2].connected is True


def test_the_load_is_stepped_as_the_instructions_say():
    engine, hands = Engine("GEN-13"), Hands()
    loads = {}
    operator = Operator("GEN-13", hands, immediate=False)
    engine.steps["WAIT-TEST-END"].opened_s = 200.0
    for t in range(600):
        operator.second(t, float(t), engine)
        loads[t] = hands.orders.load_w
    assert [loads[t] for t in (319, 320, 440, 560)] == [None, 2000, 1000, 0]


def test_the_button_is_pressed_only_when_the_gateway_holds_thirty_percent_again():
    engine, hands = Engine("ALL-30"), Hands(site_w=0.0)
    opened = {"CLIENT-POWER-CYCLE": 200, "REESTABLISH-COMMUNICATION": 230}
    operator = play("ALL-30", engine, hands, 500, opened)
    assert [deed for deed in hands.did if isinstance(deed, tuple)] == [("power", False), ("power", True)]
    assert "proceed" not in hands.did
    hands.site_w = -3000.0
    operator.second(500, 500.0, engine)
    assert hands.did[-1] == "proceed"


def test_a_battery_wishes_to_charge_from_the_beginning_where_import_is_watched():
    hands = Hands()
    Operator("LOA-03", hands, immediate=False)
    assert hands.orders.units[2].battery_w == -9000


def test_one_of_several_is_switched_off_and_then_the_others():
    engine, hands = Engine("MUL-01"), Hands()
    operator = play("MUL-01", engine, hands, 240, {"PUT-DERSTATUS-FIRST-DISCONNECT": 200})
    assert {unit for unit, orders in hands.orders.units.items() if not orders.powered} == {2}
    engine.steps["PUT-DERSTATUS-FULL-DISCONNECT"].opened_s = 240.0
    operator.second(270, 270.0, engine)
    assert {unit for unit, orders in hands.orders.units.items() if not orders.powered} == {2, 3, 4}


def test_a_rating_is_changed_at_the_device():
    engine, hands = Engine("MUL-03"), Hands()
    play("MUL-03", engine, hands, 60, {"PUT-DERSETTINGS-UPDATED": 20})
    assert {unit: orders.max_w for unit, orders in hands.orders.units.items()} == {2: 4000}


@pytest.mark.parametrize("procedure", sorted(DEEDS))
def test_every_step_in_the_table_is_one_of_the_procedure(procedure):
    assert {entry.step for entry in DEEDS[procedure]} <= set(LOADED[procedure].steps)


@pytest.mark.parametrize("procedure", sorted(sites.SETTINGS))
def test_what_a_site_needs_can_be_told(procedure):
    needs = sites.setting(procedure).needs
    assert not needs or flows(needs, 0.0, 0.0) is False
