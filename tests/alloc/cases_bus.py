"""The serial line and what hangs on it, without heap: frames out and in, registers to watts, watts to registers."""

from array import array

from bus_world import framed, words
from loops import greatest, refusing, total
from meter_dumps import DUMPS
from test_meter import REGISTERS
from test_meter_maps import metering, registers

from sluice.devices.decode import NOT_VALID, float32, scaled
from sluice.devices.errors import DeviceError
from sluice.devices.meter import Meter
from sluice.devices.points import number
from sluice.modbus.loops import copy, digest
from sluice.modbus.rtu import (
    DONE,
    EXCEPTION,
    PENDING,
    Reply,
    crc16,
    encode_read,
    encode_write,
    encode_write_single,
)
from sluice.modbus.tcp import TcpLine
from sluice_wire.limits import ADU_MAX, READ_MAX, SITE_MAX_W, WRITE_MAX
from sluice_wire.meter_maps import load
from sluice_wire.sunspec import INT16, UINT16

_BLOCK = 72  # registers of the meter
_GREATEST = (1 << 30) - 1  # int that is no object


# --- the CRC ----------------------------------------------------------------------------------------


def crc_typical_a_request():
    return lambda: crc16(b"\x11\x03\x00\x6b\x00\x03", 0, 6), 0x8776


def crc_worst_the_longest_frame():
    frame = framed(*([0xFF] * (ADU_MAX - 2)))
    return lambda: crc16(frame, 0, ADU_MAX), 0


def crc_hostile_no_bytes_at_all():
    return lambda: crc16(b"", 0, 0), 0xFFFF


# --- requests ---------------------------------------------------------------------------------------


def _encoding(length, function, *args):
    tx = bytearray(ADU_MAX)
    if function is encode_read:
        return lambda: function(tx, args[0], args[1], args[2], args[3]), length
    if function is encode_write:
        return lambda: function(tx, args[0], args[1], args[2], args[3]), length
    return lambda: function(tx, args[0], args[1], args[2]), length


def encode_typical_the_read_of_a_meter():
    return _encoding(8, encode_read, 1, 4, 0, _BLOCK)


def encode_typical_the_limit_of_an_inverter():
    return _encoding(9 + 10, encode_write, 2, 40200, array("H", [5000, 0, 60, 0, 1]), 5)


def encode_typical_one_register():
    return _encoding(8, encode_write_single, 2, 40200, 1)


def encode_worst_as_many_registers_as_fit():
    return _encoding(9 + 2 * WRITE_MAX, encode_write, 247, 0xFFFF, array("H", [0xFFFF] * WRITE_MAX), WRITE_MAX)


def encode_worst_the_longest_read_of_the_last_register():
    return _encoding(8, encode_read, 247, 3, 0xFFFF, READ_MAX)


def encode_hostile_a_unit_and_an_address_that_cannot_be():
    return _encoding(9 + 4, encode_write, _GREATEST, _GREATEST, array("H", [0, 0xFFFF]), 2)


# --- replies ----------------------------------------------------------------------------------------


def _request(function, unit_id, address, count):
    request = bytearray(ADU_MAX)
    if function == 16:
        encode_write(request, unit_id, address, array("H", [1] * count), count)
    else:
        encode_read(request, unit_id, function, address, count)
    return request


def _read_reply(count, unit_id=1, function=3):
    return framed(unit_id, function, 2 * count, *words(range(count)))


def _awaiting(request, pieces, state):
    """Of all states that came the one that counts is the greatest: DONE or EXCEPTION, if either came."""
    reply = Reply()

    def call():
        reply.expect(request)
        return greatest(hear, pieces)

    def hear(piece):
        return reply.feed(piece, len(piece))

    return call, state


def _bytes(data):
    return [bytes([c]) for c in data]


def _cut(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def reply_typical_of_a_meter_in_one_piece():
    return _awaiting(_request(4, 1, 0, _BLOCK), [_read_reply(_BLOCK, function=4)], DONE)


def reply_typical_to_a_write():
    return _awaiting(_request(16, 1, 40200, 5), [framed(1, 16, 40200 >> 8, 40200 & 0xFF, 0, 5)], DONE)


def reply_worst_125_registers_byte_by_byte():
    return _awaiting(_request(3, 1, 0, READ_MAX), _bytes(_read_reply(READ_MAX)), DONE)


def reply_worst_125_registers_behind_noise_that_looks_like_their_beginning():
    noise = bytes([1, 3, 250]) * 341
    return _awaiting(_request(3, 1, 0, READ_MAX), _cut(noise, ADU_MAX) + [_read_reply(READ_MAX)], DONE)


def reply_hostile_noise_alone():
    noise = bytes([n * 73 + (n >> 3) & 0xFF for n in range(1024)])
    return _awaiting(_request(3, 1, 0, READ_MAX), _cut(noise, ADU_MAX) + _bytes(noise), PENDING)


def reply_hostile_our_own_echo_and_the_frames_of_others():
    request = _request(3, 1, 0, 2)
    foreign = [_read_reply(2, unit_id=9), _read_reply(9), framed(1, 16, 0, 5, 0, 2), framed(1, 0x84, 2)]
    return _awaiting(request, [bytes(request[:8])] + foreign + [_read_reply(2)], DONE)


def reply_hostile_every_bit_flipped_once():
    whole = _read_reply(2)
    pieces = []
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        pieces.append(bytes(flipped))
    return _awaiting(_request(3, 1, 0, 2), pieces, PENDING)


def reply_hostile_an_exception():
    return _awaiting(_request(3, 1, 0, READ_MAX), _bytes(framed(1, 0x83, 2)), EXCEPTION)


def reply_hostile_a_frame_cut_short_before_the_whole_one():
    whole = _read_reply(READ_MAX)
    return _awaiting(_request(3, 1, 0, READ_MAX), [whole[:-1], whole], DONE)


# --- registers to numbers ---------------------------------------------------------------------------


def _floats(pairs, sound):
    def call():
        return total(count, pairs)

    def count(pair):
        return is_sound(pair, 1) + is_sound(pair, 10) + is_sound(pair, 1000)

    def is_sound(pair, factor):
        return float32(pair[0], pair[1], factor) != NOT_VALID

    return call, sound


def float_typical_what_a_meter_says():
    return _floats(list(REGISTERS.values()), 18)


def float_worst_every_exponent_with_every_bit_set():
    return _floats([(high << 7 | 0x7F, 0xFFFF) for high in range(512)], 900)


def float_hostile_infinite_none_and_beyond_all_bounds():
    return _floats([(0x7F80, 0), (0xFF80, 0), (0x7FC0, 1), (0x4E00, 0), (0x4DFF, 0xFFFF), (0xCDFF, 0xFFFF)], 2)


def _scaling(raws, factors, sound):
    """`sound`: how many readings there are of these raw values and factors, as int16 and uint16, whole and x 1000."""
    regs = array("H", [0, 0])
    points = ((0, INT16, 1), (0, UINT16, 1))

    def call():
        return total(of_raw, raws)

    def of_raw(raw):
        regs[0] = raw
        return total(of_factor, factors)

    def of_factor(factor):
        regs[1] = factor
        return total(of_point, points)

    def of_point(point):
        return (scaled(regs, point, 0, 0) != NOT_VALID) + (scaled(regs, point, 0, 3) != NOT_VALID)

    return call, sound


def scaled_typical_watts_in_tens_and_volts_in_tenths():
    return _scaling([0, 432, 2401, 0xFFF4], [0, 1, 0xFFFF], 48)


def scaled_worst_every_factor():
    return _scaling([0x7FFF, 0x8001, 0xFFFE], [n & 0xFFFF for n in range(-10, 11)], 170)


def scaled_hostile_not_implemented_and_factors_that_are_none():
    return _scaling([0x8000, 0xFFFF, 0x7FFF], [0x8000, 0x7FFF, 11, 10, 0xFFF5, 0xFFF6], 8)


# --- the meter --------------------------------------------------------------------------------------


def _block(**changes):
    """Return the registers of a meter's block; `r34=(high, low)` changes two."""
    regs = array("H", [0] * READ_MAX)
    pairs = dict(REGISTERS)
    for name, pair in changes.items():
        pairs[int(name[1:], 16)] = pair
    for address, pair in pairs.items():
        regs[address], regs[address + 1] = pair
    return regs


def _metering(regs, w):
    meter = Meter(1, load("sdm630"))

    def call():
        meter.decode(regs, 0, _BLOCK)
        meter.take()
        return meter.w

    return call, w


def _refusing_meter(regs, like):
    return refusing(_metering(regs, 0)[0]), DeviceError, refusing(_metering(like, 0)[0])


def meter_typical_a_house():
    return _metering(_block(), -1235)


def meter_worst_as_much_as_is_believed():
    return _metering(_block(r34=(0xC974, 0x2400), r3c=(0x4974, 0x2400)), -SITE_MAX_W)


def meter_hostile_numbers_that_can_just_be_held():
    regs = _block(r34=(0x4DFF, 0xFFFF), r3c=(0xCDFF, 0xFFFF), r46=(0x448F, 0xFFFF))
    meter = Meter(1, load("sdm630"))
    return lambda: meter.decode(regs, 0, _BLOCK), None


def meter_hostile_a_refusal_costs_the_same_whatever_number_is_none():
    return _refusing_meter(_block(r34=(0xFFFF, 0xFFFF)), _block(r34=(0x7F80, 0)))


def meter_hostile_a_refusal_costs_the_same_whatever_cannot_be_true():
    return _refusing_meter(_block(r34=(0x4DFF, 0xFFFF)), _block(r34=(0x4974, 0x2410)))


# --- Modbus TCP -------------------------------------------------------------------------------------


def _putting(request, n, length):
    line = TcpLine(None)
    return lambda: line.put(request, n), length


def tcp_put_typical_the_read_of_a_meter():
    return _putting(_request(4, 1, 0, _BLOCK), 8, 12)


def tcp_put_worst_as_many_registers_as_fit():
    return _putting(_request(16, 1, 0, WRITE_MAX), 9 + 2 * WRITE_MAX, 6 + 7 + 2 * WRITE_MAX)


def tcp_put_hostile_the_least_that_can_be():
    return _putting(bytearray(ADU_MAX), 4, 8)


def _taking(arriving, n):
    line = TcpLine(None)
    buf = bytearray(ADU_MAX)

    def call():
        line._id = 7
        line._have = 0
        return greatest(hear, arriving)

    def hear(piece):
        copy(line._rx, line._have, piece, 0, len(piece))
        line._have += len(piece)
        return line.take(buf)

    return call, n


def _in_mbap(transaction, frame):
    return bytes([0, transaction, 0, 0, 0, len(frame) - 2]) + frame[:-2]


def tcp_take_typical_a_meter():
    return _taking([_in_mbap(7, _read_reply(_BLOCK))], 5 + 2 * _BLOCK)


def tcp_take_worst_125_registers_byte_by_byte():
    return _taking(_bytes(_in_mbap(7, _read_reply(READ_MAX))), 5 + 2 * READ_MAX)


def tcp_take_hostile_late_replies_before_ours():
    return _taking([_in_mbap(5, _read_reply(9)), _in_mbap(6, _read_reply(9)), _in_mbap(7, _read_reply(2))], 9)


# --- meters of other kinds --------------------------------------------------------------------------


def digest_typical_a_meter():
    regs = _block()
    return lambda: digest(regs, _BLOCK, 0), digest(regs, _BLOCK, 0)


def digest_worst_every_bit_of_the_longest_read():
    regs = array("H", [0xFFFF] * READ_MAX)
    return lambda: digest(regs, READ_MAX, 0xFFFFFF), digest(regs, READ_MAX, 0xFFFFFF)


def digest_hostile_nothing_at_all():
    return lambda: digest(_EMPTY, 0, 5), 5


_EMPTY = array("H")


def _numbers(words, rows, sound):
    regs = array("H", words)

    def call():
        return total(is_sound, rows)

    def is_sound(row):
        return number(regs, row, 0) != NOT_VALID

    return call, sound


def number_typical_of_every_type():
    rows = [(0, kind, power, 1) for kind in range(5) for power in (-2, -1, 0, 1)]
    return _numbers([0x0001, 0x0002], rows, 20)


def number_worst_every_bit_set_and_every_power():
    rows = [(0, kind, power, 1) for kind in (1, 2, 3, 4) for power in range(-9, 10)]
    return _numbers([0x7FFF, 0x1FFF], rows, 38)


def number_hostile_not_implemented_and_factors_that_are_none():
    return _numbers([0x8000, 0x7FC0, 0x8000, 0], [(0, 3, 0, 1, 2), (1, 0, 0, 1), (2, 1, 0, 1), (0, 3, 0, 1)], 1)


def meter_typical_one_of_one_phase():
    regs = registers(DUMPS["ddsu666"][0][2])
    meter = Meter(1, load("ddsu666"), True)

    def call():
        meter.decode(regs, 0x2000, 16)
        meter.take()
        return meter.w

    return call, 296


def meter_worst_a_sunspec_meter():
    regs = registers(DUMPS["sunspec"][0][2])
    meter = metering("sunspec")
    meter.base = 40070

    def call():
        meter.decode(regs, 2, 31)
        meter.take()
        return meter.w

    return call, -91
