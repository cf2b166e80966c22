"""A small honest RS485 line for the tests of modbus and devices: units with registers, and a list of ways to fail."""

from sluice.modbus.rtu import crc16


def framed(*data):
    """Return a frame: these bytes and their CRC."""
    crc = crc16(bytes(data), 0, len(data))
    return bytes(data) + bytes([crc & 0xFF, crc >> 8])


def words(registers):
    """Return registers as bytes, high byte first."""
    out = []
    for register in registers:
        out += [register >> 8 & 0xFF, register & 0xFF]
    return out


class Line:
    """A line with units; `faults` holds what happens to the next replies, in order.

    silent; garbled (a bit flips); noise (bytes before the reply); cut (in pieces); short (its end is missing);
    foreign (another unit's frame before the reply); late (the reply comes after the time-out); other (a reply to
    another question); code N (an exception).
    """

    def __init__(self, units):
        self.units = units  # unit id -> {register: value}
        self.faults = []
        self.frames = []  # requests as they came
        self.waited_ms = 0  # in silence
        self._arriving = []
        self._late = []

    async def ask(self, request, n, buf, timeout_ms):
        frame = bytes(request[:n])
        assert frame == framed(*frame[:-2])
        self.frames.append(frame)
        fault = self.faults.pop(0) if self.faults else ""
        reply = self._reply(frame)
        arriving, self._late = self._late, []
        if fault == "garbled":
            reply = bytes([reply[0], reply[1] ^ 0x10]) + reply[2:]
        if fault == "late":
            self._late = [reply]
        elif fault == "cut":
            arriving += [bytes([c]) for c in reply]
        elif fault == "short":
            arriving += [reply[:-3]]
        elif fault == "noise":
            arriving += [b"\x00\xff" + frame[:3], reply]
        elif fault == "foreign":
            arriving += [framed(9, 3, 2, 0xAB, 0xCD), reply]
        elif fault == "other":
            arriving += [framed(frame[0], frame[1], 2, 0xAB, 0xCD)]
        elif fault.startswith("code "):
            arriving += [framed(frame[0], frame[1] | 0x80, int(fault[5:]))]
        elif fault != "silent":
            arriving += [reply]
        self._arriving = arriving
        return await self.readinto(buf, timeout_ms)

    async def readinto(self, buf, timeout_ms):
        if not self._arriving:
            self.waited_ms += timeout_ms
            return 0
        piece = self._arriving.pop(0)
        buf[: len(piece)] = piece
        return len(piece)

    def _reply(self, frame):
        registers = self.units.get(frame[0])
        if registers is None:
            return b""
        function = frame[1]
        address = frame[2] << 8 | frame[3]
        count = frame[4] << 8 | frame[5]
        if function in (3, 4):
            if address not in registers:
                return framed(frame[0], function | 0x80, 2)
            values = [registers.get(address + i, 0) for i in range(count)]
            return framed(frame[0], function, 2 * count, *words(values))
        for i in range(count if function == 16 else 1):
            at = 7 + 2 * i if function == 16 else 4
            registers[address + i] = frame[at] << 8 | frame[at + 1]
        return framed(*frame[:6])
