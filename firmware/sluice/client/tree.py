"""The resources being polled: a table of rows that grows out of DeviceCapability by hrefs alone (T5).

A row knows its parent; when a parent no longer names it, it goes, and all that hangs on it. Nothing here
speaks to the server: `conversation` reads what is due and says what it found.
Source: IEEE 2030.5-2018 clause 6; requirements D1, D3.
"""

from micropython import const

from sluice_wire.limits import POLL_RATE_MAX_S, POLL_RATE_MIN_S

DEFAULT_RATE_S = const(300)  # the handbooks' poll rate, over the schema's 900 (D3)
NEVER = const(0x3FFFFFFF)


class Row:
    """One resource: what it is (`kind`), where, how often, when next."""

    def __init__(self, kind, href, parent, slot, rate_s, due):
        self.kind = kind
        self.href = href
        self.parent = parent
        self.slot = slot  # of its DERProgram, where it has one
        self.rate_s = rate_s
        self.due = due
        self.retries = 0
        self.read = -1  # when it was read last; -2 = never, and nobody waits for it any more


class Tree:
    """Rows in the order they were found."""

    def __init__(self, on_removed):
        """`on_removed(row)` is called for every row that goes."""
        self.rows = []
        self.found = []  # what the list being read names
        self.unread = ""  # and why not all of it could be read
        self.own = [None, 0, False, 0, 0]  # who we are at the server, as `registration` has it
        self._on_removed = on_removed

    def plant(self, kind, href, now):
        """Start from the one address that is configured."""
        self.rows.append(Row(kind, href, None, -1, DEFAULT_RATE_S, now))

    def next(self):
        """Return the row that is due first."""
        best = None
        for row in self.rows:
            if best is None or row.due < best.due:
                best = row
        return best

    def shortest_s(self):
        """Return the shortest of all poll rates."""
        return min([row.rate_s for row in self.rows])

    def find(self, kind):
        """Return the first row of this kind, or None."""
        for row in self.rows:
            if row.kind == kind:
                return row
        return None

    def polled(self, row, now, rate_s):
        """`row` was read; the server wants it every `rate_s` seconds (0 = it did not say: as its parent)."""
        if rate_s:
            row.rate_s = min(max(rate_s, POLL_RATE_MIN_S), POLL_RATE_MAX_S)
        else:
            row.rate_s = row.parent.rate_s if row.parent is not None else DEFAULT_RATE_S
        row.read = now
        row.due = now + row.rate_s

    def doubt(self, row, now):
        """`row` keeps failing, perhaps it has moved: what names it is to be read anew, if it does not fail itself."""
        above = row.parent
        while above is not None and above.due == NEVER:
            above = above.parent  # it is read with its own list
        if above is not None and not above.retries:
            above.due = min(above.due, now)

    def children(self, row, found, now, keep=False):
        """Make `found`, a list of (kind, href, program slot), the children of `row`; new ones are due at once.

        Those that `found` does not name go, unless they are to be kept: not all of the list could be read.
        """
        before = [old for old in self.rows if old.parent is row]
        for kind, href, slot in found:
            known = [old for old in before if (old.kind, old.href, old.slot) == (kind, href, slot)]
            if not known:
                self.rows.append(Row(kind, href, row, slot, row.rate_s, now))
        for child in before:
            wanted = (child.kind, child.href, child.slot)
            if wanted in found:
                if child.rate_s > row.rate_s and child.due < NEVER:
                    child.due = min(child.due, now + row.rate_s)
            elif not keep:
                self.remove(child)  # last: what it was may stand elsewhere now

    def remove(self, row):
        """Take `row` and all below it out."""
        for child in [old for old in self.rows if old.parent is row]:
            self.remove(child)
        self.rows.remove(row)
        self._on_removed(row)
