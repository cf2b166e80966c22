"""The one store for everything small that must survive a power cut: a record per name, a file per record.

A record is the columns of something that lives in memory, one after the other behind a header, so that saving joins
and loading makes nothing. It is written whole beside the old one and renamed over it (port.replace_file): a cut at
any instant leaves the old or the new one. What is loaded is checked first, so that a damaged file is as good as none.
A record whose columns change their meaning but not their size gets a new name.
Source: docs/events.md 6.3, 7.3.
"""

import errno
import struct
from binascii import crc32

from micropython import const

_MAGIC = b"SLUI"
_LAYOUT = const(1)
_HEADER = "<4sIII"  # magic, layout, bytes of all columns, CRC-32 of these three and the columns
_HEADER_SIZE = const(16)
_CHECKED = const(12)  # bytes of the header that the CRC covers
_PIECE = const(256)  # bytes read at a time while checking

_NOT_SAVED = "cannot be saved (%s), a restart would find what was saved before; there must be room, and leave to write"
_NOT_LOADED = "%s: %s; it counts as never saved, and the next save replaces it"


class Store:
    """Records in `folder`, which is made when the first one is saved. Neither method lets an OSError out."""

    def __init__(self, port, journal, folder):
        self._port = port
        self._journal = journal
        self._folder = folder
        # Record, without its number -> how often it was written since the start, or tried: what the flash wears by
        self.writes = {}
        self.failed = 0  # saves that failed

    def save(self, name, parts):
        """Make the buffers in `parts` the record `name`. Return False, and count it, if the disk does not take it."""
        kind = name.rstrip("0123456789")  # a name for each number would stay on the heap
        where = self._folder + "/" + kind
        self.writes[kind] = self.writes.get(kind, 0) + 1
        try:
            self._port.make_folder(self._folder)
            self._port.replace_file(where + name[len(kind) :], [_header(parts)] + list(parts))
        except OSError as error:
            self.failed += 1
            self._journal.fault(where, _NOT_SAVED % error)
            return False
        self._journal.well(where)
        return True

    def load(self, name, parts):
        """Fill the buffers in `parts` from the record `name`. Return False and leave them if it is missing or damaged.

        If the disk fails between the checking and the filling, they are all zeros.
        """
        path = self._folder + "/" + name
        try:
            with self._port.open_file(path) as file:
                wrong = _objection(file, parts) or _fill(file, parts)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return False
            wrong = "cannot be read (%s)" % error
        if wrong:
            self._journal.write(_NOT_LOADED % (path, wrong))
        return not wrong


def _size(parts):
    # MicroPython cannot tell the bytes of an item but by making one.
    return sum([len(part) * len(bytes(part[:1])) for part in parts])


def _header(parts):
    header = bytearray(_HEADER_SIZE)
    struct.pack_into(_HEADER, header, 0, _MAGIC, _LAYOUT, _size(parts), 0)
    struct.pack_into("<I", header, _CHECKED, _crc(header, parts))
    return header


def _crc(header, parts):
    crc = crc32(memoryview(header)[:_CHECKED])
    for part in parts:
        crc = crc32(part, crc)
    return crc


def _objection(file, parts):
    # What is wrong with the record, "" if nothing; the parts are not touched.
    header = bytearray(_HEADER_SIZE)
    if file.readinto(header) < _HEADER_SIZE:
        return "cut short"
    magic, layout, size, crc = struct.unpack(_HEADER, header)
    if magic != _MAGIC or layout != _LAYOUT:
        return "not a record of this firmware"
    if size != _size(parts):
        return "holds %d bytes where this firmware has %d" % (size, _size(parts))
    found = _crc(header, ())
    piece = bytearray(_PIECE)
    n = file.readinto(piece)
    while n:
        found = crc32(memoryview(piece)[:n], found)
        n = file.readinto(piece)
    return "" if found == crc else "damaged"


def _fill(file, parts):
    # Read once more, now into the parts. A disk that gives something else than a moment ago leaves zeros.
    whole = False
    header = bytearray(_HEADER_SIZE)
    try:
        file.seek(0)
        file.readinto(header)
        for part in parts:
            file.readinto(part)
        whole = header == _header(parts)
    finally:
        if not whole:
            for part in parts:
                for i in range(len(part)):
                    part[i] = 0
    return "" if whole else "damaged"
