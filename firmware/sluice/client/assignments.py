"""What is assigned to us: the programs that the FunctionSetAssignments lead to, their defaults and their events.

A program is known by its mRID, wherever it stands. One that no list names any more goes with all it holds, but not
before every list that leads to programs has been read: what has moved is found under its new address first, and what
is remembered from before a restart holds as long.
Source: IEEE 2030.5-2018 10.10.4; requirements D1, E5, E7, E13, T5, T7.
"""

from sluice.doe.staged import Staged
from sluice.sep2.record import DDERC_LINK, DERC_LIST_LINK, DERP_LIST_LINK, DESCRIPTION, HREF
from sluice_wire.limits import MAX_PROGRAMS

from .backoff import RETRIES_S
from .kinds import DDERC, DERC_LIST, DERP, DERP_LIST
from .tree import NEVER


class Assignments:
    """Hands what lists and documents say to `programs` and `events`."""

    def __init__(self, clock, journal, session, programs, events, tree):
        self._clock = clock
        self._journal = journal
        self._session = session
        self._programs = programs
        self._events = events
        self._staged = Staged(events)
        self._tree = tree
        self._left_out = False  # the list being read names more than there is room for
        self._crowded = []  # rows of those that did so when they were read last

    def begin(self, row):
        """The document of `row` is about to be read, from its first page on."""
        self._left_out = False
        self._staged.clear(max(0, row.slot))

    def fsa(self, record):
        """A FunctionSetAssignments of the list."""
        href = self._session.link(DERP_LIST_LINK)
        if href and (DERP_LIST, href, -1) not in self._tree.found:
            self._find((DERP_LIST, href, -1))

    def _find(self, what):
        # Keep what a list names, within the bound of programs; an item beyond it is left out.
        if len(self._tree.found) < MAX_PROGRAMS:
            self._tree.found.append(what)
        else:
            self._left_out = True

    def fsas_read(self, row, _, now):
        """The list has been read."""
        self._tree.children(row, self._tree.found, now, self._tree.unread)
        self._tell_left_out(row)

    def _tell_left_out(self, row):
        self._crowded = [other for other in self._crowded if other is not row and other in self._tree.rows]
        if self._left_out:
            self._crowded.append(row)
        if self._crowded:
            self._journal.fault("programs", "more than the device follows; the first %d count" % MAX_PROGRAMS)
        else:
            self._journal.well("programs")

    def derp(self, record):
        """A DERProgram of the list; one that is named twice counts once."""
        link = self._session.link
        mrid = bytes(record.mrid)
        if mrid not in [found[0] for found in self._tree.found]:
            self._find(
                (
                    mrid,
                    record.primacy,
                    record.text(DESCRIPTION),
                    link(HREF),
                    link(DDERC_LINK),
                    link(DERC_LIST_LINK),
                )
            )

    def derps_read(self, row, _, now):
        """The list has been read."""
        below = {}
        for mrid, primacy, title, href, dderc, derc in self._tree.found:
            slot = self._programs.put(mrid, primacy, title)
            if slot < 0:
                self._left_out = True
                continue
            if self._programs.is_new:
                self._events.answered.forget_program(slot)
            if self._programs.is_moved:
                self._events.hiding_less()
            if not dderc:
                self._programs.clear_default(slot)
            if not derc:
                self._staged.clear(slot)
                self._events.merge(self._staged, self._clock.now())  # as a list that names nothing
            links = ((DDERC, dderc, slot), (DERC_LIST, derc, slot))
            below[(DERP, href, slot)] = [link for link in links if link[1]]
        self._tell_left_out(row)
        if below:
            self._journal.well("assignments")
        self._tree.children(row, list(below), now, self._tree.unread)
        for child in [other for other in self._tree.rows if other.parent is row]:
            child.due = NEVER  # read with its list
            child.rate_s = row.rate_s
            links = below.get((DERP, child.href, child.slot))
            if links is not None:
                self._tree.children(child, links, now)

    def dderc_read(self, row, record, _):
        """A DefaultDERControl, or that there is none."""
        if record:
            self._programs.set_default(row.slot, record)
        else:
            self._programs.clear_default(row.slot)

    def has_default(self, slot):
        """Tell whether the program's default sets anything at present."""
        return self._programs.default_modes[slot] != 0

    def derc(self, record):
        """A DERControl of the list."""
        self._staged.stage(record, self._clock.now())

    def enough(self):
        """Tell whether the next page would bring nothing that there is room for."""
        return self._staged.enough(self._clock.now())

    def dercs_read(self, *_):
        """The list has been read."""
        self._events.merge(self._staged, self._clock.now())

    # --- what is gone -------------------------------------------------------------------------------

    def lose(self, row):
        """A DERProgram's `row` has left the tree: it goes if it turns up nowhere else."""
        for other in self._tree.rows:
            if other.read == -1 and other.retries > len(RETRIES_S):
                other.read = -2  # it has failed all along: what it may lead to was not here

    def drop_lost(self):
        """Once all that leads to programs has been read, those that nothing leads to go."""
        listed = []
        for row in self._tree.rows:
            if row.kind <= DERP_LIST and row.read == -1:
                return
            if row.kind == DERP:
                listed.append(row.slot)
        if not listed and not [what for what in ("registration", "PIN", "NMI") if what in self._journal.faults]:
            self._journal.fault("assignments", "the server assigns no DERProgram to this device; fixed limits hold")
        for slot in range(MAX_PROGRAMS):
            if self._programs.used[slot] and slot not in listed:
                self._drop(slot)

    def _drop(self, slot):
        self._events.drop_program(slot)
        self._programs.remove(slot)
        for row in self._crowded:
            if not row.retries:
                row.due = min(row.due, self._clock.uptime() + 1)  # there is room now
