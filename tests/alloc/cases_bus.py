"""The serial line and what hangs on it, without heap: frames out and in, registers to watts, watts to registers."""

from array import array

from bus_world import framed, words
from loops import greatest, total
from test_inverter import image
from test_meter import REGISTERS

from sluice.devices.decode import NOT_VALID, float32, scaled
from sluice.devices.errors import DeviceError
from sluice.devices.inverter import Inverter
from sluice.devices.meter import Meter
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
        return (scaled(regs, point, 0) != NOT_VALID) + (scaled(regs, point, 3) != NOT_VALID)

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
    return _refusing(_metering(regs, 0)[0]), DeviceError, _refusing(_metering(like, 0)[0])


def _refusing(call):
    def refused():
        try:
            return call()
        except DeviceError:
            return DeviceError

    return refused


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


# --- the inverter -----------------------------------------------------------------------------------


def _model_103(**changes):
    registers, headers = image()
    regs = array("H", [registers[headers[103] + i] for i in range(52)])
    for name, value in changes.items():
        regs[int(name[1:])] = value
    return regs


def _read_back(pct, enabled, sf):
    regs = array("H", [0] * 19)
    regs[0], regs[4], regs[18] = pct, enabled, sf & 0xFFFF
    return regs


def _inverter(w_max, sf=-2):
    inverter = Inverter(2)
    inverter.w_max = w_max
    inverter.confirm(_read_back(0, 1, sf), 0)
    return inverter


def _polling(regs, w, w_max=10000):
    inverter = _inverter(w_max)

    def call():
        inverter.decode(regs)
        return inverter.w

    return call, w


def inverter_decode_typical_a_sunny_hour():
    return _polling(_model_103(), 4320)


def inverter_decode_worst_the_largest_site_on_three_phases():
    return _polling(_model_103(r14=20000, r15=2, r16=65534, r20=0x7FFF, r21=4), 2 * SITE_MAX_W, SITE_MAX_W)


def inverter_decode_hostile_nothing_measured_and_factors_that_are_none():
    return _polling(_model_103(r10=0xFFFF, r11=0xFFFF, r12=0, r13=0x8000, r17=11, r20=0x8000, r21=99), 4320)


def _refusing_decode(**changes):
    return _refusing(_polling(_model_103(**changes), 0)[0])


def inverter_decode_hostile_a_refusal_costs_the_same_whatever_power_cannot_be_true():
    return _refusing_decode(r14=0x8001, r15=4), DeviceError, _refusing_decode(r14=20001, r15=0)


def inverter_decode_hostile_a_refusal_costs_the_same_whatever_is_lacking():
    return _refusing_decode(r14=0x7FFF, r15=0x8000), DeviceError, _refusing_decode(r38=0xFFFF)


def _telling(w_max, sf, limits, told):
    """The sum of what `percent` makes of these limits."""
    inverter = _inverter(w_max, sf)

    def call():
        return total(told_of, limits)

    def told_of(limit_w):
        return inverter.percent(limit_w)

    return call, told


def percent_typical_of_10_kw():
    return _telling(10000, -2, [0, 1, 1500, 5000, 10000], 0 + 1 + 1500 + 5000 + 10000)


def percent_worst_of_the_largest_site():
    return _telling(SITE_MAX_W, -2, [0, 99, 100, 107375, 999999, SITE_MAX_W], 0 + 0 + 1 + 1073 + 9999 + 10000)


def percent_hostile_limits_beyond_all_bounds():
    return _telling(SITE_MAX_W, 1, [_GREATEST, -_GREATEST - 1, -1, SITE_MAX_W + 1], 10 + 0 + 0 + 10)


def _confirming(w_max, regs, limit_w, applied_w):
    inverter = _inverter(w_max)

    def call():
        inverter.confirm(regs, limit_w)
        return inverter.applied_w

    return call, applied_w


def confirm_typical_it_holds_what_it_was_told():
    return _confirming(10000, _read_back(5000, 1, -2), 5000, 5000)


def confirm_worst_the_largest_site():
    return _confirming(SITE_MAX_W, _read_back(9999, 1, -2), SITE_MAX_W, 999900)


def confirm_hostile_a_percentage_beyond_100_under_a_limit_beyond_all_bounds():
    return _confirming(SITE_MAX_W, _read_back(10000, 0xFFFF, -2), _GREATEST, SITE_MAX_W)


def confirm_hostile_one_that_lets_through_more_costs_the_same_whatever_it_says():
    def refused(pct):
        return _refusing(_confirming(10000, _read_back(pct, 1, -2), 1000, 0)[0])

    return refused(0xFFFF), DeviceError, refused(1001)


def confirm_hostile_scale_factors_that_cannot_be_cost_the_same_whatever_they_are():
    def refused(sf):
        return _refusing(_confirming(10000, _read_back(0, 1, sf), 1000, 0)[0])

    return refused(77), DeviceError, refused(22)
