"""Who decides: which event beats which, who wins a mode at a second, from when on an event is needed.

Functions of a table of events (`table.py`) and a second; nothing here is remembered.
Source: IEEE 2030.5-2018 10.2.3; 002 12; requirements E1 to E4; docs/events.md 1 and 4.
"""

from micropython import const

from sluice_wire.limits import EVENT_ROWS

# A row's phase. What is over leaves the table.
FREE = const(0)
WAITING = const(1)
ACTIVE = const(2)

NEVER = const(1073741823)  # 2054: what lies beyond begins or ends then

# A call lives on the heap if its locals and operands are more than eleven, so no call here has many of both.


def beats(table, row, other):
    """Tell whether `row` has the lower primacy, else the later creation, else the greater mRID."""
    primacy = table.programs.primacy
    mine = primacy[table.program[row]]
    its = primacy[table.program[other]]
    if mine != its:
        return mine < its
    mine = table.creation_time[row]
    its = table.creation_time[other]
    if mine != its:
        return mine > its
    return _is_greater(table.mrid, row * 16, other * 16)


def _is_greater(mrids, at, other):
    for i in range(16):
        if mrids[at + i] != mrids[other + i]:
            return mrids[at + i] > mrids[other + i]
    return False


def winner(table, mode, t):
    """Return the row of the event that decides `mode` at second `t`, as far as the table tells; -1 if none."""
    best = -1
    for row in range(EVENT_ROWS):
        if table.phase[row] and table.modes[row] >> mode & 1 and table.begin[row] <= t < table.end[row]:
            if best < 0 or beats(table, row, best):
                if table.resume or runs(table, row, mode, t):
                    best = row
    return best


# --- overlapped events that are dropped (CSIP) --------------------------------------------------------


def runs(table, row, mode, t):
    """Tell whether an event in force runs in `mode` where overlapped events are dropped."""
    lost = table.lost[row]
    now = False  # a better is in force
    for other in range(EVENT_ROWS):
        if overlaps(table, other, row):
            lost |= table.modes[other] & table.modes[row]
            if table.begin[other] <= t < table.end[other]:
                now = True
    return not lost or now and not lost >> mode & 1


def overlaps(table, other, row):
    """Tell whether `other`, of lower primacy, overlaps `row` in a mode that both set."""
    if not table.phase[other] or not table.modes[other] & table.modes[row]:
        return False
    primacy = table.programs.primacy
    if primacy[table.program[other]] >= primacy[table.program[row]]:
        return False
    return table.begin[other] < table.end[row] and table.begin[row] < table.end[other]


# --- which event is needed last -----------------------------------------------------------------------


def needed_from(table, row, now):
    """Return the first second from `now` on at which `row` might decide a mode, NEVER if others always hide it.

    Begins and ends may still move by `table.slack_s` when successive events are settled, so that is allowed for.
    """
    first = NEVER
    modes = table.modes[row]
    mode = 0
    while modes:
        if modes & 1:
            first = min(first, _decides_from(table, row, mode, now))
        modes >>= 1
        mode += 1
    return first


def _decides_from(table, row, mode, now):
    slack_s = table.slack_s
    t = max(now, table.begin[row] - slack_s)
    end = table.end[row]
    while t - slack_s < end:
        until = _hidden_until(table, row, mode, t)
        if until <= t:
            return t
        t = until
    return NEVER


def _hidden_until(table, row, mode, t):
    until = -1
    for other in range(EVENT_ROWS):
        if other != row and table.phase[other] and table.modes[other] >> mode & 1:
            end = table.end[other] - table.slack_s
            if table.begin[other] + table.slack_s <= t < end and end > until and beats(table, other, row):
                until = end
    return until
