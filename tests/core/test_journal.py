"""What lasts is told when it begins, when its reason changes and when it ends."""

from sluice.app.journal import Journal


class Told:
    """A port and a clock for a journal."""

    def __init__(self):
        self.lines = []
        self.s = 0

    def print(self, text):
        self.lines.append(text.split("Z ")[1])

    def now(self):
        return self.s

    uptime = now


def journal():
    told = Told()
    return Journal(told, told), told


def test_a_fault_is_told_when_it_begins_when_its_reason_changes_and_when_it_ends():
    book, told = journal()
    for second, why in ((0, "silent"), (1, "silent"), (20, "says nonsense"), (21, "says nonsense")):
        told.s = second
        book.fault("meter", why)
    book.well("meter")
    book.well("meter")
    assert told.lines == ["meter: silent", "meter: says nonsense", "meter: works again"]
    assert book.faults == {}


def test_reasons_that_change_all_the_time_are_told_one_in_ten_seconds():  # R3
    book, told = journal()
    for second in range(31):
        told.s = second
        book.fault("meter", "says %d" % second)
    assert told.lines == ["meter: says 0", "meter: says 10", "meter: says 20", "meter: says 30"]
    assert book.faults == {"meter": "says 30"}


def test_a_reason_that_came_too_soon_is_told_if_it_lasts():
    book, told = journal()
    for second, why in ((0, "silent"), (1, "says nonsense"), (9, "says nonsense"), (10, "says nonsense")):
        told.s = second
        book.fault("meter", why)
    assert told.lines == ["meter: silent", "meter: says nonsense"]


def test_what_is_gone_and_fails_again_is_told_again():
    book, told = journal()
    for end in (book.well, book.forget):
        book.fault("inverter", "silent")
        end("inverter")
    assert told.lines.count("inverter: silent") == 2
