"""Goes over a DERControlList once, in one of three ways: for the smallest heap in which that can be done."""

from sluice_wire.limits import RX_SIZE


def run(way, name):
    """Give how many tokens were told, or how many events are in the store."""
    return {"tokenizer": tokenized, "reading": stored, "xmltok": tokenized_by_xmltok}[way]("/rom/" + name)


def tokenized(name):
    """By our tokenizer, for a sink that counts."""
    from sluice.sep2.xml import Tokenizer

    sink = Count()
    feed(Tokenizer(sink), name)
    return sink.told


def stored(name):
    """By our tokenizer and reader, into the event store."""
    import device_store

    from sluice.sep2.readers import Reader
    from sluice.sep2.tables import DERC_LIST
    from sluice.sep2.xml import Tokenizer

    store, _ = device_store.tables()
    store.clear(0)
    reader = Reader()
    reader.begin(DERC_LIST, lambda record: store.stage(record, 0))
    feed(Tokenizer(reader), name)
    return device_store.count(store)


def tokenized_by_xmltok(name):
    """By xmltok."""
    import xmltok

    told = 0
    with open(name) as file:
        try:
            for _ in xmltok.tokenize(file):
                told += 1
        except RuntimeError:  # so it tells the end of the file
            pass
    return told


def feed(tokenizer, name):
    buf = bytearray(RX_SIZE)
    with open(name, "rb") as file:
        n = file.readinto(buf)
        while n:
            tokenizer.feed(buf, n)
            n = file.readinto(buf)
    tokenizer.end()


class Count:
    """A sink that counts start and end tags, attributes and texts."""

    told = 0

    def start(self, name):
        self.told += 1

    def attr(self, name, buf, at, n):
        self.told += 1

    def text(self, buf, n):
        self.told += 1

    def leaf(self, name, buf, at, n):
        self.told += 3 if n else 2

    def end(self, name):
        self.told += 1
