"""The loops over bytes, in Python: where no machine code can be had, and the oracle of those in loops_viper.py.

A call on MicroPython whose locals and operands are more than eleven lives on the heap, so none here has as many.
"""

from sluice.sep2.chars import PLAIN, WHITE
from sluice.sep2.kinds import BAD, LARGEST
from sluice.sep2.tables import CLASS, COUNT, FIRST, HEX, LOCAL, LOCALS, NAME, SLOTS, SPACE
from sluice.sep2.tape import DECLARED, DEPTH, LEAF, TAPE_WORDS
from sluice_wire.limits import DEPTH_MAX, TEXT_MAX

_LOCALS = tuple(
    LOCALS[LOCAL[k] | LOCAL[k + 1] << 8 : LOCAL[k + 2] | LOCAL[k + 3] << 8] for k in range(0, len(LOCAL) - 2, 2)
)
_NEEDLE = bytearray(1)


def span(buf, at, end, mask):
    """Return the place of the first byte of `buf[at:end]` of none of the classes in `mask`, or `end`."""
    table = CLASS
    while at < end and table[buf[at]] & mask:
        at += 1
    return at


def same(a, i, b, j, n):
    """Tell whether `a[i:i + n]` and `b[j:j + n]` are the same bytes."""
    while n:
        n -= 1
        if a[i + n] != b[j + n]:
            return False
    return True


def copy(out, k, buf, at, n):
    """Copy `buf[at:at + n]` to `out[k:]`, which must have room."""
    while n:
        n -= 1
        out[k + n] = buf[at + n]


def find(space, buf, at, end):
    """Return the number of the name `buf[at:end]` in namespace `space`, or 0."""
    if not space or at == end:
        return 0
    end -= at
    slot = space * 3 + end + buf[at + (end >> 2)] * 33 + buf[at + (end >> 1)] + buf[at + end - 1] * 7 & 255
    number = SLOTS[slot]
    while number:
        if SPACE[number] == space and len(_LOCALS[number]) == end and buf.startswith(_LOCALS[number], at):
            break
        slot = slot + 1 & 255
        number = SLOTS[slot]
    return number


def child(node, name):
    """Return the child of a node of the tree (tables.py) that has this name, or 0."""
    _NEEDLE[0] = name
    return max(0, NAME.find(_NEEDLE, FIRST[node], FIRST[node] + COUNT[node]))


def decimal(buf, at, end):
    """Return the number that the digits `buf[at:end]` are, at most LARGEST; BAD if they are none."""
    value = 0 if at < end else BAD
    while at < end:
        digit = buf[at] - 48
        if not 0 <= digit <= 9:
            return BAD
        value = value * 10 + digit if value < 53687091 else LARGEST
        at += 1
    return value


def unhex(target, buf, at, end):
    """Write hexadecimal digits into `target`, right-aligned, zeros before them; tell whether they are such and fit."""
    k = len(target)
    if at == end or end - at > 2 * k:
        return False
    while k:
        k -= 1
        digits = 0
        if end > at:
            digits = HEX[buf[end - 1]]
            if digits > 15:
                return False
        if end > at + 1:
            digits |= HEX[buf[end - 2]] << 4
            if digits > 255:
                return False
        end -= 2
        target[k] = digits
    return True


# --- scan -----------------------------------------------------------------------------------------


def scan(elements, buf, at, end):
    """Recognise what is usual at `buf[at:end]`, inside the root element and where no text has begun.

    That is: known names without attributes, their end tags, text of plain ASCII, each whole in the buffer. What was
    recognised stands on the tape of `elements` and is opened and closed there. Return the place of what is not usual,
    or of what did not fit on the tape.
    """
    tape = elements.tape
    tape[0] = 1
    while tape[0] < TAPE_WORDS and elements.state[DEPTH]:
        tag = buf.find(b"<", at, end)
        # Most white space is a line end and spaces up to the next tag: `count` proves it without a loop.
        if tag != at and at < end and CLASS[buf[at]] & WHITE:
            at = tag if tag > 0 and buf.count(b" ", at + 1, tag) == tag - at - 1 else span(buf, at, end, WHITE)
        if tag != at or tag + 2 >= end:
            break
        tag = _token(elements, buf, tag + 1, end)
        if not tag:
            break
        at = tag
    return at


def _token(elements, buf, at, end):
    # buf[at] is what follows '<'.
    close = buf.find(b">", at, end)
    if close < 0:
        return 0
    if buf[at] == 47:
        return _end(elements, buf, at + 1, close)
    if buf[close - 1] == 47:
        return _empty(elements, buf, at, close)
    if elements.resolve(buf, at, close) <= 0 or elements.state[DEPTH] == DEPTH_MAX:
        return 0
    if _leaf(elements, buf, at, close, end):
        return elements.after
    elements.put(elements.name, 0, 0)
    elements.push(elements.name)
    return close + 1


def _end(elements, buf, at, close):
    if elements.state[DEPTH] == elements.state[DECLARED]:
        return 0
    if not elements.known() or not elements.is_open(buf, at, close):
        return 0
    elements.put_end()
    return close + 1


def _empty(elements, buf, at, close):
    if elements.resolve(buf, at, close - 1) <= 0 or elements.state[DEPTH] == DEPTH_MAX:
        return 0
    elements.put(LEAF | elements.name, close, 0)
    return close + 1


def _leaf(elements, buf, at, close, end):
    # The name resolved last stands at `at`, up to '>': is there only text behind it, and its end tag?
    tail = buf.find(b"</", close, end)
    if tail < 0:
        return False
    at = close - at
    if at != len(_LOCALS[elements.name]) or tail + at + 3 > end or buf[tail + at + 2] != 62:
        return False
    if not buf.startswith(_LOCALS[elements.name], tail + 2):
        return False
    elements.after = tail + at + 3
    return _text(elements, buf, close + 1, tail)


def _text(elements, buf, at, end):
    if at < end and CLASS[buf[at]] & WHITE:
        at = span(buf, at, end, WHITE)
    while end > at and CLASS[buf[end - 1]] & WHITE:
        end -= 1
    if end - at > TEXT_MAX or span(buf, at, end, PLAIN | WHITE) != end:
        return False
    tape = elements.tape
    k = tape[0]
    tape[k] = LEAF | elements.name
    tape[k + 1] = at
    tape[k + 2] = end - at
    tape[0] = k + 3
    return True
