"""What one call costs: instructions on the emulated Cortex-M3, microseconds on every other MicroPython.

A collection goes before, so that each call finds the same heap; those that the call itself brings about are part of
its cost, as they would be on a board. A call that makes little garbage meets one only now and then: measure a
hundred of them as one. What an empty call with the same arguments costs is taken off.

On the Cortex-M3 one call is enough, since the same call takes the same instructions. Elsewhere it is made several
times, so it must do the same each time, and the quickest counts.
"""

import gc
import sys

if sys.platform == "qemu":
    from umachine import mem32  # the built-in one, even where a program has a `machine` of its own

    UNIT = "instructions"
    REPEATS = 1
    # CMSDK timer 0 counts down at 25 MHz; in the 40 ns of a tick five instructions run, of 8 ns each.
    _CONTROL = 0x40000000
    _VALUE = 0x40000004
    _RELOAD = 0x40000008
    _FULL = 0xFFFFFFFF
    _PER_TICK = 5
    mem32[_RELOAD] = _FULL
    mem32[_CONTROL] = 1

    def _start():
        mem32[_VALUE] = _FULL
        return _FULL

    def _since(start):
        return (start - mem32[_VALUE]) * _PER_TICK

else:
    import utime as time  # the built-in one, even where a program has a `time` of its own

    gc.threshold(-1)  # as on the Cortex-M3: collected when the heap is full

    UNIT = "microseconds"
    REPEATS = 5
    _start = time.ticks_us

    def _since(start):
        return time.ticks_diff(time.ticks_us(), start)


def cost(call, *args):
    """Give what `call(*args)` costs, in UNIT."""
    return max(0, _best(call, args) - _best(_nothing, args))


def _best(call, args):
    best = None
    for _ in range(REPEATS):
        gc.collect()
        start = _start()
        call(*args)
        took = _since(start)
        if best is None or took < best:
            best = took
    return best


def _nothing(*args):
    pass
