"""Who is who on the wire: LFDI and SFDI, PIN and NMI check digits, and mRIDs that are computed, never drawn.

Both sides derive them from the same few facts (certificate, NMI, PEN), so none is ever stored or negotiated.
Source: IEEE 2030.5-2018 6.3 (LFDI, SFDI, PIN); AEMO's NMI procedure, appendix; requirements T2, T3, P4, D4, V.
"""

import binascii
import hashlib


def _hex(data):
    return binascii.hexlify(data).decode().upper()


def _digit_sum(number):
    total = 0
    while number:
        total += number % 10
        number //= 10
    return total


def _with_check_digit(number):
    """Return `number` and one more digit that makes the sum of all digits a multiple of 10."""
    return number * 10 + -_digit_sum(number) % 10


def lfdi(certificate):
    """Return the LFDI of a certificate (DER bytes): 40 upper-case hex digits."""
    return _hex(hashlib.sha256(certificate).digest()[:20])


def virtual_lfdi(nmi, pen):
    """Return the LFDI of a site that an aggregator speaks for: from the NMI without its checksum, and the PEN (T3)."""
    return _hex(hashlib.sha256(nmi[:10].encode()).digest()[:16]) + "%08d" % pen


def sfdi(lfdi_text):
    """Return the SFDI that belongs to an LFDI: its first 36 bits and a check digit."""
    return _with_check_digit(int(lfdi_text[:9], 16))


def pin(number):
    """Return the registration PIN made of five digits: their check digit goes last."""
    return _with_check_digit(number)


def pin_valid(number):
    """Tell whether the last digit of a PIN is its check digit."""
    return 0 <= number <= 999999 and _digit_sum(number) % 10 == 0


def nmi_check_digit(nmi):
    """Return the check digit (0 to 9) of a 10-character NMI."""
    total = 0
    for i, code in enumerate(nmi.encode()):
        total += _digit_sum(code * 2 if (len(nmi) - i) % 2 else code)
    return -total % 10


def nmi_valid(nmi):
    """Tell whether this is an NMI: ten capitals and digits, or these and their check digit."""
    for code in nmi.encode():
        if not (48 <= code <= 57 or 65 <= code <= 90):
            return False
    return len(nmi) == 10 or len(nmi) == 11 and nmi[10] == str(nmi_check_digit(nmi[:10]))


def mrid_text(data, at):
    """Return the mRID in the 16 bytes at `at` of `data` as 32 upper-case hex digits."""
    return _hex(data[at : at + 16])


def _pen(pen):
    """Return the last four bytes of an mRID: the PEN in decimal digits."""
    return binascii.unhexlify("%08d" % pen)


def mup_mrid(lfdi_text, role_flags, pen):
    """Return the mRID (16 bytes) of a device's usage point in this role: LFDI[0:22], role, PEN."""
    return binascii.unhexlify("%s%02X" % (lfdi_text[:22], role_flags)) + _pen(pen)


def reading_mrid(description, role_flags, pen):
    """Return the mRID (16 bytes) of a meter reading: one for each description and role of a device."""
    return hashlib.sha256(b"%02X %s" % (role_flags, description.encode())).digest()[:12] + _pen(pen)
