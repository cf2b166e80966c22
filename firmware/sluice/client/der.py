"""The DER as the server sees it: what they do, folded into one, and when that has to be told.

The state is folded every second. What changes in it is told at once, but while it flaps every _FLAP_S only; the rest
(inverterStatus, whether a battery charges, its state of charge) comes and goes with the clouds, and goes out at the
DERList's poll rate. Each is told with the time since which it is so. Of a device that was never read nothing is told.
While an event disconnects them, or sets their power, the operational mode is that of demand response, by profile.
Source: IEEE 2030.5-2018 10.10.4.2; 002 10.3.1; the demand response modes of AS/NZS 4755; requirements R1, R2.
"""

from array import array

from micropython import const

from sluice_wire.sep2 import (
    ALARM_STATUS,
    CONNECT,
    CONNECT_CONNECTED,
    CONNECT_OPERATING,
    DRM0,
    DRM1,
    DRM5,
    FIXED,
    GEN_CONNECT,
    INVERTER_STATE,
    OPERATIONAL_MODE,
    OPERATIONAL_OFF,
    OPERATIONAL_ON,
    SET_GRAD_W,
    SET_MAX_W,
    STATES,
    STATES_AT_ONCE,
    STOR_CONNECT,
    STORAGE_MODE,
)

_FLAP_S = const(10)
_BURST_S = const(20)  # worth of changes that may follow each other without a pause
# Columns of what DerResources keeps: the state as it is folded, as it was the second before, the uptime since which it
# is so, and as it was told.
_BEFORE = const(8)
_SINCE = const(16)
_TOLD = const(24)
_ALL = const(32)

_DRM_MOST = const((1, 5000, 7500))  # hundredths of a percent; nothing to consume is written as -0.01 %
_DRM_ALL = const(10000)
_UP = const(7)  # connected, available, operating

# By SunSpec's operating state, 0 = not known, 1 to 8 as inverterStatus has them, and one beyond: connect bits, which
# are cumulative, and which of several states stands for all.
_BITS = const(b"\x00\x00\x03\x07\x07\x07\x03\x10\x03\x03")
_RANK = const(b"\x00\x01\x02\x05\x06\x07\x04\x08\x03\x00")
# By model 124's ChaSt, 0 = not known: connect bits, and which of _MODES it is.
_CHA_BITS = const(b"\x00\x00\x03\x07\x07\x03\x07\x0b")
_CHA_MODES = const(b"\x00\x04\x04\x02\x01\x04\x04\x04")
# By who charges (1), discharges (2), holds (4): storageModeStatus of all, plus 1. One against another is holding.
_MODES = const(b"\x00\x01\x02\x03\x03\x01\x02\x03")


def fold(devices, connect, state):
    """Set `state` (sluice_wire.sep2: STATES) to what all `devices` together do, by 002 10.3.1.

    One whose limit of 0 W is in force does not operate; and unless the utility lets it `connect`, it is disconnected.
    """
    for i in range(STATES):
        state[i] = 0
    state[STOR_CONNECT] = -1
    for i in range(len(devices)):  # not over the devices: an iterator is too much for the stack
        if devices[i].w_max:
            _add(devices[i], connect, state)
    state[OPERATIONAL_MODE] = state[OPERATIONAL_MODE] or OPERATIONAL_OFF
    state[STORAGE_MODE] = _MODES[state[STORAGE_MODE]] - 1


def _add(device, connect, state):
    i = min(device.st, 9)
    bits = _BITS[i]
    if device.applied_w == 0:
        bits &= ~CONNECT_OPERATING if connect else ~_UP
    state[GEN_CONNECT] |= bits
    if _RANK[i] > _RANK[state[INVERTER_STATE]]:
        state[INVERTER_STATE] = i
    if device.stores:
        i = device.cha_st if device.st else 0
        state[STORAGE_MODE] |= _CHA_MODES[i]
        i = _CHA_BITS[i] if bits & CONNECT_CONNECTED else bits
        state[STOR_CONNECT] = max(0, state[STOR_CONNECT]) | i
        bits |= i
    if bits & CONNECT_OPERATING:
        state[OPERATIONAL_MODE] = OPERATIONAL_ON
    state[ALARM_STATUS] |= device.alarms
    state[SET_MAX_W] += device.w_max


def demanded(envelope):
    """Return the demand response mode that an event asks for, as operationalModeStatus has it; 0 = none.

    At most nothing, half or three quarters of what they can consume (1 to 3) or generate (5 to 7); all of it (4, 8).
    """
    if envelope.source[CONNECT] >= 0 and not envelope.connect:
        return DRM0
    if envelope.source[FIXED] < 0:
        return 0
    percent = envelope.values[FIXED]
    mode = DRM5
    if percent < 0:
        mode = DRM1
        percent = -percent
    for i in range(3):
        if percent <= _DRM_MOST[i]:
            return mode + i
    return mode + 3 if percent >= _DRM_ALL else 0


class DerResources:
    """What is told of the DER behind this gateway."""

    def __init__(self, port, devices, programs, envelope):
        self._port = port
        self._devices = devices
        self._programs = programs
        self._envelope = envelope
        self._state = array("i", [0] * _ALL)
        self._now = 0
        self._paid = 0  # uptime until which the changes that were told are worth _FLAP_S each
        self.status_href = None  # of the DER that is told of

    def step(self, now):
        """Fold the state of this second of the uptime. Return alarmStatus."""
        self._now = now
        state = self._state
        fold(self._devices, self._envelope.connect, state)
        if self._envelope.profile.demand_response:
            state[OPERATIONAL_MODE] = demanded(self._envelope) or state[OPERATIONAL_MODE]
        state[SET_GRAD_W] = self._programs.grad()
        for i in range(STATES):
            if state[i] != state[_BEFORE + i]:
                state[_BEFORE + i] = state[i]
                state[_SINCE + i] = now
        return state[ALARM_STATUS]

    def changed(self):
        """Tell whether the server was told something else last, or nothing though a device is known."""
        state = self._state
        if state[SET_MAX_W] and self._paid <= self._now + _BURST_S:
            for i in range(STATES_AT_ONCE):
                if state[i] != state[_TOLD + i]:
                    return True
        return False

    async def put(self, session, hrefs, now):
        """PUT status, settings and capability, in this order, to the first three `hrefs`; None is left out.

        One that the server refuses does not keep the others from being told; RequestError afterwards.
        """
        self.status_href = hrefs[0]
        if not self._state[SET_MAX_W]:
            return
        state = [self._state[i] for i in range(STATES)]  # as of now: it goes on while this is told
        since = [self._state[_SINCE + i] + now - self._now for i in range(STATES)]
        if self.changed():
            self._paid = max(self._paid, self._now) + _FLAP_S
        from .der_round import put

        try:
            await put(session, hrefs, self._devices, state, since, now)
        finally:
            self._port.unload("sluice.client.der_round")
            self._port.unload("sluice.sep2.der_writers")
        for i in range(STATES):
            self._state[_TOLD + i] = state[i]
