"""What one exchange with an inverter costs the Modbus client: a block of registers, on a line that answers at once."""

from stopwatch import cost

from sluice.modbus.client import Client
from sluice.modbus.rtu import crc16

UNIT_ID = 10
TIMES = 100  # so that its share of the collections is counted


class Line:
    """Answers every request with the same reply."""

    def __init__(self, reply):
        self.reply = reply

    async def ask(self, request, n, buf, timeout_ms):
        buf[: len(self.reply)] = self.reply
        return len(self.reply)


def reply_of(registers):
    """Give the reply to a read of so many registers, of which the k-th is 257 * k."""
    frame = bytearray(5 + 2 * registers)
    frame[:3] = bytes([UNIT_ID, 3, 2 * registers])
    for k in range(registers):
        frame[3 + 2 * k] = frame[4 + 2 * k] = k
    crc = crc16(frame, 0, len(frame) - 2)
    frame[-2:] = bytes([crc & 0xFF, crc >> 8])
    return frame


def run(registers):
    """Give the cost of an exchange, and what of it the line takes, which is no part of the client."""
    line = Line(reply_of(registers))
    client = Client(line)
    buf = bytearray(256)

    async def only_ask():
        await line.ask(buf, 8, buf, 1000)

    def exchanges():
        for _ in range(TIMES):
            finish(client.read(UNIT_ID, 3, 0, registers))

    def asked():
        for _ in range(TIMES):
            finish(only_ask())

    exchanges()
    assert client.regs[registers - 1] == 257 * (registers - 1)
    return {"exchange": cost(exchanges) / TIMES, "line": cost(asked) / TIMES}


def finish(coroutine):
    try:
        coroutine.send(None)
    except StopIteration:
        pass
