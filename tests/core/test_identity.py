"""The worked examples of the handbooks and of IEEE 2030.5."""

import binascii
import hashlib

from sluice_wire import identity

LFDI = "01E0F2357FF85E4B7EE6C60ED43B22DF278F17E0"


def test_the_lfdi_is_the_first_forty_digits_of_the_certificates_sha256():  # T2
    certificate = b"any DER bytes"
    digest = binascii.hexlify(hashlib.sha256(certificate).digest()).decode()
    assert identity.lfdi(certificate) == digest[:40].upper()


def test_the_sfdi_is_thirty_six_bits_and_a_check_digit():  # T2, V
    for lfdi, sfdi in (
        ("4075DE6031E562ACF4D9EAA765A5B2ED00057269", 173034634270),
        ("4AECA0BBB", 201123460434),
        ("B1857F74B", 476530583793),
        ("7264E5CDF", 307074408638),
        ("C1862AD77", 519487276713),
        ("09D6385B9", 26405452093),
        ("19D6385B9", 69355125059),
        ("3E4F45AB3", 167261211391),
    ):
        assert identity.sfdi(lfdi) == sfdi


def test_a_virtual_lfdi_comes_from_the_nmi_without_its_checksum():  # T3
    expected = "B538D9942C7B5B831AED81A1FEC46B3D00057269"
    assert identity.virtual_lfdi("NMI0001234", 57269) == expected
    assert identity.virtual_lfdi("NMI00012348", 57269) == expected


def test_a_pin_ends_in_its_check_digit():  # D4, V
    assert identity.pin(11111) == 111115
    assert identity.pin(12345) == 123455
    assert identity.pin_valid(111115)
    assert identity.pin_valid(1234)  # 001234
    assert not identity.pin_valid(12345)
    assert not identity.pin_valid(1111150)


def test_the_check_digit_of_an_nmi():  # D5, V
    assert identity.nmi_check_digit("2001985732") == 8
    assert identity.nmi_check_digit("QAAAVZZZZZ") == 3
    assert identity.nmi_check_digit("NBBBX11110") == 0


def test_an_nmi_has_ten_characters_or_eleven_with_the_right_checksum():  # D5
    assert identity.nmi_valid("2001985732")
    assert identity.nmi_valid("20019857328")
    assert not identity.nmi_valid("20019857327")
    assert not identity.nmi_valid("200198573")
    assert not identity.nmi_valid("2001985732a")
    assert not identity.nmi_valid("")


def test_a_usage_points_mrid_tells_device_role_and_pen():  # P4, V
    assert identity.mrid_text(identity.mup_mrid(LFDI, 0x03, 57269), 0) == "01E0F2357FF85E4B7EE6C60300057269"
    assert identity.mrid_text(identity.mup_mrid(LFDI, 0x49, 57269), 0) == "01E0F2357FF85E4B7EE6C64900057269"


def test_reading_mrids_are_computed_and_end_in_the_pen():  # P4
    site = identity.reading_mrid("average W", 0x03, 57269)
    assert site == identity.reading_mrid("average W", 0x03, 57269)
    assert len(site) == 16
    assert site[12:] == b"\x00\x05\x72\x69"
    assert len({site, identity.reading_mrid("average W", 0x49, 57269), identity.reading_mrid("var", 0x03, 57269)}) == 3


def test_an_mrid_is_shown_as_upper_case_hex_from_any_place_of_a_table():  # P4
    assert identity.mrid_text(bytes(16) + bytes(range(0xA0, 0xB0)), 16) == "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"
