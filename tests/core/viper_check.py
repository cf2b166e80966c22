"""Lets CPython run the code that is written for viper, with every access checked; on MicroPython nothing is needed."""

import builtins
import sys

import micropython

if sys.implementation.name == "cpython":

    class Checked:
        """A pointer of viper's: what lies outside of its buffer is a fault, as are values that do not fit."""

        def __init__(self, buf):
            self.buf = buf

        def __getitem__(self, i):
            assert 0 <= i < len(self.buf), i
            return self.buf[i]

        def __setitem__(self, i, value):
            assert 0 <= i < len(self.buf), i
            self.buf[i] = value

    micropython.viper = lambda function: function
    builtins.ptr8 = builtins.ptr32 = Checked

from sluice.sep2 import loops_viper  # noqa: E402, F401

if sys.implementation.name == "cpython":
    del micropython.viper  # sluice.sep2.loops goes on choosing what it would choose without this test
