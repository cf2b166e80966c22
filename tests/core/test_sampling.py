"""What meter and DER have read becomes samples: each of its own quantity, of several DER one."""

from sluice.metering.quantities import (
    DER_V,
    DER_V1,
    DER_VAR,
    DER_W,
    DER_WH,
    SITE_HZ_MAX,
    SITE_HZ_MIN,
    SITE_V,
    SITE_VAR,
    SITE_W,
    SITE_W1,
)
from sluice.metering.sampling import LOST_S, sample_der, sample_site, stored_wh
from sluice_wire.meters import V1, VAR1, W1
from sluice_wire.sep2 import MAX_WH


class Samples(dict):
    """Intervals that keep each sample by its quantity."""

    def sample(self, quantity, value):
        self[quantity] = value


class Meter:
    """What a meter has read."""

    w = -1500
    var = 87
    v_dv = 2405
    hz_mhz = 49996

    def of_phase(self, quantity):
        return 1000 + quantity


class Der:
    """What an inverter has read."""

    w_max = 5000
    silent_s = 0

    def __init__(self, w=2000, var=20, v_dv=2402, soc=-1, max_wh=0, phase_dv=(2401, 2402, 2403)):
        self.w = w
        self.var = var
        self.v_dv = v_dv
        self.phase_dv = phase_dv
        self.soc = soc
        self.set_max = {MAX_WH: max_wh}


def of(*ders):
    samples = Samples()
    sample_der(samples, ders)
    return samples


def test_each_sample_is_of_its_own_quantity_and_phase():  # M1, M3
    samples = Samples()
    sample_site(samples, Meter())
    by_phase = [samples.pop(SITE_W1 + i) for i in range(9)]
    assert by_phase == [1000 + W1 + i for i in range(3)] + [1000 + VAR1 + i for i in range(3)] + [
        1000 + V1 + i for i in range(3)
    ]
    assert samples == {SITE_W: -1500, SITE_VAR: 87, SITE_V: 2405, SITE_HZ_MIN: 5000, SITE_HZ_MAX: 5000}
    samples = of(Der())
    assert [samples.pop(DER_V1 + i) for i in range(3)] == [2401, 2402, 2403]
    assert samples == {DER_W: 2000, DER_VAR: 20, DER_V: 2402, DER_WH: None}


def test_of_several_der_powers_and_what_is_stored_are_added_up_and_voltages_are_means():  # M1, C5
    samples = of(
        Der(2000, 20, 2400, 5000, 10000, (2400, None, None)), Der(-500, None, 2410, 2500, 8000, (2410, 2420, None))
    )
    assert (samples[DER_W], samples[DER_VAR], samples[DER_V], samples[DER_WH]) == (1500, 20, 2405, 7000)
    assert [samples[DER_V1 + i] for i in range(3)] == [2405, 2420, None]


def test_what_nobody_measures_is_no_sample():  # M2
    samples = of(
        Der(2000, None, None, -1, 8000, (None, None, None)), Der(1000, None, None, 5000, 0, (None, None, None))
    )
    assert samples[DER_W] == 3000
    assert samples[DER_VAR] is samples[DER_V] is samples[DER_V1] is samples[DER_WH] is None


def test_while_one_is_newly_silent_there_is_no_sample_and_then_it_counts_for_nothing():  # M2, C5
    silent = Der(3000)
    silent.silent_s = LOST_S - 1
    assert of(Der(2000), silent) == {}
    silent.silent_s = LOST_S
    assert of(Der(2000), silent)[DER_W] == 2000
    assert of(silent)[DER_W] is None


def test_one_that_was_never_heard_keeps_no_other_back():  # C5
    unknown = Der(0)
    unknown.w_max = 0
    unknown.silent_s = 1
    assert of(Der(2000), unknown)[DER_W] == 2000


def test_what_is_stored_is_a_part_of_what_can_be():  # STO-01
    assert stored_wh(13500, 4250) == 5737
    assert stored_wh(1000000, 10000) == 1000000
    assert stored_wh(9999, 9999) == 9998


def test_what_a_battery_stores_is_a_sample_where_there_is_one_that_says_it():  # STO-01
    for max_wh, soc, wh in ((13500, 4250, 5737), (13500, 0, 0), (0, 4250, None), (13500, -1, None)):
        assert of(Der(soc=soc, max_wh=max_wh))[DER_WH] == wh
