"""Frames against umodbus: its client writes the same requests, its server's replies are read to the same registers."""

from array import array

from hypothesis import given
from hypothesis import strategies as st
from umodbus.client.serial import rtu
from umodbus_line import UmodbusLine

from expect import finish, raises
from sluice.modbus.client import Client, ExceptionReply
from sluice.modbus.rtu import (
    DONE,
    PENDING,
    READ_HOLDING,
    READ_INPUT,
    Reply,
    encode_read,
    encode_write,
    encode_write_single,
)
from sluice_wire.limits import ADU_MAX, READ_MAX, WRITE_MAX

UNITS = st.integers(1, 247)
ADDRESSES = st.integers(0, 65535 - READ_MAX)
READS = st.sampled_from([READ_HOLDING, READ_INPUT])
VALUES = st.integers(0, 65535)


def request(encode, *args) -> bytes:
    buf = bytearray(ADU_MAX)
    return bytes(buf[: encode(buf, *args)])


@given(UNITS, ADDRESSES, st.integers(1, READ_MAX))
def test_reads_are_written_as_umodbus_writes_them(unit_id: int, address: int, count: int) -> None:
    assert request(encode_read, unit_id, READ_HOLDING, address, count) == rtu.read_holding_registers(
        unit_id, address, count
    )
    assert request(encode_read, unit_id, READ_INPUT, address, count) == rtu.read_input_registers(
        unit_id, address, count
    )


@given(UNITS, ADDRESSES, st.lists(VALUES, min_size=1, max_size=WRITE_MAX))
def test_writes_are_written_as_umodbus_writes_them(unit_id: int, address: int, values: list[int]) -> None:
    assert request(encode_write, unit_id, address, values, len(values)) == rtu.write_multiple_registers(
        unit_id, address, values
    )
    assert request(encode_write_single, unit_id, address, values[0]) == rtu.write_single_register(
        unit_id, address, values[0]
    )


@given(UNITS, READS, ADDRESSES, st.lists(VALUES, min_size=1, max_size=READ_MAX))
def test_what_umodbus_serves_is_what_is_read(unit_id: int, function: int, address: int, values: list[int]) -> None:
    client = Client(UmodbusLine(unit_id, dict(enumerate(values, address))))
    finish(client.read(unit_id, function, address, len(values)))
    assert list(client.regs[: len(values)]) == values


@given(UNITS, ADDRESSES, st.lists(VALUES, min_size=1, max_size=WRITE_MAX), VALUES)
def test_what_is_written_is_what_umodbus_takes(unit_id: int, address: int, values: list[int], last: int) -> None:
    line = UmodbusLine(unit_id, dict.fromkeys(range(address, address + len(values) + 1), 0))
    finish(Client(line).write(unit_id, address, array("H", values), len(values)))
    finish(Client(line).write_single(unit_id, address + len(values), last))
    assert list(line.registers.values()) == [*values, last]


@given(UNITS, READS, ADDRESSES)
def test_umodbus_exceptions_are_understood(unit_id: int, function: int, address: int) -> None:
    error = raises(ExceptionReply, finish, Client(UmodbusLine(unit_id, {})).read(unit_id, function, address, 1))
    assert error.code == 2


@given(UNITS, ADDRESSES, st.lists(VALUES, min_size=1, max_size=READ_MAX), st.binary(max_size=400), st.integers(1, 255))
def test_a_reply_is_found_behind_any_noise_in_any_pieces(
    unit_id: int, address: int, values: list[int], noise: bytes, size: int
) -> None:
    asked = request(encode_read, unit_id, READ_HOLDING, address, len(values))
    reply = Reply()
    reply.expect(asked)
    arriving = noise + UmodbusLine(unit_id, dict(enumerate(values, address))).answer(asked)
    pieces = [arriving[at : at + size] for at in range(0, len(arriving), size)]
    states = [reply.feed(piece, len(piece)) for piece in pieces]
    assert states == [PENDING] * (len(pieces) - 1) + [DONE]
    assert list(reply.regs[: len(values)]) == values


@given(UNITS, ADDRESSES, st.lists(VALUES, min_size=1, max_size=20), st.data())
def test_a_reply_with_any_burst_of_errors_is_not_believed(
    unit_id: int, address: int, values: list[int], data: st.DataObject
) -> None:
    # A CRC of 16 bits finds every burst of up to 16.
    asked = request(encode_read, unit_id, READ_HOLDING, address, len(values))
    frame = UmodbusLine(unit_id, dict(enumerate(values, address))).answer(asked)
    burst = data.draw(st.integers(1, 0xFFFF)) << data.draw(st.integers(0, 8 * len(frame) - 16))
    garbled = (int.from_bytes(frame, "little") ^ burst).to_bytes(len(frame), "little")
    reply = Reply()
    reply.expect(asked)
    assert reply.feed(garbled, len(garbled)) == PENDING
