"""Run on the stand-ins of esp32_board: what the clock says, and the machine's, as it is told the time.

esp32_clock.py BOARD
"""

import json
import sys
import time

from sluice.port.esp32 import Port

_DAY_S = 86400


def say(port, what):
    machine = time.gmtime(time.time())
    rtc = time.gmtime(port.rtc() + 631152000)  # 2020, from 2000
    print("%-10s machine %d-%02d-%02d rtc %d-%02d-%02d" % ((what,) + machine[:3] + rtc[:3]))


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
