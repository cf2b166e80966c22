"""Run on the stand-ins of esp32_board: what the clock says, and the machine's, as it is told the time.

esp32_clock.py BOARD
"""

import json
import sys
import time

from sluice.port.esp32 import Port

_DAY_S = 86400
_YEARS_S = 631152000  # from 2000 to 2020


def day(seconds):
    year, month, date = time.gmtime(seconds)[:3]
    return "{}-{:02}-{:02}".format(year, month, date)  # noqa: UP032 - MicroPython


def say(port, what):
    print(what, "machine", day(time.time()), "rtc", day(port.rtc() + _YEARS_S))


with open(sys.argv[1]) as file:
    board = json.load(file)
Port.built = 2200 * _DAY_S
port = Port(board)
say(port, "power")
port.learn(2300 * _DAY_S, False)
say(port, "saved")
port.learn(2250 * _DAY_S, False)
say(port, "older")
say(Port(board), "restart")
port.learn(2310 * _DAY_S, True)
say(port, "server")
say(Port(board), "restart")
port.set_rtc(2290 * _DAY_S)
say(port, "laptop")
