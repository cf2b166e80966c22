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

    def viper(function):
        parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
        pointers = [function.__annotations__.get(name) is Checked for name in parameters]

        def call(*args):
            return function(*[Checked(arg) if pointer else arg for arg, pointer in zip(args, pointers, strict=True)])

        return call

    micropython.viper = viper
    builtins.ptr8 = builtins.ptr16 = builtins.ptr32 = Checked

import sluice.modbus.loops_viper  # noqa: E402
import sluice.sep2.loops_viper  # noqa: E402, F401

if sys.implementation.name == "cpython":
    del micropython.viper  # the rooms go on choosing what they would choose without this test
