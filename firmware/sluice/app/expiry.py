"""When our certificates and the utility's root end: told early enough that somebody can still do something about it.

Only the date is read, by a walk down the DER to the Validity; whether a certificate is good is for TLS to say. This is
loaded at start and once a day, and given back.
Source: RFC 5280 4.1, 4.1.2.5; X.690 8.1; requirement T10.
"""

from micropython import const

from .clock import utc_text
from .device import BEGIN, first_certificate

CERTIFICATE = const("server.certificate")
CA = const("server.ca")
FOREVER = const(1073741823)  # of what ends in 2054 or later, as the certificate of a device does: in the year 9999
EARLY_S = const(5184000)  # 60 days: to notice it, to ask, to wait for the answer, to go there

_DAY_S = const(86400)
_LAST_YEAR = const(2053)

# Tags of DER.
_SEQUENCE = b"\x30"
_VERSION = b"\xa0"
_INTEGER = b"\x02"
_UTC_TIME = b"\x17"
_TIMES = b"\x17\x18"  # UTCTime, GeneralizedTime

# What the configuration names, what stands there first, and who has a new one.
_FILES = (
    (CERTIFICATE, "the device's certificate", "have a new one issued for the same request"),
    (CA, "the utility's root certificate", "ask the utility for its new one"),
)
_DAMAGED = "certificate %d of %s does not tell when it ends (wrong: %s); put the file there anew"


def not_after(der):
    """Return the core second at which the certificate `der` ends, FOREVER at the most.

    ValueError says at which byte it is no certificate.
    """
    _, at, _ = _element(der, 0, _SEQUENCE)
    _, at, _ = _element(der, at, _SEQUENCE)
    if der[at : at + 1] == _VERSION:
        _, _, at = _element(der, at, _VERSION)
    for tag in (_INTEGER, _SEQUENCE, _SEQUENCE):  # serialNumber, signature, issuer
        _, _, at = _element(der, at, tag)
    _, at, _ = _element(der, at, _SEQUENCE)  # validity
    _, _, at = _element(der, at, _TIMES)  # notBefore
    tag, begin, end = _element(der, at, _TIMES)
    text = der[begin:end]
    if tag == _UTC_TIME:
        text = (b"20" if text < b"50" else b"19") + text
    if len(text) != 15 or not text[:14].isdigit() or text[14:] != b"Z" or not b"01" <= text[4:6] <= b"12":
        raise ValueError("byte %d" % at)
    year = int(text[:4])
    if year > _LAST_YEAR:
        return FOREVER
    month, day, hour, minute, second = [int(text[i : i + 2]) for i in range(4, 14, 2)]
    # Years since 2020 that begin in March, so that the leap day is the last.
    year -= 2020 + (month < 3)
    month += 9 if month < 3 else -3
    day += 59 + 365 * year + year // 4 + (153 * month + 2) // 5
    return ((day * 24 + hour) * 60 + minute) * 60 + second


def ends(port, journal, certificate, ca):
    """Return (row of _FILES, place in it, core second) of what ends first in each of the two files, if it ever does.

    A damaged one is a fault, told to the journal.
    """
    found = []
    for row, name in enumerate((certificate, ca)):
        first = FOREVER, 0
        place = 1
        try:
            for der in _certificates(port.read_file(name)):
                first = min(first, (not_after(der), place))
                place += 1
        except ValueError as error:
            journal.fault(_FILES[row][0], _DAMAGED % (place, name, error))
            continue
        if first[1]:
            found.append((row, first[1], first[0]))
    return found


def tell(journal, now, found):
    """Make a fault of each that `ends` has found to end within EARLY_S of core second `now`."""
    for row, place, end in found:
        what, subject, remedy = _FILES[row]
        left = end - now
        if left >= EARLY_S:
            journal.well(what)
            continue
        if place > 1:
            subject = "certificate %d of %s" % (place, what)
        when = "ended on " + utc_text(end)
        if left >= 0:
            days = left // _DAY_S
            when = "ends on %s, in %d day%s" % (utc_text(end), days, "" if days == 1 else "s")
        journal.fault(what, "%s %s; %s" % (subject, when, remedy))


def _certificates(file):
    at = file.find(BEGIN)
    if at < 0:
        yield file  # DER
    while at >= 0:
        yield first_certificate(file[at:])
        at = file.find(BEGIN, at + 1)


def _element(der, at, tags):
    """Return the tag, one of `tags`, of the element at `at`, and where its content begins and ends."""
    tag = der[at : at + 1]
    n = int.from_bytes(der[at + 1 : at + 2], "big")
    begin = at + 2
    if n & 0x80:
        begin += n & 0x7F
        n = int.from_bytes(der[at + 2 : begin], "big")
    if tag not in tags or begin + n > len(der):
        raise ValueError("byte %d" % at)
    return tag, begin, begin + n
