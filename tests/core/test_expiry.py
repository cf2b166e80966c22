"""When certificates end: read off their DER, told in time, and damaged ones by file and place."""

import binascii

from sluice.app.expiry import EARLY_S, FOREVER, ends, not_after, tell
from sluice_wire.sep2 import EPOCH

DAY_S = 86400
NOW = 200000000  # 2026-05-03 19:33:20Z
NEVER_ENDS = b"99991231235959Z"


def element(tag, *contents):
    content = b"".join(contents)
    n = len(content)
    if n < 0x80:
        return bytes([tag, n]) + content
    return bytes([tag, 0x82, n >> 8, n & 0xFF]) + content


def certificate(text, tag=0x18, version=b"\xa0\x03\x02\x01\x02", issuer=b"?" * 300):
    """A certificate that ends at the second `text`; no more of it than is walked over."""
    dates = element(0x30, element(0x17, b"200101000000Z"), element(tag, text))
    return element(
        0x30, element(0x30, version, b"\x02\x01\x07", element(0x30), element(0x30, issuer), dates, b"and so on")
    )


def pem(*certificates):
    begin, end = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    return b"".join([begin + binascii.b2a_base64(der) + end for der in certificates])


class Port:
    def __init__(self, **files):
        self.files = files

    def read_file(self, name):
        return self.files[name]


class Journal:
    def __init__(self):
        self.faults = {}

    def fault(self, what, why):
        self.faults[what] = why

    def well(self, what):
        self.faults.pop(what, None)


def faults(chain, ca, now=NOW):
    """Return the faults after one look at two files."""
    journal = Journal()
    tell(journal, now, ends(Port(chain=chain, ca=ca), journal, "chain", "ca"))
    return journal.faults


def refused(der):
    """Return the byte at which `der` is no certificate, None if it is one."""
    try:
        not_after(der)
    except ValueError as error:
        word, at = str(error).split(" ")
        assert word == "byte"
        return int(at)
    return None


def test_each_way_to_write_a_time_is_read():  # T10
    for tag, text, unix_s in (
        (0x17, b"260503193320Z", NOW + EPOCH),
        (0x18, b"20260503193320Z", NOW + EPOCH),
        (0x17, b"491231235959Z", 2524607999),
        (0x17, b"500101000000Z", -631152000),
        (0x17, b"991231235959Z", 946684799),
        (0x18, b"20240229120000Z", 1709208000),
        (0x18, b"20240301000000Z", 1709251200),
        (0x18, b"20531231235959Z", 2650838399),
    ):
        assert not_after(certificate(text, tag)) == unix_s - EPOCH


def test_what_ends_in_2054_or_later_ends_never():  # T1
    for text in (b"20540101000000Z", b"21000301000000Z", NEVER_ENDS):
        assert not_after(certificate(text)) == FOREVER


def test_a_certificate_of_version_1_has_no_version():
    assert not_after(certificate(b"20260503193320Z", version=b"")) == NOW


def test_a_time_that_is_none_is_refused_where_it_stands():  # T10
    at = len(certificate(NEVER_ENDS)) - len(NEVER_ENDS) - len(b"and so on") - 2
    for text in (b"20261303193320Z", b"20260003193320Z", b"2026050319332aZ", b"202605031933200", b"2026-503193320Z"):
        assert refused(certificate(text)) == at
    for text in (b"", b"Z", b"260503193320Z", b"20260503193320.5Z"):
        assert refused(certificate(text)) is not None


def test_a_certificate_that_is_cut_anywhere_is_refused():  # T10
    der = certificate(NEVER_ENDS)
    for n in range(len(der)):
        assert refused(der[:n]) == 0


def test_no_damage_is_more_than_refused():  # T10
    der = certificate(b"20260503193320Z", issuer=b"?")
    for i in range(len(der)):
        for byte in (0x00, 0x01, 0x17, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xFF):
            at = refused(der[:i] + bytes([byte]) + der[i + 1 :])
            assert at is None or 0 <= at <= len(der)


def test_what_ends_within_sixty_days_is_told_with_what_to_do():  # T10
    ending = certificate(b"20260603000000Z")
    assert faults(pem(ending), pem(ending)) == {
        "server.certificate": "the device's certificate ends on 2026-06-03 00:00:00Z, in 30 days; "
        "have a new one issued for the same request",
        "server.ca": "the utility's root certificate ends on 2026-06-03 00:00:00Z, in 30 days; "
        "ask the utility for its new one",
    }


def test_sixty_days_before_its_end_a_certificate_is_told_and_not_before():  # T10
    good, ending = pem(certificate(NEVER_ENDS)), pem(certificate(b"20260503193320Z"))
    assert faults(ending, good, NOW - EARLY_S) == {}
    for now, words in (
        (NOW - EARLY_S + 1, "ends on 2026-05-03 19:33:20Z, in 59 days;"),
        (NOW - DAY_S, "ends on 2026-05-03 19:33:20Z, in 1 day;"),
        (NOW, "ends on 2026-05-03 19:33:20Z, in 0 days;"),
        (NOW + 1, "ended on 2026-05-03 19:33:20Z;"),
    ):
        assert words in faults(ending, good, now)["server.certificate"]


def test_of_a_chain_the_one_that_ends_first_is_told_by_its_place():  # T10
    chain = pem(certificate(NEVER_ENDS), certificate(b"20260601000000Z"), certificate(b"20260604000000Z"))
    told = faults(chain, pem(certificate(NEVER_ENDS)))
    assert list(told) == ["server.certificate"]
    assert told["server.certificate"].startswith("certificate 2 of server.certificate ends on 2026-06-01 ")


def test_a_root_in_der_is_read_too():
    told = faults(pem(certificate(NEVER_ENDS)), certificate(b"20260601000000Z"))
    assert told["server.ca"].startswith("the utility's root certificate ends on 2026-06-01 ")


def test_a_damaged_file_is_told_by_name_and_place_and_the_other_is_looked_at():  # T10
    good = certificate(NEVER_ENDS)
    told = faults(pem(good, b"\x31" + good[1:]), pem(certificate(b"20260601000000Z")))
    assert told["server.certificate"] == (
        "certificate 2 of chain does not tell when it ends (wrong: byte 0); put the file there anew"
    )
    assert "ends on 2026-06-01" in told["server.ca"]
    for file in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n", pem(good)[:-30], pem(good[:-9])):
        assert faults(pem(good), file)["server.ca"].startswith("certificate 1 of ca does not tell when it ends (")


def test_a_clock_that_was_wrong_takes_the_fault_back():  # D2
    journal = Journal()
    found = ends(Port(a=pem(certificate(b"20260503193320Z")), b=pem(certificate(NEVER_ENDS))), journal, "a", "b")
    tell(journal, NOW + DAY_S, found)
    assert len(journal.faults) == 1
    tell(journal, NOW - EARLY_S, found)
    assert journal.faults == {}
