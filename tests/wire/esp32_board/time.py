"""Stand-in for the module of an ESP32: its second 0 is 2000-01-01, and where it begins when it gets power."""

import told
import utime
from utime import *  # noqa: F403

_ZERO = 946684800
_behind = utime.time()


def sleep(seconds):
    told.tell("sleep", seconds)


def time():
    return utime.time() - _behind


def gmtime(seconds):
    return utime.gmtime(seconds + _ZERO)[:8]


def put(fields):
    global _behind
    _behind = utime.time() - (utime.mktime(fields) - _ZERO)
