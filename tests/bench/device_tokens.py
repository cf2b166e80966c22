"""What it costs to read a DERControlList into the event store: ours, and xmltok with the least code."""

import device_store
from stopwatch import cost

from sluice.sep2.readers import Reader
from sluice.sep2.tables import DERC_LIST
from sluice.sep2.xml import Tokenizer
from sluice_wire.limits import MAX_EVENTS, RX_SIZE


class Ours:
    """The way from blocks of bytes to slots."""

    def __init__(self):
        self.buf = bytearray(RX_SIZE)
        self.reader = Reader()
        self.tokenizer = Tokenizer(self.reader)
        self.staged, _ = device_store.tables()

    def read(self, name):
        """Read a document, and give how many events are in the store."""
        self.staged.clear(0)
        self.reader.begin(DERC_LIST, self.take)
        self.tokenizer.reset()
        with open("/rom/" + name, "rb") as file:
            n = file.readinto(self.buf)
            while n:
                self.tokenizer.feed(self.buf, n)
                n = file.readinto(self.buf)
        self.tokenizer.end()
        return device_store.count(self.staged)

    def take(self, record):
        self.staged.stage(record, 0)


def read_by_xmltok(name):
    """Read the same document by xmltok, and give how many events were kept: texts as they are, nothing checked."""
    import xmltok

    kept = []
    event = None
    mode = tag = ""
    with open("/rom/" + name) as file:
        tokens = xmltok.tokenize(file)
        while True:
            try:
                token = next(tokens)
            except (RuntimeError, StopIteration):  # so it tells the end of the file
                return len(kept)
            kind = token[0]
            if kind == "START_TAG":
                tag = token[1][1]
                if tag == "DERControl":
                    event = {}
                elif tag.startswith("opMod"):
                    mode = tag
            elif kind == "ATTR":
                if event is not None:
                    event[token[1][1]] = token[2]
            elif kind == "TEXT":
                text = token[1].strip()
                if text and event is not None:
                    event[mode + tag] = text
            elif kind == "END_TAG":
                if token[1][1] == "DERControl":
                    if len(kept) < MAX_EVENTS:
                        kept.append(event)
                    event = None
                elif token[1][1] == mode:
                    mode = ""


def run(name, who="both"):
    """Give the cost of reading a document, by both or by one of them."""
    readers = {"ours": Ours().read, "xmltok": read_by_xmltok}
    if who != "both":
        readers = {who: readers[who]}
    assert {read(name) for read in readers.values()} == {MAX_EVENTS}
    return {who: cost(read, name) for who, read in readers.items()}
