"""Stand-in: a wireless network that is there when BOARD_STATUS says so, a second look after it was joined."""

import os

import told

STA_IF = 0
STAT_IDLE = 1000
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202


class WLAN:
    def __init__(self, interface):
        self._looks = None

    def active(self, on):
        told.tell("radio", on)

    def connect(self, ssid, key=None):
        told.tell("join", ssid, len(key or ""))
        self._looks = 0

    def status(self):
        if self._looks is None:
            return STAT_IDLE
        return int(os.getenv("BOARD_STATUS") or STAT_GOT_IP)

    def isconnected(self):
        if self._looks is None:
            return False
        self._looks += 1
        return self._looks > 1 and self.status() == STAT_GOT_IP
