"""A serial line with real habits on both Pythons: umodbus' server answers on a pseudo-terminal, the wire spoils it."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from far_end import far_end
from umodbus.client.serial.redundancy_check import add_crc
from umodbus_line import UmodbusLine

SCRIPT = Path(__file__).parent / "read_line.py"
UNIT_ID = 7

Reply = bytes
Spoil = Callable[[Reply], Sequence[bytes | float]]
Ask = Callable[[str, int, int], list[str]]


@pytest.fixture
def ask(printed: Callable[..., str]) -> Ask:
    """`ask(device, baud, times)` runs read_line.py and gives the lines that it prints."""
    return lambda device, baud, times: printed(SCRIPT, device, baud, times).splitlines()


@contextmanager
def line(spoils: Sequence[Spoil]) -> Iterator[str]:
    """Answer each request by the next way of spoiling its reply, and those that follow as they should be."""
    device = UmodbusLine(UNIT_ID, {address: address for address in range(100, 300)})
    left = list(spoils)

    def answer(fd: int, request: bytes) -> None:
        spoil = left.pop(0) if left else whole
        for part in spoil(device.answer(request)):
            if isinstance(part, bytes):
                os.write(fd, part)
            else:
                time.sleep(part)

    with far_end(answer) as path:
        yield path


def whole(reply: Reply) -> Sequence[bytes | float]:
    return [reply]


def silent(reply: Reply) -> Sequence[bytes | float]:
    return []


def garbled(reply: Reply) -> Sequence[bytes | float]:
    return [reply[:50] + bytes([reply[50] ^ 4]) + reply[51:]]


def cut_off(reply: Reply) -> Sequence[bytes | float]:
    return [reply[:-9]]


def split(reply: Reply) -> Sequence[bytes | float]:
    return [reply[:1], 0.03, reply[1:40], 0.03, reply[40:]]


def behind_noise(reply: Reply) -> Sequence[bytes | float]:
    return [b"\x00\xff\x07\x03", 0.02, reply]


def behind_another(reply: Reply) -> Sequence[bytes | float]:
    return [bytes(add_crc(bytes([9, 3, 4, 0, 1, 0, 2]))), reply]


def late(reply: Reply) -> Sequence[bytes | float]:
    return [1.3, reply]


EXPECTED = [f"read {100 + i} {159 + i}" for i in range(9)]


def test_what_only_stands_beside_a_reply_costs_no_retry(ask: Ask) -> None:  # C2
    with line([split, behind_noise, behind_another]) as device:
        assert ask(device, 9600, 4) == [*EXPECTED[:4], "retries 0"]


def test_a_reply_that_is_spoilt_is_asked_for_again(ask: Ask) -> None:  # C2
    with line([garbled, whole, cut_off, whole, silent, whole]) as device:
        assert ask(device, 115200, 4) == [*EXPECTED[:4], "retries 3"]


def test_a_late_reply_is_taken_for_none_to_the_next_question(ask: Ask) -> None:  # C2
    with line([late, whole, whole]) as device:
        assert ask(device, 9600, 2)[-2:] == [EXPECTED[1], "retries 1"]


def test_a_device_that_stays_silent_is_asked_twice_at_first_and_then_once(ask: Ask) -> None:  # C2
    with line([silent] * 4) as device:
        assert ask(device, 9600, 4) == ["NoReply", "NoReply", "NoReply", EXPECTED[3], "retries 1"]
