"""SunSpec meters against pysunspec2: what it lays out from the published models is what the meter reads."""

from array import array

import pytest
from bus_world import Line
from hypothesis import given
from hypothesis import strategies as st
from sunspec2.file.client import FileClientModel

from expect import finish
from sluice.devices.meter import Meter
from sluice.modbus.client import Client
from sluice_wire.meter_maps import load
from sluice_wire.meters import A1, V1, VAR1, W1

PHASES = "ABC"
WATTS = st.integers(-30000, 30000)
VOLTS = st.integers(1600, 2900)  # in tenths


def line_of(model: int, points: dict[str, float]) -> Line:
    """Lay the model out behind the marker and model 1."""
    registers: list[int] = [0x5375, 0x6E53]
    for model_id, values in ((1, {}), (model, points)):
        empty = FileClientModel(model_id, data={"ID": model_id})
        length = len(empty.get_mb()) // 2 - 2
        laid = FileClientModel(model_id, data={"ID": model_id, "L": length, **values})
        words = array("H", bytes(laid.get_mb()))
        words.byteswap()
        registers += words
    return Line({1: dict(enumerate([*registers, 0xFFFF], 40000))})


def read(model: int, points: dict[str, float]) -> Meter:
    meter = Meter(1, load("sunspec"))
    finish(meter.poll(Client(line_of(model, points))))
    return meter


@pytest.mark.parametrize("model", [201, 202, 203, 204, 211, 212, 213, 214])
@given(st.tuples(WATTS, WATTS, WATTS), st.tuples(WATTS, WATTS, WATTS), st.tuples(VOLTS, VOLTS, VOLTS))
def test_every_meter_model_is_read_as_it_is_laid_out(
    model: int, watts: tuple[int, ...], vars_: tuple[int, ...], volts_dv: tuple[int, ...]
) -> None:  # C5
    whole = model < 211
    w, var = sum(watts) // 10 * 10, sum(vars_) // 10 * 10
    points: dict[str, float] = {"W": w // 10, "VAR": var // 10, "Hz": 4998, "A": 1000}
    if whole:
        points |= {"W_SF": 1, "VAR_SF": 1, "V_SF": -1, "Hz_SF": -2, "A_SF": -1}
    else:
        points |= {"W": w, "VAR": var, "Hz": 49.98, "A": 100.0}
    for i, phase in enumerate(PHASES):
        points[f"Wph{phase}"] = watts[i] // 10 if whole else watts[i]
        points[f"VARph{phase}"] = vars_[i] // 10 if whole else vars_[i]
        points[f"PhVph{phase}"] = volts_dv[i] if whole else volts_dv[i] / 10
        points[f"Aph{phase}"] = 2000 if whole else 200.0
    meter = read(model, points)
    assert (meter.w, meter.var, meter.hz_mhz) == (w, var, 49980)
    for i in range(3):
        assert meter.of_phase(V1 + i) == volts_dv[i]
        assert meter.of_phase(W1 + i) == (watts[i] // 10 * 10 if whole else watts[i])
        assert meter.of_phase(VAR1 + i) == (vars_[i] // 10 * 10 if whole else vars_[i])
        assert meter.of_phase(A1 + i) == 2000


@pytest.mark.parametrize("model", [201, 211])
def test_what_is_not_implemented_is_not_there(model: int) -> None:
    points: dict[str, float] = {"W": 1200, "PhVphA": 230, "Hz": 50}
    if model == 201:
        points |= {"W_SF": 0, "V_SF": 0, "Hz_SF": 0}
    meter = read(model, points)
    assert (meter.w, meter.var, meter.v_dv, meter.hz_mhz) == (1200, None, 2300, 50000)
    assert [meter.of_phase(V1 + 1), meter.of_phase(W1 + 2), meter.of_phase(A1)] == [None] * 3
