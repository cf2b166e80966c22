"""The loops over bytes, in machine code: they do what those in loops_portable.py do, which are their oracle.

Viper checks no bounds: what a function is given must lie in its buffers, and room must be there.
"""

import micropython
from micropython import const

from sluice.sep2.tables import CLASS, COUNT, FIRST, HEX, LOCAL, LOCALS, NAME, SLOTS, SPACE

# As in chars.py, kinds.py, tape.py and limits.py: viper wants numbers, not names of other modules.
_PLAIN = const(1)
_NAME = const(4)
_WHITE = const(8)
_PLAIN_OR_WHITE = const(9)
_BAD = const(-1073741823 - 1)
_LARGEST = const(536870911)
_TAPE_WORDS = const(73)
_END = const(256)
_LEAF = const(512)
_DEPTH = const(0)
_DEFAULT = const(1)
_SPACE = const(2)
_DECLARED = const(3)
_NAMES = const(4)
_DEPTH_MAX = const(16)
_TEXT_MAX = const(512)


@micropython.viper
def span(buf, at: int, end: int, mask: int) -> int:
    """Return the place of the first byte of `buf[at:end]` of none of the classes in `mask`, or `end`."""
    bytes_ = ptr8(buf)
    table = ptr8(CLASS)
    while at < end and table[bytes_[at]] & mask:
        at += 1
    return at


@micropython.viper
def same(a, i: int, b, j: int, n: int) -> bool:
    """Tell whether `a[i:i + n]` and `b[j:j + n]` are the same bytes."""
    these = ptr8(a)
    those = ptr8(b)
    while n > 0:
        n -= 1
        if these[i + n] != those[j + n]:
            return False
    return True


@micropython.viper
def copy(out, k: int, buf, at: int, n: int):
    """Copy `buf[at:at + n]` to `out[k:]`, which must have room."""
    to = ptr8(out)
    bytes_ = ptr8(buf)
    while n > 0:
        n -= 1
        to[k + n] = bytes_[at + n]


@micropython.viper
def find(space: int, buf, at: int, end: int) -> int:
    """Return the number of the name `buf[at:end]` in namespace `space`, or 0."""
    n = end - at
    if space == 0 or n == 0:
        return 0
    bytes_ = ptr8(buf)
    slots = ptr8(SLOTS)
    spaces = ptr8(SPACE)
    where = ptr8(LOCAL)
    locals_ = ptr8(LOCALS)
    slot = space * 3 + n + bytes_[at + (n >> 2)] * 33 + bytes_[at + (n >> 1)] + bytes_[end - 1] * 7 & 255
    number = int(slots[slot])
    while number:
        k = 2 * number
        local = where[k] | where[k + 1] << 8
        if spaces[number] == space and (where[k + 2] | where[k + 3] << 8) - local == n:
            k = 0
            while k < n and locals_[local + k] == bytes_[at + k]:
                k += 1
            if k == n:
                return number
        slot = slot + 1 & 255
        number = int(slots[slot])
    return 0


@micropython.viper
def child(node: int, name: int) -> int:
    """Return the child of a node of the tree (tables.py) that has this name, or 0."""
    names = ptr8(NAME)
    n = int(ptr8(COUNT)[node])
    node = int(ptr8(FIRST)[node])
    while n:
        if names[node] == name:
            return node
        node += 1
        n -= 1
    return 0


@micropython.viper
def decimal(buf, at: int, end: int) -> int:
    """Return the number that the digits `buf[at:end]` are, at most LARGEST; BAD if they are none."""
    bytes_ = ptr8(buf)
    value = 0 if at < end else _BAD
    while at < end:
        digit = bytes_[at] - 48
        if digit < 0 or digit > 9:
            return _BAD
        value = value * 10 + digit if value < 53687091 else _LARGEST
        at += 1
    return value


@micropython.viper
def unhex(target, buf, at: int, end: int) -> bool:
    """Write hexadecimal digits into `target`, right-aligned, zeros before them; tell whether they are such and fit."""
    bytes_ = ptr8(buf)
    to = ptr8(target)
    digits = ptr8(HEX)
    k = int(len(target))
    if at == end or end - at > 2 * k:
        return False
    while k:
        k -= 1
        value = 0
        if end > at:
            end -= 1
            value = int(digits[bytes_[end]])
        high = 0
        if end > at:
            end -= 1
            high = int(digits[bytes_[end]])
        if value > 15 or high > 15:
            return False
        to[k] = high << 4 | value
    return True


@micropython.viper
def scan(elements, buf, at: int, end: int) -> int:
    """Recognise what is usual at `buf[at:end]`, inside the root element and where no text has begun.

    See loops_portable.py: the tape, the state and the place that is returned are the same.
    """
    bytes_ = ptr8(buf)
    table = ptr8(CLASS)
    tape = ptr32(elements.tape)
    state = ptr8(elements.state)
    depth = int(state[_DEPTH])
    k = 1
    while k < _TAPE_WORDS and depth:
        while at < end and table[bytes_[at]] & _WHITE:
            at += 1
        i = at + 1
        if i + 1 >= end or bytes_[at] != 60:
            break
        closing = bytes_[i] == 47
        if closing:
            i += 1
        # The name: buf[i:j].
        slot = int(state[_DEFAULT])
        space = int(state[_SPACE])
        j = i
        while j < end and table[bytes_[j]] & _NAME:
            j += 1
        local = i
        if j < end and bytes_[j] == 58:
            slot = int(elements.spaces.find(buf, i, j))
            if slot < 0:
                break
            space = int(elements.spaces.number[slot])
            j += 1
            local = j
            while j < end and table[bytes_[j]] & _NAME:
                j += 1
        if j >= end:
            break
        name = int(find(space, buf, local, j))
        if name == 0:
            break
        c = int(bytes_[j])
        if closing:
            top = _NAMES - 1 + depth
            if c != 62 or depth == state[_DECLARED] or state[top] != name or state[top + _DEPTH_MAX] != slot:
                break
            depth -= 1
            tape[k] = _END | name
            tape[k + 1] = 0
            tape[k + 2] = 0
            k += 3
            at = j + 1
            continue
        if depth == _DEPTH_MAX:
            break
        if c == 47 and j + 1 < end and bytes_[j + 1] == 62:
            tape[k] = _LEAF | name
            tape[k + 1] = j + 1
            tape[k + 2] = 0
            k += 3
            at = j + 2
            continue
        if c != 62:
            break
        # Is there only text behind it, and its end tag?
        n = j - i
        i = j + 1
        while i < end and table[bytes_[i]] & _WHITE:
            i += 1
        text_end = i
        tail = i
        while tail < end and table[bytes_[tail]] & _PLAIN_OR_WHITE:
            tail += 1
            if not table[bytes_[tail - 1]] & _WHITE:
                text_end = tail
        leaf = local == j - n and text_end - i <= _TEXT_MAX and tail + 2 + n < end and bytes_[tail] == 60
        if leaf and bytes_[tail + 1] == 47 and bytes_[tail + 2 + n] == 62:
            local = 0
            while local < n and bytes_[tail + 2 + local] == bytes_[j - n + local]:
                local += 1
            if local == n:
                tape[k] = _LEAF | name
                tape[k + 1] = i
                tape[k + 2] = text_end - i
                k += 3
                at = tail + 3 + n
                continue
        tape[k] = name
        tape[k + 1] = 0
        tape[k + 2] = 0
        k += 3
        state[_NAMES + depth] = name
        state[_NAMES + _DEPTH_MAX + depth] = slot
        depth += 1
        at = j + 1
    tape[0] = k
    state[_DEPTH] = depth
    return at
