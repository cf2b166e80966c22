"""One question on the bus, as a scan asks it: registers are read, once, and what came of it is told as it is.

Source: docs/console.md 4.4.
"""

from sluice.modbus.rtu import DONE, EXCEPTION, Reply, encode_read
from sluice_wire.console import EXCEPTION as REFUSED_BY_DEVICE
from sluice_wire.console import FAILED, GARBLED, REGISTERS, SILENT
from sluice_wire.limits import ADU_MAX, NOISE_MAX

from .console import Refused

_GAP_MS = 60  # silence within a reply: what comes then is no part of it


async def ask(console, line, at, unit_id, function, register, count, patience_ms):
    """Return the answer to a scan. `line`: device, baud, parity, rts; `at`: host and port, or None for the line."""
    try:
        wire = await _opened(console.port, line, at)
    except (OSError, KeyError, ValueError) as error:
        raise Refused(FAILED, "%s cannot be used: %s" % (line[0] if line else "%s:%d" % at, error))
    try:
        return await _asked(wire, unit_id, function, register, count, patience_ms)
    except OSError as error:
        raise Refused(FAILED, "the line is gone: %s" % error)
    finally:
        wire.close()


async def _opened(port, line, at):
    if at is None:
        return await port.open_line(*line)
    from sluice.modbus.tcp import TcpLine

    return TcpLine(await port.open_tcp(at[0], at[1]))


async def _asked(wire, unit_id, function, register, count, patience_ms):
    tx = bytearray(ADU_MAX)
    rx = bytearray(ADU_MAX)
    reply = Reply()
    n = encode_read(tx, unit_id, function, register, count)
    reply.expect(tx)
    heard = arrived = await wire.ask(tx, n, rx, patience_ms)
    while arrived and heard <= NOISE_MAX:
        state = reply.feed(rx, arrived)
        if state == DONE:
            return {"reply": REGISTERS, "hex": "".join(["%04X" % reply.regs[i] for i in range(count)])}
        if state == EXCEPTION:
            return {"reply": REFUSED_BY_DEVICE, "code": reply.exception}
        arrived = await wire.readinto(rx, patience_ms if heard == n else _GAP_MS)
        heard += arrived
    return {"reply": SILENT if heard in (0, n) else GARBLED}  # n: an echo
