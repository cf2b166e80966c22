"""What CPython lacks: the names of MicroPython's `micropython` module that the gateway uses.

On MicroPython this file is never on the path; there the built-in module serves.
"""


def const(value):
    """Give `value` back; MicroPython's compiler folds it into the code."""
    return value


def native(function):
    """Give `function` back; MicroPython compiles it to machine code."""
    return function
