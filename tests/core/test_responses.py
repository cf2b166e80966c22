"""The queue of responses: a fixed ring, oldest first."""

from sluice.doe.responses import Responses
from sluice_wire.limits import RESPONSES_MAX


def test_responses_come_out_in_the_order_they_went_in():  # E10
    responses = Responses()
    for number in range(3):
        responses.put(b"/rsp", bytes([number] * 16), 0, number, 100 + number)
    out = []
    while responses.waiting:
        out.append((responses.status[responses.head], responses.time[responses.head]))
        responses.pop()
    assert out == [(0, 100), (1, 101), (2, 102)]


def test_a_full_queue_loses_the_oldest_and_counts_it():
    responses = Responses()
    for number in range(RESPONSES_MAX + 2):
        responses.put(b"/rsp", bytes(16), 0, 1, number)
    assert responses.lost == 2
    assert responses.waiting == RESPONSES_MAX
    assert responses.time[responses.head] == 2
