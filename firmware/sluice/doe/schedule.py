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
    row = 0
    while row < EVENT_ROWS:
        if table.phase[row] and table.modes[row] >> mode & 1 and table.begin[row] <= t < table.end[row]:
            if best < 0 or beats(table, row, best):
                if table.resume or _runs(table, row, mode, t):
                    best = row
        row += 1
    return best


# --- overlapped events that are dropped (CSIP) --------------------------------------------------------


def _runs(table, row, mode, t):
    # Tell whether an event in force runs in `mode` where overlapped events are dropped.
    lost = table.lost[row] | _lost_to(table, row, 0, NEVER)
    return not lost or not lost >> mode & 1 and _lost_to(table, row, t, t) != 0


def _lost_to(table, row, first, last):
    # The modes of `row` in which a better overlaps it that is in force in these seconds.
    lost = 0
    other = 0
    while other < EVENT_ROWS:
        if table.begin[other] <= last and first < table.end[other] and overlaps(table, other, row):
            lost |= table.modes[other]
        other += 1
    return lost & table.modes[row]


def overlaps(table, other, row):
    """Tell whether `other`, of lower primacy, overlaps `row` in a mode that both set."""
    if not table.phase[other] or not table.modes[other] & table.modes[row]:
        return False
    primacy = table.programs.primacy
    if primacy[table.program[other]] >= primacy[table.program[row]]:
        return False
    return max(table.begin[other], table.begin[row]) < min(table.end[other], table.end[row])


# --- which event is needed last -----------------------------------------------------------------------


def needed_from(table, row, now):
    """Return the first second from `now` on at which `row` might decide a mode, NEVER if others always hide it.

    Begins and ends may still move by `table.slack_s` when successive events are settled, so that is allowed for.
    """
    now = max(now, table.begin[row] - table.slack_s)
    while now - table.slack_s < table.end[row]:
        until = _hidden_until(table, row, now - table.slack_s, now + table.slack_s)
        if until < 0:
            return now
        now = until - table.slack_s
    return NEVER


def _hidden_until(table, row, first, last):
    # Until when events that beat `row` and are in force from `first` to `last` hide all its modes, -1 if they do not.
    shown = table.modes[row]
    until = NEVER
    other = 0
    while shown and other < EVENT_ROWS:
        if table.begin[other] <= first and last < table.end[other] and table.phase[other]:
            if table.modes[other] & shown and other != row and beats(table, other, row):
                shown &= ~table.modes[other]
                until = min(until, table.end[other])
        other += 1
    return -1 if shown else until
