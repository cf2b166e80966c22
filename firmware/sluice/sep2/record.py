"""The one scratch record that readers fill: the fields of a document and of the list item being read.

It is made once and filled again and again; whoever wants to keep something copies it. Times are core seconds
(since 2020); a mode's value is watts or hundredths of a percent, see sluice_wire/sep2.py; addresses and descriptions
lie as bytes in a pool.
Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS.
"""

from array import array

from micropython import const

from sluice.sep2.loops import copy
from sluice_wire.limits import HREF_MAX
from sluice_wire.sep2 import VALUE_MODES

# The texts of an item, by number
HREF = const(0)
REPLY_TO = const(1)
DESCRIPTION = const(2)
TIME_LINK = const(3)
EDEV_LIST_LINK = const(4)
MUP_LIST_LINK = const(5)
DER_LIST_LINK = const(6)
FSA_LIST_LINK = const(7)
DERP_LIST_LINK = const(8)
DDERC_LINK = const(9)
DERC_LIST_LINK = const(10)
REGISTRATION_LINK = const(11)
LOG_EVENT_LIST_LINK = const(12)
CONNECTION_POINT_LINK = const(13)
DERCAP_LINK = const(14)
DERG_LINK = const(15)
DERS_LINK = const(16)

_TEXTS = const(17)
_POOL = const(6 * 255)  # bytes of all texts of one item: an EndDevice with six addresses of HREF_MAX


class Record:
    """Texts are asked for by number: has(HREF), same(HREF, b"/tm"), text(HREF)."""

    reply_to = REPLY_TO  # for who knows a record and not this module

    def __init__(self):
        self._pool = bytearray(_POOL)
        self._used = 0
        self._at = array("H", [0] * _TEXTS)
        self._length = array("H", [0] * _TEXTS)
        self.mrid = bytearray(16)  # right-aligned, zeros before a shorter one
        self.lfdi = bytearray(20)
        self.values = array("i", [0] * VALUE_MODES)  # what the modes are set to: W, or hundredths of a percent
        self.reset()

    def reset(self):
        """Begin a document."""
        self.all_ = 0  # items of the whole list, as the server says
        self.results = 0  # items of this page, as the server says
        self.items = 0  # items that were read
        self.poll_rate = 0  # s, 0 = not given
        self.unread = ""  # why an item of the list could not be read
        self.reset_item()

    def reset_item(self):
        """Begin an item; the document's own fields stay."""
        for field in range(_TEXTS):
            self._length[field] = 0
        self._used = 0
        for i in range(16):
            self.mrid[i] = 0
        for mode in range(VALUE_MODES):
            self.values[mode] = 0
        self.post_rate = 0  # s, 0 = not given
        self.current_time = 0
        self.quality = 0
        self.has_lfdi = 0
        self.enabled = 1
        self.pin = 0
        self.primacy = 0
        self.version = 0
        self.creation_time = 0
        self.current_status = 0
        self.start = 0
        self.duration = 0  # s
        self.randomize_start = 0  # s
        self.randomize_duration = 0  # s
        self.response_required = 0
        self.role_flags = 0
        self.modes = 0  # bit mask of the modes that are set
        self.connect = 0
        self.energize = 0
        self.ramp_tms = -1  # hundredths of a second, -1 = not given
        self.set_grad_w = -1  # hundredths of a percent of setMaxW per second, -1 = not given
        self.multiplier = 0  # of the ActivePower being read
        self.value = 0  # and its value; a percentage too passes here

    def put(self, field, buf, at, n):
        """Keep the text `buf[at:at + n]`; tell whether there was room."""
        if n > HREF_MAX or self._used + n > _POOL:
            return False
        self._at[field] = self._used
        self._length[field] = n
        copy(self._pool, self._used, buf, at, n)
        self._used += n
        return True

    def has(self, field):
        """Tell whether the text was given."""
        return self._length[field] > 0

    def text(self, field):
        """Return the text as a str of its own, "" if not given."""
        at = self._at[field]
        return str(bytes(self._pool[at : at + self._length[field]]), "utf-8")

    def same(self, field, other):
        """Tell whether the text equals the bytes `other`."""
        return self._length[field] == len(other) and self._pool.startswith(other, self._at[field])
