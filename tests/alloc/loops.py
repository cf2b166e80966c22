"""Loops for what a case does besides the hot call: a frame of a loop and a call of few arguments is not on the heap."""

from sluice.devices.errors import DeviceError


def refusing(call):
    """Return a call that gives DeviceError where `call` raises it."""

    def refused():
        try:
            return call()
        except DeviceError:
            return DeviceError

    return refused


def each(call, items):
    """Call it with each of the items."""
    for item in items:
        call(item)


def total(call, items):
    """Call it with each of the items, return the sum of what it gives."""
    found = 0
    for item in items:
        found += call(item)
    return found


def greatest(call, items):
    """Call it with each of the items, return the greatest that it gives, 0 at least."""
    found = 0
    for item in items:
        gave = call(item)
        if gave > found:
            found = gave
    return found
