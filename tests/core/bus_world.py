"""A small honest RS485 line for the tests of modbus and devices, and a TCP connection: units, and lists of faults."""

from sluice.modbus.rtu import crc16

SLOW_MS = 600


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
    foreign (another unit's frame before the reply); slow (it comes after SLOW_MS); late (the reply comes after the
    time-out); other (a reply to another question); code N (an exception).
    """

    def __init__(self, units):
        self.units = units  # unit id -> {register: value}
        self.faults = []
        self.frames = []  # requests as they came
        self.waited_ms = 0  # in silence
        self._arriving = []
        self._late = []
        self._slow_ms = 0  # until something comes

    async def ask(self, request, n, buf, timeout_ms):
        frame = bytes(request[:n])
        assert frame == framed(*frame[:-2])
        self.frames.append(frame)
        fault = self.faults.pop(0) if self.faults else ""
        reply = self._reply(frame)
        arriving, self._late = self._late, []
        self._slow_ms = SLOW_MS if fault == "slow" else 0
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
        if not self._arriving or self._slow_ms > timeout_ms:
            self.waited_ms += timeout_ms
            self._slow_ms = max(0, self._slow_ms - timeout_ms)
            return 0
        self._slow_ms = 0
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


class Tcp:
    """A TCP connection to the units of a `line`; `faults` holds what happens to the next replies, in order.

    silent; cut (in pieces); late (it comes with the next one); foreign (another transaction's reply before it);
    code N (an exception); http (what is no Modbus); closed.
    """

    def __init__(self, line):
        self.line = line
        self.faults = []
        self.frames = []  # requests as they came
        self.closed = False
        self._arriving = b""
        self._late = b""
        self._size = 0  # of the pieces, 0 = whole

    async def write(self, buf, n):
        frame = bytes(buf[:n])
        self.frames.append(frame)
        assert frame[2:4] == b"\0\0" and frame[4] << 8 | frame[5] == n - 6
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "closed":
            raise OSError(104, "ECONNRESET")
        unit = framed(*frame[6:])
        reply = framed(frame[6], frame[7] | 0x80, int(fault[5:])) if fault[:5] == "code " else self.line._reply(unit)
        reply = frame[:5] + bytes([len(reply) - 2]) + reply[:-2] if reply else b""
        late, self._late = self._late, b""
        self._size = 1 if fault == "cut" else 0
        if fault == "late":
            self._late, reply = reply, b""
        elif fault == "silent":
            reply = b""
        elif fault == "foreign":
            reply = bytes([reply[0] ^ 0x80]) + reply[1:] + reply
        elif fault == "http":
            reply = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        self._arriving += late + reply

    async def readinto(self, buf, timeout_ms):
        n = min(len(buf), self._size or len(self._arriving))
        buf[:n] = self._arriving[:n]
        self._arriving = self._arriving[n:]
        return n

    def close(self):
        self.closed = True
