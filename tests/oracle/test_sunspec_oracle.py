"""Register maps and values against pysunspec2's model definitions and images, floats against struct."""

import math
import struct
from fractions import Fraction
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from sunspec2.file.client import FileClientModel
from umodbus_line import UmodbusLine

from expect import finish
from sluice.devices.decode import NOT_VALID, float32, scaled
from sluice.devices.inverter import Inverter
from sluice.modbus.client import Client
from sluice_wire import sunspec
from sluice_wire.sep2 import (
    MAX_CHARGE_RATE_W,
    MAX_DISCHARGE_RATE_W,
    MAX_VA,
    MAX_VAR,
    MAX_VAR_NEG,
    MAX_W,
    MAX_WH,
    QUANTITIES,
)

UNIT = 2
TYPES = {"int16": sunspec.INT16, "uint16": sunspec.UINT16, "enum16": sunspec.UINT16}
NO_SF = -0x8000

POINTS = {
    103: {
        "PhVphA": sunspec.INVERTER_PHV[0],
        "PhVphB": sunspec.INVERTER_PHV[1],
        "PhVphC": sunspec.INVERTER_PHV[2],
        "W": sunspec.INVERTER_W,
        "Hz": sunspec.INVERTER_HZ,
        "VAr": sunspec.INVERTER_VAR,
        "St": sunspec.INVERTER_ST,
    },
    120: {
        "MaxChaRte": sunspec.NAMEPLATE_MAX[MAX_CHARGE_RATE_W],
        "MaxDisChaRte": sunspec.NAMEPLATE_MAX[MAX_DISCHARGE_RATE_W],
        "VARtg": sunspec.NAMEPLATE_MAX[MAX_VA],
        "VArRtgQ1": sunspec.NAMEPLATE_MAX[MAX_VAR],
        "VArRtgQ4": sunspec.NAMEPLATE_MAX[MAX_VAR_NEG],
        "WRtg": sunspec.NAMEPLATE_MAX[MAX_W],
        "WHRtg": sunspec.NAMEPLATE_MAX[MAX_WH],
    },
    121: {
        "VAMax": sunspec.SETTINGS_MAX[MAX_VA],
        "VArMaxQ1": sunspec.SETTINGS_MAX[MAX_VAR],
        "VArMaxQ4": sunspec.SETTINGS_MAX[MAX_VAR_NEG],
        "WMax": sunspec.SETTINGS_MAX[MAX_W],
    },
    124: {
        "WChaMax": sunspec.STORAGE_MAX[MAX_CHARGE_RATE_W],
        "ChaState": sunspec.STORAGE_CHA_STATE,
        "ChaSt": sunspec.STORAGE_CHA_ST,
    },
}
CONTROLS = {
    "WMaxLimPct": sunspec.CONTROLS_W_MAX_LIM_PCT,
    "WMaxLimPct_WinTms": sunspec.CONTROLS_W_MAX_LIM_PCT_WIN_TMS,
    "WMaxLimPct_RvrtTms": sunspec.CONTROLS_W_MAX_LIM_PCT_RVRT_TMS,
    "WMaxLimPct_RmpTms": sunspec.CONTROLS_W_MAX_LIM_PCT_RMP_TMS,
    "WMaxLim_Ena": sunspec.CONTROLS_W_MAX_LIM_ENA,
    "WMaxLimPct_SF": sunspec.CONTROLS_W_MAX_LIM_PCT_SF,
}


def model(model_id: int, **values: Any) -> Any:
    """Return a model of pysunspec2, its length set."""
    length = len(FileClientModel(model_id, data={"ID": model_id}).get_mb()) // 2 - 2
    return FileClientModel(model_id, data={"ID": model_id, "L": length, **values})


def image(models: list[Any], base: int) -> dict[int, int]:
    """Return the registers of a device of these models."""
    data = b"SunS" + b"".join(bytes(each.get_mb()) for each in models) + b"\xff\xff\x00\x00"
    return dict(enumerate(struct.unpack(f">{len(data) // 2}H", data), base))


def scanned(registers: dict[int, int]) -> tuple[Inverter, Client]:
    client = Client(UmodbusLine(UNIT, registers))
    inverter = Inverter(UNIT)
    finish(inverter.scan(client))
    return inverter, client


def whole(value: float, power: int = 0) -> int:
    """Return value times 10**power without its fraction."""
    return math.trunc(round(value * 10**power, 6))


def test_every_point_is_where_pysunspec2_has_it() -> None:
    for model_id, points in POINTS.items():
        published = model(model_id).points
        for name, (offset, kind, sf_offset) in points.items():
            point = published[name]
            sf_name = point.pdef.get("sf")
            assert (offset, kind) == (point.offset, TYPES[point.pdef["type"]]), name
            assert sf_offset == (published[sf_name].offset if sf_name else 0), name


def test_what_a_model_gives_is_all_that_is_taken_from_it() -> None:
    for model_id, table in ((120, sunspec.NAMEPLATE_MAX), (121, sunspec.SETTINGS_MAX), (124, sunspec.STORAGE_MAX)):
        assert len(table) == QUANTITIES
        assert {point for point in table if point} <= set(POINTS[model_id].values())
    assert [symbol["value"] for symbol in model(124).points["ChaSt"].pdef["symbols"]] == list(
        range(1, sunspec.CHA_ST_TESTING + 1)
    )


def test_controls_texts_and_lengths_are_as_pysunspec2_has_them() -> None:
    for name, offset in CONTROLS.items():
        assert model(123).points[name].offset == offset
    for name, place in {"Mn": sunspec.COMMON_MN, "Md": sunspec.COMMON_MD, "SN": sunspec.COMMON_SN}.items():
        point = model(1).points[name]
        assert place == (point.offset, point.pdef["size"])
    for model_id, length in sunspec.LENGTHS:
        assert length <= len(model(model_id).get_mb()) // 2


def test_the_models_of_one_two_and_three_phases_are_laid_out_alike() -> None:
    for model_id in sunspec.INVERTERS:
        assert {n: model(model_id).points[n].offset for n in POINTS[103]} == {n: p[0] for n, p in POINTS[103].items()}


@given(
    st.sampled_from(sunspec.BASES),
    st.permutations([103, 120, 121, 122, 123, 124]),
    st.sampled_from(sunspec.INVERTERS),
    st.integers(1, 30000),
    st.integers(-1, 1),
    st.integers(1, 30000),
    st.integers(-1, 1),
)
def test_a_device_of_pysunspec2_is_found_whatever_the_order_of_its_models(
    base: int, order: list[int], kind: int, rating: int, rating_sf: int, setting: int, setting_sf: int
) -> None:
    made = {
        103: model(kind),
        120: model(120, WRtg=rating, WRtg_SF=rating_sf, VARtg=rating, VARtg_SF=rating_sf),
        121: model(121, WMax=setting, WMax_SF=setting_sf),
        122: model(122),
        123: model(123, WMaxLimPct_SF=-2),
        124: model(124),
    }
    assume(whole(made[120].points["WRtg"].cvalue) and whole(made[121].points["WMax"].cvalue))
    common = model(1, Mn="Weir Power", Md="WP-10", SN="0001374")
    inverter, _ = scanned(image([common, *(made[model_id] for model_id in order)], base))
    assert (inverter.maker, inverter.model, inverter.serial) == ("Weir Power", "WP-10", "0001374")
    rating_w = whole(made[120].points["WRtg"].cvalue)
    assert list(inverter.rtg_max) == [0, 0, rating_w, 0, 0, rating_w, 0]
    assert inverter.set_max[MAX_VA] == rating_w
    assert not inverter.stores
    assert inverter.w_max == whole(made[121].points["WMax"].cvalue)


@given(
    st.integers(-32767, 32767),
    st.integers(-3, 1),
    st.integers(-32767, 32767),
    st.lists(st.integers(2000, 65534), min_size=3, max_size=3),
    st.integers(4500, 5500),
    st.integers(1, 8),
)
def test_readings_are_pysunspec2s(w: int, w_sf: int, var: int, volts: list[int], hz: int, st_: int) -> None:
    phases = dict(zip(("PhVphA", "PhVphB", "PhVphC"), volts, strict=True))
    measured = model(103, W=w, W_SF=w_sf, VAr=var, VAr_SF=w_sf, Hz=hz, Hz_SF=-2, St=st_, V_SF=-2, **phases)
    registers = image(
        [model(1), model(120, WRtg=200, WRtg_SF=3), measured, model(123, WMaxLimPct_SF=-2)], sunspec.BASES[0]
    )
    inverter, client = scanned(registers)
    finish(inverter.poll(client))
    points = measured.points
    assert inverter.w == whole(points["W"].cvalue)
    assert inverter.var == whole(points["VAr"].cvalue)
    assert inverter.hz_mhz == whole(points["Hz"].cvalue, 3)
    assert inverter.v_dv == sum(whole(points[name].cvalue, 1) for name in phases) // 3
    assert inverter.st == points["St"].value


BITS = {"OVER_FREQUENCY": 3, "UNDER_FREQUENCY": 4, "AC_OVER_VOLT": 1, "AC_UNDER_VOLT": 2, "MANUAL_SHUTDOWN": 7}


@given(st.one_of(st.just(0xFFFFFFFF), st.integers(0, 2**31 - 1)))
def test_what_the_standard_has_an_alarm_for_becomes_one(events: int) -> None:  # R1, facts C3
    measured = model(103, W=0, W_SF=0, St=4, Evt1=events)
    registers = image([model(1), model(120, WRtg=5000, WRtg_SF=0), measured, model(123, WMaxLimPct_SF=-2)], 40000)
    inverter, client = scanned(registers)
    finish(inverter.poll(client))
    published = {symbol["name"]: symbol["value"] for symbol in measured.points["Evt1"].pdef["symbols"]}
    expected = sum(1 << BITS[name] for name in BITS if events >> published[name] & 1)
    assert inverter.alarms == (0 if events == 0xFFFFFFFF else expected)


@given(
    st.integers(1, 20000),
    st.integers(1, 20000),
    st.integers(1, 65534),
    st.integers(-1, 0),
    st.integers(0, 1000),
    st.integers(0, 7) | st.just(0xFFFF),
    st.sampled_from([4, 82, 80]),
)
def test_a_battery_of_pysunspec2_is_found_and_read(  # R1, R2
    charge: int, discharge: int, wh: int, sf: int, soc: int, cha_st: int, der_typ: int
) -> None:
    nameplate = model(
        120,
        **{"DERTyp": der_typ, "WRtg": 5000, "WRtg_SF": 0, "WHRtg": wh, "WHRtg_SF": 0},
        **{"MaxChaRte": charge, "MaxChaRte_SF": sf, "MaxDisChaRte": discharge, "MaxDisChaRte_SF": 0},
    )
    storage = model(124, ChaState=soc, ChaState_SF=-1, ChaSt=cha_st, WChaMax=charge, WChaMax_SF=sf)
    measured = model(103, W=0, W_SF=0, St=4, Evt1=0)
    registers = image([model(1), nameplate, measured, model(123, WMaxLimPct_SF=-2), storage], 40000)
    inverter, client = scanned(registers)
    points = nameplate.points
    assert inverter.rtg_max[MAX_CHARGE_RATE_W] == whole(points["MaxChaRte"].cvalue)
    assert inverter.rtg_max[MAX_DISCHARGE_RATE_W] == discharge
    assert inverter.rtg_max[MAX_WH] == wh
    assert inverter.set_max[MAX_CHARGE_RATE_W] == (whole(points["MaxChaRte"].cvalue))
    assert inverter.set_max[MAX_WH] == wh
    assert inverter.pv == (der_typ != 80)
    assert registers[inverter.stores] == 124
    finish(inverter.poll(client))
    assert (inverter.soc, inverter.cha_st) == (10 * soc, cha_st if cha_st <= 7 else 0)


@given(st.integers(1, 100000), st.integers(-2, 1), st.integers(0, 120000))
def test_a_limit_is_the_next_step_below_for_pysunspec2(w_max: int, sf: int, limit_w: int) -> None:
    assume(w_max <= 65534)
    controls = model(123, WMaxLimPct_SF=sf, WMaxLimPct=0, WMaxLim_Ena=0)
    registers = image([model(1), model(120, WRtg=w_max, WRtg_SF=0), model(103), controls], sunspec.BASES[0])
    inverter, client = scanned(registers)
    finish(inverter.limit(client, limit_w, 0))
    at = max(registers) - 1 - 26  # the last model before the end
    data = struct.pack(">26H", *(registers[at + i] for i in range(26)))
    controls.set_mb(data)
    assert controls.points["WMaxLim_Ena"].value == 1
    assert controls.points["WMaxLimPct_RvrtTms"].value == 60
    held_w = Fraction(controls.points["WMaxLimPct"].value) * Fraction(10) ** sf * w_max / 100
    step_w = Fraction(10) ** sf * w_max / 100
    wanted_w = min(limit_w, w_max)
    assert wanted_w - step_w < held_w <= wanted_w
    assert inverter.applied_w == math.floor(held_w)


@given(st.integers(-32767, 32767), st.integers(-10, 10), st.integers(0, 3))
def test_scaling_is_exact(raw: int, sf: int, power: int) -> None:
    value = scaled([0, raw & 0xFFFF, sf & 0xFFFF], (1, sunspec.INT16, 2), power)
    exact = Fraction(raw) * Fraction(10) ** (sf + power)
    assert value == (math.trunc(exact) if abs(exact) < 2**30 else NOT_VALID)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 10, 1000]))
def test_a_float_is_the_nearest_whole_number_or_no_number(bits: int, factor: int) -> None:
    (value,) = struct.unpack(">f", struct.pack(">I", bits))
    ours = float32(bits >> 16, bits & 0xFFFF, factor)
    if math.isfinite(value) and abs(value) * factor < 2**29:
        assert abs(ours - Fraction(value) * factor) <= Fraction(501, 1000)
    else:
        assert ours == NOT_VALID or abs(ours - Fraction(value) * factor) <= 1


@given(st.floats(-1e6, 1e6, width=32), st.sampled_from([1, 10]))
def test_what_a_meter_measures_comes_out_to_the_nearest(value: float, factor: int) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    assert abs(float32(high, low, factor) - Fraction(value) * factor) <= Fraction(501, 1000)
