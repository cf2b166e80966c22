# What is done with the `host` that umodbus' quickstart, which stands before this, has made.

import machine
from stopwatch import cost

TIMES = 100


def crc16(frame):
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return bytes([crc & 0xFF, crc >> 8])


def measured(registers):
    frame = bytes([10, 3, 2 * registers]) + bytes([k >> 1 for k in range(2 * registers)])
    machine.UART.reply = frame + crc16(frame)
    uart = machine.UART()

    def exchanges():
        for _ in range(TIMES):
            host.read_holding_registers(slave_addr=10, starting_addr=0, register_qty=registers)  # noqa: F821

    def line():
        for _ in range(TIMES):
            uart.read()
            uart.write(frame)
            uart.flush()
            uart.any()
            uart.read()

    exchanges()
    return {"exchange": cost(exchanges) / TIMES, "line": cost(line) / TIMES}


def run(registers):
    return {str(n): measured(n) for n in registers}
