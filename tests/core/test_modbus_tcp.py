"""Modbus TCP: the client's frames in MBAP over a connection with real habits."""

from array import array

from bus_world import Line, Tcp, framed

from expect import finish, raises
from sluice.modbus.client import Client, ExceptionReply, NoReply
from sluice.modbus.tcp import TcpLine


def client(*faults):
    """Return a client, and the connection on which it asks unit 1."""
    stream = Tcp(Line({1: {i: 100 + i for i in range(200)}}))
    stream.faults = list(faults)
    return Client(TcpLine(stream)), stream


def test_requests_are_the_bytes_of_the_guide():
    modbus, stream = client()
    finish(modbus.read(1, 3, 4, 1))
    finish(modbus.write(1, 20, array("H", [7, 8]), 2))
    assert stream.frames == [
        bytes.fromhex("000100000006010300040001"),
        bytes.fromhex("00020000000b01100014000204") + bytes([0, 7, 0, 8]),
    ]
    assert modbus.regs[0] == 104
    assert stream.line.units[1][21] == 8


def test_the_longest_reply_comes_whole_and_in_pieces():  # C5
    for fault in ("", "cut"):
        modbus, _ = client(fault)
        finish(modbus.read(1, 4, 10, 125))
        assert list(modbus.regs) == [110 + i for i in range(125)]


def test_a_late_reply_and_a_foreign_one_are_passed_over():
    modbus, stream = client("late", "late", "foreign", "")
    raises(NoReply, finish, modbus.read(1, 3, 10, 2))
    finish(modbus.read(1, 3, 50, 2))
    assert list(modbus.regs[:2]) == [150, 151]
    finish(modbus.read(1, 3, 60, 2))
    assert list(modbus.regs[:2]) == [160, 161]


def test_a_reply_that_does_not_come_is_asked_for_once_more_under_another_id():
    modbus, stream = client("silent")
    finish(modbus.read(1, 3, 10, 2))
    assert [frame[:2] for frame in stream.frames] == [b"\0\x01", b"\0\x02"]
    assert modbus.retries == 1


def test_an_exception_is_told_in_words():
    modbus, _ = client("code 11")
    error = raises(ExceptionReply, finish, modbus.read(1, 3, 10, 2))
    assert str(error) == "unit 1 refuses with exception 11: the device behind it does not answer"


def test_a_connection_that_is_lost_or_speaks_something_else_is_an_error_of_the_system():
    for fault, words in (("closed", "ECONNRESET"), ("http", "what answers there speaks no Modbus TCP")):
        modbus, _ = client(fault)
        assert words in str(raises(OSError, finish, modbus.read(1, 3, 10, 2)))


def test_every_cut_of_two_replies_gives_the_second_one():
    line = TcpLine(None)
    request = bytes.fromhex("01030004000145cb")
    for _ in range(2):
        line.put(request, 8)
    arriving = bytes.fromhex("0001000000050103020102" + "0002000000050103020304")
    for cut in range(1, len(arriving)):
        buf = bytearray(256)
        for piece in (arriving[:cut], arriving[cut:]):
            line._rx[line._have : line._have + len(piece)] = piece
            line._have += len(piece)
            n = line.take(buf)
        assert bytes(buf[:n]) == framed(1, 3, 2, 3, 4), cut
