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
from sluice_wire import sunspec, sunspec_ratings
from sluice_wire.sep2 import (
    MAX_CHARGE_RATE_W,
    MAX_DISCHARGE_RATE_W,
    MAX_VA,
    MAX_VAR,
    MAX_VAR_NEG,
    MAX_W,
    MAX_WH,
    MIN_PF_OVER,
    MIN_PF_UNDER,
    QUANTITIES,
)

UNIT = 2
TYPES = {
    "int16": sunspec.INT16,
    "uint16": sunspec.UINT16,
    "enum16": sunspec.UINT16,
    "uint32": sunspec.UINT32,
    "float32": sunspec.FLOAT32,
}

MEASURED = ("W", "St", "VAr", "Hz", "PhVphA", "PhVphB", "PhVphC")
MEASURED_701 = ("W", "InvSt", "Var", "Hz", "VL1", "VL2", "VL3")
LAYOUTS = dict(sunspec_ratings.INVERTERS)


def in_threes(table: bytes) -> list[tuple[int, ...]]:
    return [tuple(table[i : i + 3]) for i in range(0, len(table), 3)]


def named(names: dict[int, str], table: Any) -> dict[str, Any]:
    """Return the points of a table of quantities by their published names; it holds no others."""
    points = in_threes(table)
    assert len(points) == QUANTITIES
    assert {i for i in range(QUANTITIES) if any(points[i])} == set(names)
    return {name: points[i] for i, name in names.items()}


def measured(names: tuple[str, ...], layout: int) -> dict[str, Any]:
    table = sunspec.MEASURES[layout]
    assert len(table) == sunspec.MEASURE_REGS + 1
    return dict(zip(names, in_threes(table[: sunspec.MEASURE_EVENTS]), strict=True))


RATINGS_702 = {
    MAX_CHARGE_RATE_W: "WChaRteMaxRtg",
    MAX_DISCHARGE_RATE_W: "WDisChaRteMaxRtg",
    MAX_VA: "VAMaxRtg",
    MAX_VAR: "VarMaxInjRtg",
    MAX_VAR_NEG: "VarMaxAbsRtg",
    MAX_W: "WMaxRtg",
    MIN_PF_OVER: "WOvrExtRtgPF",
    MIN_PF_UNDER: "WUndExtRtgPF",
}
POINTS = {
    103: measured(MEASURED, 0),
    113: measured(MEASURED, 1),
    701: measured(MEASURED_701, 2),
    120: named(
        {
            MAX_CHARGE_RATE_W: "MaxChaRte",
            MAX_DISCHARGE_RATE_W: "MaxDisChaRte",
            MAX_VA: "VARtg",
            MAX_VAR: "VArRtgQ1",
            MAX_VAR_NEG: "VArRtgQ4",
            MAX_W: "WRtg",
            MAX_WH: "WHRtg",
            MIN_PF_OVER: "PFRtgQ1",
            MIN_PF_UNDER: "PFRtgQ4",
        },
        sunspec_ratings.NAMEPLATE_MAX,
    ),
    121: named(
        {
            **{MAX_VA: "VAMax", MAX_VAR: "VArMaxQ1", MAX_VAR_NEG: "VArMaxQ4", MAX_W: "WMax"},
            **{MIN_PF_OVER: "PFMinQ1", MIN_PF_UNDER: "PFMinQ4"},
        },
        sunspec_ratings.SETTINGS_MAX,
    ),
    702: named(RATINGS_702, sunspec_ratings.DER_RATINGS_MAX)
    | named({i: name.replace("Rtg", "") for i, name in RATINGS_702.items()}, sunspec_ratings.DER_SETTINGS_MAX),
    124: named({MAX_CHARGE_RATE_W: "WChaMax"}, sunspec_ratings.STORAGE_MAX)
    | {"ChaState": tuple(sunspec.STORAGES[0][:3]), "MinRsvPct": tuple(sunspec.STORAGES[0][5:])},
    713: named({MAX_WH: "WHRtg"}, sunspec_ratings.BATTERY_MAX) | {"SoC": tuple(sunspec.STORAGES[1][:3])},
}
PLACES = {
    "103.Evt1": sunspec.MEASURES[0][sunspec.MEASURE_EVENTS] - 1,
    "113.Evt1": sunspec.MEASURES[1][sunspec.MEASURE_EVENTS] - 1,
    "701.Alrm": sunspec.MEASURES[2][sunspec.MEASURE_EVENTS] - 1,
    "120.DERTyp": sunspec_ratings.NAMEPLATE_DER_TYP,
    "124.ChaState": sunspec_ratings.STORAGE_CHA_STATE,
    "124.ChaSt": sunspec_ratings.STORAGE_CHA_ST,
    "124.StorCtl_Mod": sunspec_ratings.STORAGE_STOR_CTL_MOD,
    "124.InOutWRte_SF": sunspec_ratings.STORAGE_RATE_SF,
    "124.ChaGriSet": sunspec_ratings.STORAGE_CHA_GRI_SET,
    "160.N": sunspec_ratings.STRINGS_N,
    "704.WMaxLimPctEna": sunspec_ratings.DER_CONTROLS_ENA,
    "704.WMaxLimPct": sunspec_ratings.DER_CONTROLS_PCT,
    "713.SoC": sunspec_ratings.BATTERY_SOC[0],
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


def test_every_other_place_is_where_pysunspec2_has_it() -> None:
    for place, offset in PLACES.items():
        model_id, name = place.split(".")
        assert model(int(model_id)).points[name].offset == offset, place
    assert sunspec.STORAGES[0][3] == sunspec_ratings.STORAGE_CHA_ST
    assert [symbol["value"] for symbol in model(124).points["ChaSt"].pdef["symbols"]] == list(
        range(1, sunspec.CHA_ST_TESTING + 1)
    )


def test_texts_and_lengths_are_as_pysunspec2_has_them() -> None:
    for name, place in {
        "Mn": sunspec_ratings.COMMON_MN,
        "Md": sunspec_ratings.COMMON_MD,
        "SN": sunspec_ratings.COMMON_SN,
    }.items():
        point = model(1).points[name]
        assert place == (point.offset, point.pdef["size"])
    for model_id, least, most in sunspec_ratings.LENGTHS:
        assert least <= most <= 125
        if model_id != 160:  # its modules come on top
            assert most <= len(model(model_id).get_mb()) // 2


def test_what_is_read_reaches_as_far_as_what_is_taken_from_it() -> None:
    reads = {model_id: most for model_id, _, most in sunspec_ratings.LENGTHS}
    reads |= {model_id: sunspec.MEASURES[layout][sunspec.MEASURE_REGS] for model_id, layout in LAYOUTS.items()}
    reads |= {124: sunspec.STORAGES[0][4], 713: sunspec.STORAGES[1][4]}
    for model_id, points in POINTS.items():
        for name, (offset, kind, sf_offset) in points.items():
            assert max(offset + (kind >= sunspec.UINT32), sf_offset) < reads[model_id], name
    assert all(table[sunspec.MEASURE_EVENTS] < table[sunspec.MEASURE_REGS] for table in sunspec.MEASURES)


def test_models_of_one_layout_are_laid_out_alike() -> None:
    for model_id, layout in LAYOUTS.items():
        first = POINTS[(103, 113, 701)[layout]]
        assert {name: model(model_id).points[name].offset for name in first} == {n: p[0] for n, p in first.items()}
    states = {symbol["name"]: symbol["value"] for symbol in model(103).points["St"].pdef["symbols"]}
    newer = {symbol["name"]: symbol["value"] + 1 for symbol in model(701).points["InvSt"].pdef["symbols"]}
    newer["MPPT"] = newer.pop("RUNNING")
    assert newer == states


@given(
    st.sampled_from(sunspec_ratings.BASES),
    st.permutations([103, 120, 121, 122, 123, 124]),
    st.sampled_from([101, 102, 103]),
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
    assert list(inverter.rtg_max) == [0, 0, rating_w, 0, 0, rating_w, 0, 0, 0]
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
        [model(1), model(120, WRtg=200, WRtg_SF=3), measured, model(123, WMaxLimPct_SF=-2)], sunspec_ratings.BASES[0]
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


def as_is(registers: dict[int, int], known: Any) -> dict[str, Any]:
    """Return what pysunspec2 reads of a model of the device: scaled values by name."""
    at = next(
        a
        for a in sorted(registers)
        if registers[a] == known.model_id and registers.get(a + 1) == known.points["L"].value
    )
    known.set_mb(struct.pack(f">{known.len}H", *(registers[at + i] for i in range(known.len))))
    return {name: point.value for name, point in known.points.items()}


WINDOWS = st.tuples(st.integers(-12000, 12000), st.integers(-12000, 12000)).map(sorted)


def held(registers: dict[int, int], least_w: int, most_w: int, **values: Any) -> Inverter:
    inverter, client = scanned(registers)
    inverter.least_w, inverter.most_w = least_w, most_w
    for name, value in values.items():
        setattr(inverter, name, value)
    finish(inverter.hold(client, 0))
    return inverter


def step_below(raw: int, sf: int, whole_w: int, wanted_w: int) -> None:
    """`raw` percent of `whole_w` by `sf` is the next step at or below `wanted_w`."""
    step_w = Fraction(10) ** sf * whole_w / 100
    assert wanted_w - step_w < raw * step_w <= wanted_w


@given(st.integers(1, 65534), st.integers(-2, 1), st.integers(0, 120000), st.integers(-1, 5000))
def test_a_limit_of_model_123_is_the_next_step_below_for_pysunspec2(  # C3
    w_max: int, sf: int, limit_w: int, native_w: int
) -> None:
    controls = model(123, WMaxLimPct_SF=sf, WMaxLimPct=0, WMaxLim_Ena=0, Conn=1)
    registers = image([model(1), model(120, WRtg=w_max, WRtg_SF=0), model(103), controls], sunspec_ratings.BASES[0])
    inverter = held(registers, 0, limit_w, native_w=native_w)
    values = as_is(registers, controls)
    assert (values["WMaxLim_Ena"], values["WMaxLimPct_RvrtTms"], values["Conn"]) == (1, 60 * (native_w >= 0), 1)
    step_below(values["WMaxLimPct"], sf, w_max, min(limit_w, w_max))
    assert inverter.applied_w == math.floor(Fraction(values["WMaxLimPct"]) * Fraction(10) ** sf * w_max / 100)


def newer(w_max: int, charge_w: int, sf: int, set_sf: int) -> tuple[dict[int, int], Any]:
    ratings = model(702, WMaxRtg=w_max, WMax=w_max, WChaRteMaxRtg=charge_w, W_SF=0)
    points = ("WSetEna", "WSetMod", "WSet", "WSetRvrt", "WSetEnaRvrt", "WSetRvrtTms")
    controls = model(
        704,
        **{"WMaxLimPctEna": 0, "WMaxLimPct": 100, "WMaxLimPctRvrt": 100, "WMaxLimPctEnaRvrt": 0},
        **{"WMaxLimPctRvrtTms": 60, "WMaxLimPct_SF": sf, "WSet_SF": set_sf, **dict.fromkeys(points, 0)},
    )
    battery = model(713, SoC=500, WHRtg=9000, Pct_SF=-1, WH_SF=0)
    return image([model(1), model(701), ratings, controls, battery], 40000), controls


@given(st.integers(1, 65534), st.integers(-2, 1), st.integers(0, 70000), st.integers(0, 70000))
def test_limit_and_fallback_of_model_704_are_the_next_steps_below_for_pysunspec2(  # C2, C3, facts B5
    w_max: int, sf: int, limit_w: int, fallback_w: int
) -> None:
    registers, controls = newer(w_max, 4000, sf, 0)
    held(registers, -4000, limit_w, fallback_w=fallback_w)
    values = as_is(registers, controls)
    assert (values["WMaxLimPctEna"], values["WMaxLimPctEnaRvrt"], values["WMaxLimPctRvrtTms"]) == (1, 1, 60)
    step_below(values["WMaxLimPct"], sf, w_max, min(limit_w, w_max))
    step_below(values["WMaxLimPctRvrt"], sf, w_max, min(fallback_w, w_max))


@given(WINDOWS, st.integers(-2, 2))
def test_a_set_point_of_model_704_lies_in_the_window_for_pysunspec2(window: list[int], set_sf: int) -> None:  # C3, E11
    least_w, most_w = window
    registers, controls = newer(10000, 4000, -2, set_sf)
    held(registers, least_w, most_w)
    values = as_is(registers, controls)
    assert values["WSetEna"] == (most_w < 0 or least_w > 0 or least_w == most_w)
    step_w = Fraction(10) ** set_sf
    nearest_w = max(-4000, min(10000, least_w if least_w > 0 else most_w if most_w < 0 else 0))
    if values["WSetEna"]:
        assert nearest_w - step_w < values["WSet"] * step_w <= nearest_w
        assert (values["WSetMod"], values["WSetRvrt"], values["WSetEnaRvrt"], values["WSetRvrtTms"]) == (1, 0, 1, 60)


@given(WINDOWS, st.integers(500, 9000), st.integers(-2, 0))
def test_the_bounds_of_model_124_are_those_of_the_window_for_pysunspec2(  # C3
    window: list[int], charge_w: int, sf: int
) -> None:
    least_w, most_w = window
    storage = model(
        124,
        **{"WChaMax": charge_w, "WChaMax_SF": 0, "StorCtl_Mod": 0, "ChaState": 500, "ChaState_SF": -1, "ChaSt": 6},
        **{"OutWRte": 100, "InWRte": 100, "InOutWRte_RvrtTms": 0, "InOutWRte_SF": sf, "ChaGriSet": 1},
    )
    nameplate = model(120, DERTyp=82, WRtg=10000, WRtg_SF=0)
    registers = image([model(1), nameplate, model(103), model(123, WMaxLimPct_SF=-2), storage], 40000)
    before = as_is(dict(registers), storage)
    held(registers, least_w, most_w)
    values = as_is(registers, storage)
    step_w = Fraction(10) ** sf * charge_w / 100
    charge_at_most_w = values["InWRte"] * step_w if values["StorCtl_Mod"] & 1 else charge_w
    charge_at_least_w = -values["OutWRte"] * step_w if values["StorCtl_Mod"] & 2 else -10000
    allowed_w = min(charge_w, -least_w)
    asked_w = min(charge_w, -most_w)
    if most_w < 0:
        assert min(asked_w, charge_at_most_w) <= charge_at_least_w < asked_w + step_w
    if least_w <= 0:
        assert allowed_w - step_w < charge_at_most_w <= allowed_w
    if charge_at_most_w >= 0:
        assert charge_at_least_w <= charge_at_most_w
    for name in ("WChaMax", "WChaGra", "WDisChaGra", "MinRsvPct", "ChaGriSet", "VAChaMax"):
        assert values[name] == before[name]


@given(
    st.floats(-20000, 20000, width=32),
    st.floats(-5000, 5000, width=32),
    st.lists(st.floats(50, 500, width=32), min_size=3, max_size=3),
    st.floats(45, 55, width=32),
)
def test_readings_of_floats_are_pysunspec2s(w: float, var: float, volts: list[float], hz: float) -> None:
    phases = dict(zip(("PhVphA", "PhVphB", "PhVphC"), volts, strict=True))
    known = model(113, W=w, VAr=var, Hz=hz, St=4, Evt1=0, **phases)
    inverter, client = scanned(
        image([model(1), known, model(120, WRtg=200, WRtg_SF=3), model(123, WMaxLimPct_SF=-2)], 0)
    )
    finish(inverter.poll(client))
    for ours, theirs in (
        (inverter.w, w),
        (inverter.var, var),
        (inverter.hz_mhz, hz * 1000),
        *zip(inverter.phase_dv, [10 * volt for volt in volts], strict=True),
    ):
        assert abs(ours - Fraction(theirs)) <= Fraction(501, 1000)


@given(
    st.integers(-20000, 20000),
    st.integers(-2, 1),
    st.integers(-20000, 20000),
    st.lists(st.integers(2000, 65534), min_size=3, max_size=3),
    st.integers(4500000, 5500000),
    st.integers(0, 7),
)
def test_readings_of_model_701_are_pysunspec2s(
    w: int, w_sf: int, var: int, volts: list[int], hz: int, inv_st: int
) -> None:
    phases = dict(zip(("VL1", "VL2", "VL3"), volts, strict=True))
    known = model(
        701, W=w, W_SF=w_sf, Var=var, Var_SF=w_sf, Hz=hz, Hz_SF=-5, InvSt=inv_st, V_SF=-2, Alrm=0x400, **phases
    )
    inverter, client = scanned(image([model(1), known, *RATED], 40000))
    finish(inverter.poll(client))
    points = known.points
    assert inverter.w == whole(points["W"].cvalue)
    assert inverter.var == whole(points["Var"].cvalue)
    assert inverter.hz_mhz == whole(points["Hz"].cvalue, 3)
    assert inverter.phase_dv == [whole(points[name].cvalue, 1) for name in phases]
    assert (inverter.st, inverter.alarms) == (inv_st + 1, 2)


RATED = [
    model(702, WMaxRtg=20000, WMax=20000, W_SF=1),
    model(704, WMaxLimPctEna=0, WMaxLimPct=100, WMaxLimPct_SF=0, WMaxLimPctRvrtTms=0),
]


@given(st.integers(-32767, 32767), st.integers(-10, 10), st.integers(0, 3))
def test_scaling_is_exact(raw: int, sf: int, power: int) -> None:
    value = scaled([0, raw & 0xFFFF, sf & 0xFFFF], (1, sunspec.INT16, 2), 0, power)
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
