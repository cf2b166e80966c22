"""What is averaged, as one table: a row for each quantity, in the order of a set.

The totals come first, so that a profile without phases has the first TOTALS rows. A quantity of which nobody gives a
sample (a phase that is not there, stored energy where nothing stores) is left out of what is told.
Source: 002 10.8, table 4; IEEE 2030.5-2018 B.2.3.4 (ReadingType); requirements M1, M3, M6, P3.
"""

from micropython import const

from sluice_wire.sep2 import ROLE_SITE

# Site: + = import. DER: + = generation.
SITE_W = const(0)
SITE_VAR = const(1)
SITE_V = const(2)  # tenths of a volt, as all volts
SITE_HZ_MIN = const(3)  # hundredths of a hertz: thousandths do not fit 16 bits
SITE_HZ_MAX = const(4)
DER_W = const(5)
DER_VAR = const(6)
DER_V = const(7)
DER_WH = const(8)
TOTALS = const(9)
SITE_W1 = const(9)  # phases 1 to 3, in the order of the meter's points
SITE_VAR1 = const(12)
SITE_V1 = const(15)
DER_V1 = const(18)
ALL = const(21)

_ROW = const(6)
# role, uom, multiplier + 9, dataQualifier, kind, phase
_ROWS = (
    b"\x03\x26\x09\x02\x25\x00"  # SITE_W
    b"\x03\x3f\x09\x02\x25\x00"  # SITE_VAR
    b"\x03\x1d\x08\x02\x25\x00"  # SITE_V
    b"\x03\x21\x07\x09\x25\x00"  # SITE_HZ_MIN
    b"\x03\x21\x07\x08\x25\x00"  # SITE_HZ_MAX
    b"\x49\x26\x09\x02\x25\x00"  # DER_W
    b"\x49\x3f\x09\x02\x25\x00"  # DER_VAR
    b"\x49\x1d\x08\x02\x25\x00"  # DER_V
    b"\x49\x48\x09\x00\x0c\x00"  # DER_WH
    b"\x03\x26\x09\x02\x25\x80\x03\x26\x09\x02\x25\x40\x03\x26\x09\x02\x25\x20"  # SITE_W1 to 3
    b"\x03\x3f\x09\x02\x25\x80\x03\x3f\x09\x02\x25\x40\x03\x3f\x09\x02\x25\x20"  # SITE_VAR1 to 3
    b"\x03\x1d\x08\x02\x25\x80\x03\x1d\x08\x02\x25\x40\x03\x1d\x08\x02\x25\x20"  # SITE_V1 to 3
    b"\x49\x1d\x08\x02\x25\x80\x49\x1d\x08\x02\x25\x40\x49\x1d\x08\x02\x25\x20"  # DER_V1 to 3
)
# What uom and dataQualifier are called
_UOMS = b"\x1d\x21\x26\x3f\x48"
_UNITS = "V Hz W var Wh"
_QUALIFIERS = b"\x02\x08\x09\x00"
_OF = "average maximum minimum stored"


def row(quantity):
    """Return (role, uom, power of ten of its unit, dataQualifier, kind, phase) of a quantity."""
    role, uom, power, qualifier, kind, phase = _ROWS[quantity * _ROW : (quantity + 1) * _ROW]
    return role, uom, power - 9, qualifier, kind, phase


def description(quantity):
    """Return what a quantity is called: no two alike, at most 32 bytes, and for good, since mRIDs come from it."""
    role, uom, _, qualifier, _, phase = row(quantity)
    text = "Site " if role == ROLE_SITE else "DER "
    text += _OF.split()[_QUALIFIERS.find(bytes([qualifier]))] + " " + _UNITS.split()[_UOMS.find(bytes([uom]))]
    return text + " phase " + "ABC"[(128, 64, 32).index(phase)] if phase else text
