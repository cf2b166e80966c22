"""SunSpec devices for the tests of the core: register images of a 10 kW inverter, with or without a battery."""

from bus_world import Line

from expect import finish
from sluice.devices.inverter import Inverter
from sluice.modbus.client import Client
from sluice_wire.sunspec import ST_MPPT

_LENGTHS = {1: 66, 103: 50, 113: 60, 120: 26, 121: 30, 123: 24, 124: 24, 160: 48}
_LENGTHS.update({701: 153, 702: 50, 703: 17, 704: 65, 713: 7, 64999: 3})

_STORAGE = {2: 3700, 5: 0, 7: 20, 8: 425, 11: 3, 12: 10000, 13: 10000, 15: 0, 17: 1, 18: 0, 21: 0, 22: -1, 25: -2}
_FLOATS = {16: 0x4370, 17: 0x199A, 18: 0x436F, 19: 0xE666, 20: 0x4370, 21: 0, 22: 0x4587, 23: 0, 24: 0x4247, 25: 0xEB85}
_FLOATS.update({28: 0xC2F0, 29: 0, 48: ST_MPPT, 50: 0, 51: 0})  # 240.1, 239.9, 240 V, 4320 W, 49.98 Hz, -120 var
_NAMEPLATE = {
    2: 4,
    3: 1000,
    4: 1,
    5: 1050,
    6: 1,
    7: 600,
    10: -500,
    11: 1,
    14: 850,
    17: -900,
    18: -3,
    19: 1350,
    20: 1,
    23: 40,
    24: 2,
    25: 50,
    26: 2,
}
_NAMEPLATE.update({25: 50, 26: 2})
_MEASURES = {3: 1, 4: 3, 5: 1, 6: 0, 7: 0, 10: 432, 12: -12, 17: 0, 18: 4998, 47: 2401, 70: 2399, 93: 2400, 114: -1}
_MEASURES.update({115: -2, 116: 1, 119: 1})
_RATINGS = {2: 1100, 7: 1150, 8: 700, 9: 600, 10: 420, 11: 520, 26: 1000, 31: 1050, 32: 500, 33: 400, 34: 400, 35: 500}
_RATINGS.update({4: 80, 6: 85, 28: 90, 30: 95, 45: 1, 46: -2, 47: 1, 48: 1})
_CONTROLS = {14: 0, 15: 10000, 16: 10000, 17: 0, 18: 0, 19: 0, 20: 0xFFFF, 21: 0xFFFF, 22: 0, 23: 0, 24: 0, 25: 0}
_CONTROLS.update({26: 0, 27: 0, 30: 0, 31: 0, 32: 0, 54: -2, 55: 0})
_POINTS = {
    103: {10: 2401, 11: 2399, 12: 2400, 13: -1, 14: 432, 15: 1, 16: 4998, 17: -2, 20: -12, 21: 1, 38: ST_MPPT},
    113: _FLOATS,
    120: _NAMEPLATE,
    121: {2: 10000, 22: 0, 7: 10000, 26: 0, 8: 4000, 11: -3000, 13: 95, 16: -96, 27: 0, 29: -2},
    123: {2: 0, 3: 0, 4: 1, 5: 10000, 6: 0, 7: 0, 8: 0, 9: 0, 23: -2},
    124: _STORAGE,
    160: {8: 2},
    701: _MEASURES,
    702: _RATINGS,
    703: {2: 1},
    704: _CONTROLS,
    713: {2: 1350, 4: 425, 7: 1, 8: -1},
}

PV = (1, 64999, 103, 120, 121, 123)
WITH_BATTERY = PV + (124,)
NEWER = (1, 701, 702, 703, 704)
NEWER_BATTERY = NEWER + (713,)


def put(registers, at, *values):
    """Set the registers from `at` on."""
    for i, value in enumerate(values):
        registers[at + i] = value & 0xFFFF


def image(base=40000, models=PV):
    """Return (registers, {model: register of its header}) of a 10 kW inverter."""
    registers = {}
    headers = {}
    put(registers, base, 0x5375, 0x6E53)
    at = base + 2
    for model in models:
        headers[model] = at
        put(registers, at, model, _LENGTHS[model], *([0xFFFF] * _LENGTHS[model]))
        at += _LENGTHS[model] + 2
    put(registers, at, 0xFFFF, 0)
    for model in models:
        for offset, value in _POINTS.get(model, {}).items():
            put(registers, headers[model] + offset, value)
    if 1 in models:
        put(registers, headers[1] + 2, 0x5765, 0x6972, *([0] * 14))
    return registers, headers


class Device:
    """An inverter of these models on a line, not scanned yet."""

    def __init__(self, models=PV, base=40000, line=Line, **kwargs):
        self.registers, self.headers = image(base, models)
        self.line = line({2: self.registers})
        self.inverter = Inverter(2, **kwargs)

    def scan(self):
        finish(self.inverter.scan(Client(self.line)))
        return self

    def poll(self):
        finish(self.inverter.poll(Client(self.line)))
        return self.inverter

    def hold(self, now, most_w=10000, least_w=None, connect=True):
        """Tell it; without `least_w` it may charge as fast as it can."""
        self.inverter.most_w = most_w
        self.inverter.least_w = -self.inverter.charge_w if least_w is None else least_w
        self.inverter.connect = connect
        finish(self.inverter.hold(Client(self.line), now))

    def get(self, model, first, last):
        """Return the registers of a model by their offsets."""
        return [self.registers[self.headers[model] + i] for i in range(first, last + 1)]

    def put(self, model, offset, *values):
        put(self.registers, self.headers[model] + offset, *values)

    def writes(self, since=0):
        """Return what was written since so many frames: (model, offset, how many registers)."""
        found = []
        for frame in self.line.frames[since:]:
            if frame[1] == 16:
                at = frame[2] << 8 | frame[3]
                model = max([m for m in self.headers if self.headers[m] <= at], key=lambda m: self.headers[m])
                found.append((model, at - self.headers[model], frame[5]))
        return found


class Deaf(Line):
    """Takes writes politely and changes nothing."""

    def _reply(self, frame):
        kept = dict(self.units[2])
        reply = super()._reply(frame)
        if frame[1] == 16:
            self.units[2].update(kept)
        return reply
