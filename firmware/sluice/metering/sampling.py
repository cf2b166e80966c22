"""Samples: what meter and DER have read, given to the averages.

The DER count together: watts, vars and stored energy are sums, volts are means. A device that is silent counts for
nothing, and after LOST_S it is believed to give nothing; before that there is no sample, since a sum without it would
be wrong.
Source: 002 10.8; requirements M1, M2.
"""

from micropython import const

from sluice_wire.meters import V1, VAR1, W1
from sluice_wire.sep2 import MAX_WH

from .quantities import (
    DER_V,
    DER_V1,
    DER_VAR,
    DER_W,
    DER_WH,
    SITE_HZ_MAX,
    SITE_HZ_MIN,
    SITE_V,
    SITE_V1,
    SITE_VAR,
    SITE_VAR1,
    SITE_W,
    SITE_W1,
)

LOST_S = const(60)


def sample_site(intervals, meter):
    """Give what the meter has read to the averages."""
    intervals.sample(SITE_W, meter.w)
    intervals.sample(SITE_VAR, meter.var)
    intervals.sample(SITE_V, meter.v_dv)
    if meter.hz_mhz is not None:
        intervals.sample(SITE_HZ_MIN, (meter.hz_mhz + 5) // 10)
        intervals.sample(SITE_HZ_MAX, (meter.hz_mhz + 5) // 10)
    for phase in range(3):
        intervals.sample(SITE_W1 + phase, meter.of_phase(W1 + phase))
        intervals.sample(SITE_VAR1 + phase, meter.of_phase(VAR1 + phase))
        intervals.sample(SITE_V1 + phase, meter.of_phase(V1 + phase))


def stored_wh(max_wh, soc):
    """Return what is stored at `soc` hundredths of a percent of `max_wh`, without the product of both."""
    return max_wh // 10000 * soc + max_wh % 10000 * soc // 10000


def sample_der(intervals, ders):
    """Give what `ders` have read to the averages, once one of them has been heard and none is newly silent."""
    for i in range(len(ders)):
        if ders[i].w_max and 0 < ders[i].silent_s < LOST_S:
            return
    intervals.sample(DER_W, _sum(ders, _w))
    intervals.sample(DER_VAR, _sum(ders, _var))
    intervals.sample(DER_WH, _sum(ders, _wh))
    intervals.sample(DER_V, _mean(ders, -1))
    for phase in range(3):
        intervals.sample(DER_V1 + phase, _mean(ders, phase))


def _w(der):
    return der.w


def _var(der):
    return der.var


def _wh(der):
    return stored_wh(der.set_max[MAX_WH], der.soc) if der.soc >= 0 and der.set_max[MAX_WH] else None


def _sum(ders, what):
    """Return the sum of `what` over those that are heard and have it; None if none has."""
    total = None
    for i in range(len(ders)):
        value = None if ders[i].silent_s else what(ders[i])
        if value is not None:
            total = value if total is None else total + value
    return total


def _mean(ders, phase):
    """Return the mean voltage of a phase, -1 = of all, over those that are heard and have it; None if none has."""
    total_dv = count = 0
    for i in range(len(ders)):
        value = ders[i].v_dv if phase < 0 else ders[i].phase_dv[phase]
        if value is not None and not ders[i].silent_s:
            total_dv += value
            count += 1
    return total_dv // count if count else None
