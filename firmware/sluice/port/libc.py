"""Functions of the C library that MicroPython's unix port has no own way to."""

import os

import ffi

_libc = ffi.open(None)


def call(name, types, *arguments):
    """Return what the function `name` returns, an int; OSError if it is negative. `types`: as `ffi` names them."""
    result = _libc.func("i", name, types)(*arguments)
    if result < 0:
        raise OSError(os.errno())
    return result
