"""What the meter's current transformers (CT) have made of a step of the inverters: right, or what to turn round.

When the inverters give 100 W less, 100 W more come from the grid: a gain of 100 percent, spread over the phases that
they feed. A CT that is the wrong way round gives its part the other sign; one that is not on the conductor gives none;
two that are exchanged measure their currents by the voltage of another phase, a third of a turn away: minus a half.
Source: requirement C1; the meters' rule that power is the sum over the phases of voltage times current.
"""

from micropython import const

_GOOD = const((80, 120))
_NEARLY = const((65, 135))  # no ratio is wrong by so little: something else has moved
_NOTHING = const(15)
_BAND = const(15)  # around a third, two thirds, a half

# What a verdict is; the first is the only good one. ODD: no fault of the wiring gives such numbers.
GOOD = const(0)
REVERSED = const(1)
UNSEEN = const(2)
EXCHANGED = const(3)
RATIO = const(4)
ODD = const(5)

_ALL_ROUND = 'turn every CT round, or write "reversed": %s into the section meter of the configuration'
_ONE_ROUND = "turn the CT of phase %s round"
_UNSEEN = (
    "the meter does not see the inverter: is the CT closed, on the conductor between the grid and everything else, "
    "and connected to the meter? Is there no battery that evens it out?"
)
_ONE_UNSEEN = "the CT of phase %s sees nothing of the inverter: is it closed, on the conductor of its phase, connected?"
_TWO = "exchange the CTs of phases %s, or the voltages: each CT belongs to the conductor whose voltage its input has"
_RATIO = "the meter shows %d %% of what the inverter does: correct the CT ratio that is set in the meter"


def verdict(total, parts, reversed_now):
    """Return (one of GOOD ... ODD, what to do).

    `total`: gain of the sum in percent; `parts`: of each phase, None = the meter does not measure it; `reversed_now`:
    meter.reversed of the configuration.
    """
    there = [k for k in range(3) if parts[k] is not None]
    most = max([abs(parts[k]) for k in there] + [0 if there else abs(total)])
    if most < _NOTHING:
        return UNSEEN, _UNSEEN
    # Of each phase: its part in halves of the greatest.
    halves = [(4 * parts[k] + most) // (2 * most) for k in there] if there else []
    back = [k for k in there if halves[there.index(k)] <= -2]
    none = [k for k in there if halves[there.index(k)] == 0]
    if _GOOD[0] <= total <= _GOOD[1] and not [half for half in halves if half < 0]:
        return GOOD, ""
    if -_GOOD[1] <= total <= -_GOOD[0]:
        if len(there) == len(back) or not there:
            return REVERSED, _ALL_ROUND % ("false" if reversed_now else "true")
        if len(back) + len(none) == len(there):
            return REVERSED, _ONE_ROUND % _names(back)
    if len(there) < 3:
        return _ratio(total)
    return _of_three(total, halves, back, none)


def _of_three(total, halves, back, none):
    ordered = sorted(halves)
    if ordered == [-2, 2, 2] and _near(total, 33) or ordered == [-2, -2, 2] and _near(total, -33):
        return REVERSED, _ONE_ROUND % _names(back)
    if ordered == [-1, -1, 2] and _near(total, 0):
        return EXCHANGED, _TWO % _names([k for k in range(3) if halves[k] < 0])
    if ordered in ([-2, -2, -2], [-2, 0, 0]) and _near(total, -50):
        return EXCHANGED, _TWO % "1, 2 and 3"
    if ordered == [0, 2, 2] and _near(total, 67) or ordered == [0, 0, 2] and _near(total, 33):
        return UNSEEN, _ONE_UNSEEN % _names(none)
    return _ratio(total) if ordered[0] >= 0 else (ODD, "")


def _ratio(total):
    return (ODD, "") if total <= 0 or _NEARLY[0] <= total <= _NEARLY[1] else (RATIO, _RATIO % total)


def _near(value, expected):
    return abs(value - expected) <= _BAND


def _names(phases):
    return " and ".join([str(k + 1) for k in phases])
