"""The table of resources being polled."""

from sluice.client.tree import DEFAULT_RATE_S, NEVER, Tree
from sluice_wire.limits import POLL_RATE_MAX_S, POLL_RATE_MIN_S

DCAP, LIST, ITEM = 0, 1, 2


def planted():
    gone = []
    tree = Tree(lambda row: gone.append(row.href))
    tree.plant(DCAP, "/dcap", 100)
    return tree, gone


def test_what_a_parent_names_is_due_at_once_in_the_order_it_was_found():  # D1
    tree, _ = planted()
    tree.polled(tree.next(), 100, 0)
    tree.children(tree.find(DCAP), [(LIST, "/b", -1), (LIST, "/a", -1)], 100)
    first = tree.next()
    assert first.href == "/b"
    tree.polled(first, 100, 0)
    assert tree.next().href == "/a"


def test_a_resource_that_gives_no_rate_is_polled_as_often_as_its_parent():  # D3
    tree, _ = planted()
    dcap = tree.find(DCAP)
    tree.polled(dcap, 100, 60)
    tree.children(dcap, [(LIST, "/a", -1)], 100)
    tree.polled(tree.find(LIST), 100, 0)
    assert tree.find(LIST).due == 160
    assert Tree(None).next() is None


def test_without_any_rate_it_is_300_seconds_and_less_than_10_is_not_believed():  # D3
    tree, _ = planted()
    dcap = tree.find(DCAP)
    tree.polled(dcap, 100, 0)
    assert dcap.due == 100 + DEFAULT_RATE_S
    tree.polled(dcap, 100, 1)
    assert dcap.due == 100 + POLL_RATE_MIN_S
    tree.polled(dcap, 100, 4294967295)
    assert dcap.due == 100 + POLL_RATE_MAX_S


def test_a_rate_that_is_no_longer_given_holds_no_longer():  # D3
    tree, _ = planted()
    dcap = tree.find(DCAP)
    tree.polled(dcap, 100, 60)
    tree.polled(dcap, 160, 0)
    assert dcap.due == 160 + DEFAULT_RATE_S


def test_what_is_to_be_kept_stays_though_nobody_names_it():  # P5
    tree, gone = planted()
    dcap = tree.find(DCAP)
    tree.children(dcap, [(LIST, "/a", -1)], 100)
    tree.children(dcap, [(LIST, "/b", -1)], 100, "an item cannot be read")
    assert [row.href for row in tree.rows] == ["/dcap", "/a", "/b"]
    assert gone == []


def test_a_faster_rate_of_the_parent_is_taken_at_once():  # D3
    tree, _ = planted()
    dcap = tree.find(DCAP)
    tree.polled(dcap, 100, 0)
    tree.children(dcap, [(LIST, "/a", -1)], 100)
    tree.polled(tree.find(LIST), 100, 0)
    tree.polled(dcap, 110, 60)
    tree.children(dcap, [(LIST, "/a", -1)], 110)
    assert tree.find(LIST).due == 170


def test_what_is_no_longer_named_goes_with_all_below_it():  # T5
    tree, gone = planted()
    dcap = tree.find(DCAP)
    tree.children(dcap, [(LIST, "/a", -1), (LIST, "/b", -1)], 100)
    tree.children(tree.find(LIST), [(ITEM, "/a/1", 3)], 100)
    tree.children(dcap, [(LIST, "/b", -1)], 100)
    assert gone == ["/a/1", "/a"]
    assert [row.href for row in tree.rows] == ["/dcap", "/b"]


def test_what_names_a_resource_that_keeps_failing_is_read_anew():  # T5
    tree, _ = planted()
    dcap = tree.find(DCAP)
    tree.polled(dcap, 100, 0)
    tree.children(dcap, [(LIST, "/p", 0)], 100)
    tree.polled(tree.find(LIST), 100, 0)
    tree.children(tree.find(LIST), [(ITEM, "/p/1", 0)], 100)
    item = tree.find(ITEM)
    tree.doubt(item, 110)
    assert tree.find(LIST).due == 110
    tree.find(LIST).due = NEVER
    tree.doubt(item, 120)
    assert (tree.find(LIST).due, dcap.due) == (NEVER, 120)
    tree.doubt(dcap, 130)
    assert dcap.due == 120


def test_what_is_never_polled_itself_is_never_due():
    tree, _ = planted()
    dcap = tree.find(DCAP)
    tree.polled(dcap, 100, 0)
    tree.children(dcap, [(ITEM, "/p", 0)], 100)
    tree.find(ITEM).due = NEVER
    assert tree.next() is dcap
