"""Modbus RTU: frames, and exchanges on a line with real habits."""

from array import array

from bus_world import Line, framed

from expect import finish, raises
from sluice.modbus.client import BadReply, Client, ExceptionReply, NoReply
from sluice.modbus.rtu import DONE, EXCEPTION, PENDING, Reply, crc16, encode_read, encode_write, encode_write_single
from sluice_wire.limits import ADU_MAX, REPLY_TIMEOUT_MS


def test_what_has_no_room_is_neither_written_nor_read():
    raises(ValueError, encode_read, bytearray(7), 1, 3, 0, 1)
    raises(ValueError, encode_write_single, bytearray(7), 1, 0, 1)
    raises(ValueError, encode_write, bytearray(12), 1, 0, array("H", [1, 2]), 2)
    raises(ValueError, encode_write, bytearray(13), 1, 0, array("H", [1]), 2)
    reply = Reply()
    request = bytearray(8)
    encode_read(request, 1, 3, 0, 100)
    reply.expect(request)
    raises(ValueError, reply.feed, bytearray(8), 200)


def test_the_last_byte_of_an_echo_counts_too():
    request = bytearray(16)
    encode_write(request, 1, 5, array("H", [1, 2]), 2)
    reply = Reply()
    reply.expect(request)
    wrong = framed(1, 16, 0, 5, 0, 3)
    assert reply.feed(wrong, len(wrong)) == PENDING


def client(**faults):
    line = Line({1: {i: 100 + i for i in range(200)}})
    line.faults = faults.get("faults", [])
    return Client(line), line


def test_the_crc_is_that_of_the_standard():
    # The frame of the serial line specification: unit 2, function 7, CRC 0x41 0x12 on the wire.
    assert crc16(b"\x02\x07", 0, 2) == 0x1241


def test_requests_are_the_bytes_of_the_standard():
    buf = bytearray(64)
    assert bytes(buf[: encode_read(buf, 17, 3, 0x6B, 3)]) == bytes.fromhex("1103006b00037687")
    assert bytes(buf[: encode_write_single(buf, 17, 1, 3)]) == bytes.fromhex("1106000100039a9b")
    n = encode_write(buf, 17, 1, array("H", [10, 258]), 2)
    assert bytes(buf[:n]) == bytes.fromhex("11100001000204000a0102c6f0")


def test_a_request_of_no_or_too_many_registers_is_our_own_mistake():
    buf = bytearray(300)
    for count in (0, 126):
        raises(ValueError, encode_read, buf, 1, 3, 0, count)
    for count in (0, 124):
        raises(ValueError, encode_write, buf, 1, 0, [0] * 124, count)


def test_a_read_brings_registers():
    modbus, line = client()
    finish(modbus.read(1, 3, 10, 125))
    assert list(modbus.regs) == [110 + i for i in range(125)]
    finish(modbus.read(1, 4, 3, 1))
    assert modbus.regs[0] == 103
    assert [frame[1] for frame in line.frames] == [3, 4]


def test_writes_reach_the_device():
    modbus, line = client()
    finish(modbus.write(1, 20, array("H", [7, 8, 65535]), 3))
    finish(modbus.write_single(1, 30, 9))
    assert [line.units[1][i] for i in (20, 21, 22, 30)] == [7, 8, 65535, 9]


def test_noise_foreign_frames_and_pieces_do_not_harm_a_reply():
    modbus, _ = client(faults=["noise", "foreign", "cut"])
    for address in (10, 11, 12):
        finish(modbus.read(1, 3, address, 2))
        assert list(modbus.regs[:2]) == [100 + address, 101 + address]
    assert modbus.retries == 0


def test_a_reply_that_is_garbled_silent_or_to_another_question_is_asked_for_once_more():
    for fault in ("garbled", "short", "silent", "other"):
        modbus, _ = client(faults=[fault])
        finish(modbus.read(1, 3, 10, 2))
        assert modbus.regs[0] == 110
        assert modbus.retries == 1


def test_a_late_reply_is_discarded():
    modbus, _ = client(faults=["silent", "late"])
    raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 50, 3))
    assert list(modbus.regs[:3]) == [150, 151, 152]


def test_a_device_that_stays_silent_is_named_with_what_to_check():
    modbus, line = client(faults=["silent", "silent"])
    error = raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    assert str(error) == "unit 1 does not answer: check its power, wiring, baud rate and unit id"
    assert len(line.frames) == 2
    assert modbus.retries == 1


def test_a_device_that_is_garbled_twice_is_told_from_a_silent_one():
    modbus, _ = client(faults=["garbled", "garbled"])
    error = raises(BadReply, finish, modbus.read(1, 3, 10, 2))
    assert str(error) == (
        "unit 1: what comes is no reply; check termination, parity and baud rate, "
        "and that nothing else asks on this line"
    )


def test_a_garbled_reply_costs_a_gap_and_not_the_whole_time_out():
    modbus, line = client(faults=["garbled"])
    finish(modbus.read(1, 3, 10, 2))
    assert line.waited_ms < REPLY_TIMEOUT_MS // 2


def test_a_reply_that_breaks_off_costs_a_gap_and_not_the_whole_time_out():
    modbus, line = client(faults=["short"])
    finish(modbus.read(1, 3, 10, 20))
    assert line.waited_ms < REPLY_TIMEOUT_MS // 2


def test_a_unit_that_was_silent_is_asked_but_once_until_it_answers():  # C2
    modbus, line = client(faults=["silent"] * 3)
    for asked in (2, 3):
        raises(NoReply, finish, modbus.read(1, 3, 10, 2))
        assert len(line.frames) == asked
    finish(modbus.read(1, 3, 10, 2))
    line.faults = ["silent"]
    finish(modbus.read(1, 3, 10, 2))
    assert len(line.frames) == 6


def test_a_slow_unit_is_waited_for_and_asked_once():
    modbus, line = client(faults=["slow"] * 3)
    for asked in (1, 2, 3):
        finish(modbus.read(1, 3, 10, 2))
        assert modbus.regs[0] == 110
        assert len(line.frames) == asked


def test_one_that_answered_at_once_is_soon_asked_again():  # C2
    modbus, line = client(faults=["", "silent"])
    finish(modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 10, 2))
    assert len(line.frames) == 3
    assert 0 < line.waited_ms < REPLY_TIMEOUT_MS // 2


def test_one_that_answered_at_once_and_has_become_slow_is_waited_for_from_then_on():
    modbus, line = client(faults=["", "late", "", "slow", "slow"])
    finish(modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 10, 2))
    assert len(line.frames) == 3
    finish(modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 10, 2))
    assert len(line.frames) == 5


def test_a_dead_unit_that_answered_at_once_takes_little_of_the_time_of_others():  # C2, C5
    modbus, line = client(faults=[""] + ["silent"] * 15)
    finish(modbus.read(1, 3, 10, 2))
    raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    line.waited_ms = 0
    for _ in range(13):
        raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    assert line.waited_ms <= 12 * REPLY_TIMEOUT_MS // 3 + REPLY_TIMEOUT_MS


def test_a_dead_unit_that_is_replaced_by_a_slower_one_is_found():  # R2
    modbus, line = client(faults=["", "silent", "silent"] + ["slow"] * 7)
    finish(modbus.read(1, 3, 10, 2))
    for _ in range(7):
        raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 10, 2))
    assert modbus.regs[0] == 110


def test_a_unit_never_heard_is_given_all_the_time_there_is():
    modbus, line = client(faults=["silent"] * 2 + ["slow"])
    raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 10, 2))
    assert modbus.regs[0] == 110


def test_a_unit_that_is_silent_keeps_no_other_from_being_asked_twice():
    modbus, line = client(faults=["silent", "silent", "silent"])
    raises(NoReply, finish, modbus.read(2, 3, 10, 2))
    finish(modbus.read(1, 3, 10, 2))
    assert len(line.frames) == 4


def test_clients_on_two_lines_may_share_their_buffers_and_nothing_else():  # C5
    modbus, line = client(faults=["silent"] * 2)
    other = Client(Line({1: {10: 7}}), modbus)
    raises(NoReply, finish, modbus.read(1, 3, 10, 1))
    finish(other.read(1, 3, 10, 1))
    assert (other.regs[0], modbus.regs) == (7, other.regs)
    line.faults = ["silent"]
    raises(NoReply, finish, modbus.read(1, 3, 10, 1))
    assert len(line.frames) == 3
    finish(modbus.read(1, 3, 10, 1))
    assert modbus.regs[0] == 110


def test_an_exception_is_told_in_words_and_not_asked_again():
    modbus, line = client(faults=["code 3"])
    error = raises(ExceptionReply, finish, modbus.write(1, 10, array("H", [1]), 1))
    assert str(error) == "unit 1 refuses with exception 3: it does not take this value"
    assert error.code == 3
    assert len(line.frames) == 1


class Babble:
    """A line that never stops talking."""

    async def ask(self, request, n, buf, timeout_ms):
        return await self.readinto(buf, timeout_ms)

    async def readinto(self, buf, timeout_ms):
        for i in range(len(buf)):
            buf[i] = 0x55
        return len(buf)


def test_a_line_that_babbles_is_given_up():
    raises(BadReply, finish, Client(Babble()).read(1, 3, 0, 1))


def test_every_cut_of_a_reply_gives_the_same_registers():
    request = bytearray(8)
    encode_read(request, 1, 3, 0, 4)
    whole = b"\x01\x83" + framed(1, 3, 8, 1, 3, 8, 0, 0, 1, 3, 8)
    for cut in range(1, len(whole)):
        reply = Reply()
        reply.expect(request)
        assert reply.feed(whole[:cut], cut) == PENDING
        assert reply.feed(whole[cut:], len(whole) - cut) == DONE
        assert list(reply.regs[:4]) == [0x0103, 0x0800, 0x0001, 0x0308]


def test_an_echo_of_a_write_must_be_of_this_write():
    request = bytearray(13)
    encode_write(request, 1, 5, array("H", [1, 2]), 2)
    reply = Reply()
    reply.expect(request)
    assert reply.feed(framed(1, 16, 0, 6, 0, 2), 8) == PENDING
    assert reply.feed(framed(1, 16, 0, 5, 0, 2), 8) == DONE


def awaiting(count):
    """Return the reply to a read of `count` registers of unit 1."""
    request = bytearray(8)
    encode_read(request, 1, 3, 0, count)
    reply = Reply()
    reply.expect(request)
    return reply


def test_the_longest_reply_is_found_behind_the_longest_noise():
    reply = awaiting(125)
    noise = bytes([1, 3]) * (ADU_MAX // 2)
    whole = framed(1, 3, 250, *range(250))
    for _ in range(5):
        assert reply.feed(noise, len(noise)) == PENDING
    assert reply.feed(whole, len(whole)) == DONE
    assert reply.regs[124] == 248 << 8 | 249


def test_a_reply_cut_short_does_not_hide_the_whole_one_behind_it():
    reply = awaiting(2)
    whole = framed(1, 3, 4, 0, 1, 0, 2)
    assert reply.feed(whole, len(whole) - 1) == PENDING
    assert reply.feed(whole, len(whole)) == DONE


def test_a_reply_with_any_bit_flipped_is_not_believed():
    whole = framed(1, 3, 4, 0, 1, 0, 2)
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        assert awaiting(2).feed(flipped, len(flipped)) == PENDING


def test_an_exception_to_another_function_is_not_ours():
    reply = awaiting(2)
    assert reply.feed(framed(1, 0x84, 2), 5) == PENDING
    assert reply.feed(framed(1, 0x83, 2), 5) == EXCEPTION
    assert reply.exception == 2
