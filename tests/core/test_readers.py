"""The readers: the handbook's documents give the values of requirements V; what cannot be read is refused by name."""

from sep2_documents import (
    DCAP,
    DDERC,
    DER_LIST,
    DERC_LIST,
    DERC_LIST_OLD,
    DERC_LIST_SHORT,
    DERP_LIST,
    EDEV_LIST,
    FSA_LIST,
    MUP_LIST,
    RG,
    TM,
    feed,
    read,
)

from expect import raises
from sluice.sep2 import record as texts
from sluice.sep2 import tables, values
from sluice.sep2.kinds import LARGEST
from sluice.sep2.readers import Reader, ReadError
from sluice.sep2.values import TIME_MAX
from sluice.sep2.xml import Tokenizer
from sluice_wire.sep2 import (
    CONNECT,
    ENERGIZE,
    EPOCH,
    EXP_LIM,
    FIXED,
    GEN_LIM,
    IMP_LIM,
    LOAD_LIM,
    MAX_LIM,
    NS_CSIPAUS_12,
    NS_CSIPAUS_13,
    STORAGE_TARGET,
    TARGET,
)

WATTS = 1 << EXP_LIM | 1 << IMP_LIM | 1 << GEN_LIM | 1 << LOAD_LIM


def collect(kind, document, take):
    """Return what take(record) gives for each item of the list."""
    taken = []
    read(kind, document, on_item=lambda record: taken.append(take(record)))
    return taken


def refusal(kind, document):
    reader = Reader()
    reader.begin(kind)
    return str(raises(ReadError, feed, Tokenizer(reader), document))


def limits(record):
    return record.values[IMP_LIM], record.values[EXP_LIM], record.values[GEN_LIM], record.values[LOAD_LIM]


def test_the_events_of_the_test_program_are_read():  # V
    assert collect(tables.DERC_LIST, DERC_LIST, lambda record: (record.start + EPOCH,) + limits(record)) == [
        (1682475300, 3512, 2512, 30000, 30000),
        (1682475600, 2510, 2500, 0, 0),
        (1682475900, 5000, 5000, 0, 0),
        (1682476200, 12000, 10000, 0, 0),
        (1682476500, 0, 0, 0, 0),
    ]


def test_the_modes_of_an_event_are_those_it_sets():  # E2
    pair = 1 << EXP_LIM | 1 << IMP_LIM
    assert collect(tables.DERC_LIST, DERC_LIST, lambda record: record.modes) == [WATTS, pair, pair, pair, WATTS]


def test_an_event_is_read_with_all_that_the_schedule_needs():  # E3, E8, E10
    event = collect(
        tables.DERC_LIST,
        DERC_LIST,
        lambda record: (
            bytes(record.mrid),
            record.creation_time + EPOCH,
            record.duration,
            record.current_status,
            record.response_required,
            record.text(texts.REPLY_TO),
            record.ramp_tms,
        ),
    )[0]
    mrid = bytes([0xDC, 0x1B, 0x27, 0xAC, 0x94, 0x3B, 0x44, 0xAC, 0x87, 0xDA, 0xF7, 0xE1, 0x62, 0xB6, 0xF6, 0xD4])
    assert event == (mrid, 1682511010, 300, 0, 3, "/api/v2/rsps/res-ms/rsp", -1)


def test_a_list_that_lies_about_its_length_is_read_as_far_as_it_goes():  # T6, V
    record = read(tables.DERC_LIST, DERC_LIST_SHORT)
    assert (record.all_, record.results, record.items) == (5, 5, 3)


def test_the_older_namespace_plain_watts_and_a_short_mrid_are_read():  # P2, P3, P4
    record = read(tables.DERC_LIST, DERC_LIST_OLD)
    assert (record.values[IMP_LIM], record.values[EXP_LIM]) == (20000, 5000)
    assert bytes(record.mrid) == b"\0\0\0\0\0\0\0\0\xab\xcd\xef\x01\x23\x45\x67\x89"
    assert (record.current_status, record.randomize_start, record.duration) == (1, 10, 86400)
    assert record.text(texts.DESCRIPTION) == "Example DERControl 1"


def test_the_default_control_is_read():  # E5, E12, V
    record = read(tables.DDERC, DDERC)
    assert (record.values[IMP_LIM], record.values[EXP_LIM], record.energize) == (1500, 1500, 1)
    assert record.modes == 1 << IMP_LIM | 1 << EXP_LIM | 1 << ENERGIZE
    assert record.set_grad_w == -1  # setSoftGradW is something else


def test_set_grad_w_and_connect_of_a_default_are_read():  # E12
    record = read(
        tables.DDERC,
        DDERC.replace(b"<setSoftGradW>", b"<setGradW>28</setGradW><setSoftGradW>").replace(
            b"<opModEnergize>true</opModEnergize>", b"<opModConnect>0</opModConnect><rampTms>6000</rampTms>"
        ),
    )
    assert (record.set_grad_w, record.connect, record.ramp_tms) == (28, 0, 6000)
    assert record.modes & (1 << CONNECT | 1 << ENERGIZE) == 1 << CONNECT


def based(inner):
    """Return the handbook's default with this in its DERControlBase instead of opModEnergize."""
    return DDERC.replace(b"<opModEnergize>true</opModEnergize>", inner)


def test_percentages_and_set_points_are_read():  # E11
    record = read(
        tables.DDERC,
        based(
            b"<opModFixedW>-5000</opModFixedW><opModMaxLimW>12000</opModMaxLimW>"
            b"<opModTargetW><multiplier>2</multiplier><value>-32</value></opModTargetW>"
            b"<ns2:opModStorageTargetW><value>-2500</value></ns2:opModStorageTargetW>"
        ).replace(NS_CSIPAUS_12.encode(), NS_CSIPAUS_13.encode()),
    )
    modes = (FIXED, MAX_LIM, TARGET, STORAGE_TARGET, EXP_LIM, IMP_LIM)
    assert [record.values[mode] for mode in modes] == [-5000, 12000, -3200, -2500, 1500, 1500]
    assert record.modes == sum([1 << mode for mode in modes])


def test_a_set_point_beyond_all_bounds_is_the_largest_of_its_sign():  # P3
    record = read(
        tables.DDERC,
        based(
            b"<opModTargetW><multiplier>9</multiplier><value>-32768</value></opModTargetW>"
            b"<opModFixedW>-99999999999</opModFixedW>"
        ),
    )
    assert (record.values[TARGET], record.values[FIXED]) == (-LARGEST, -LARGEST)


def test_modes_that_are_not_known_take_nothing_from_those_that_are():  # E11, P2
    record = read(
        tables.DDERC,
        based(
            b'<opModVoltVar href="/curves/1"/>'
            b"<opModFreqDroop><dBOF>1</dBOF><opModMaxLimW>7</opModMaxLimW></opModFreqDroop>"
            b"<opModFixedPFInjectW><displacement>9</displacement><multiplier>-1</multiplier></opModFixedPFInjectW>"
            b'<opModMaxLimW xmlns="urn:alien">none</opModMaxLimW><ns2:opModMaxLimW>x</ns2:opModMaxLimW>'
            b"<opModStorageTargetW>x</opModStorageTargetW><ns2:opModTargetW><value>x</value></ns2:opModTargetW>"
            b"<opModConnect>true</opModConnect>"
        ),
    )
    assert record.modes == 1 << IMP_LIM | 1 << EXP_LIM | 1 << CONNECT
    assert (record.values[IMP_LIM], record.values[EXP_LIM], record.connect) == (1500, 1500, 1)


def test_a_duration_of_less_than_nothing_is_none_and_spoils_no_list():  # E8, P5
    record = collect(
        tables.DERC_LIST,
        DERC_LIST.replace(b"<duration>300<", b"<duration>-300<", 1),
        lambda record: record.duration,
    )
    assert record == [0, 300, 300, 300, 300]


def test_the_version_of_an_event_is_read():  # E8
    versions = collect(
        tables.DERC_LIST,
        DERC_LIST.replace(b"<creationTime>", b"<version>7</version><creationTime>", 1),
        lambda record: record.version,
    )
    assert versions == [7, 0, 0, 0, 0]


def test_the_entry_leads_to_time_devices_and_usage_points():  # D1
    record = read(tables.DEVICE_CAPABILITY, DCAP)
    links = (texts.TIME_LINK, texts.EDEV_LIST_LINK, texts.MUP_LIST_LINK)
    assert [record.text(link) for link in links] == ["/api/v2/tm", "/api/v2/edev", "/api/v2/mup"]
    assert record.poll_rate == 0


def test_the_time_is_read_in_core_seconds():  # D2
    record = read(tables.TIME, TM)
    assert (record.current_time + EPOCH, record.quality) == (1682475024, 5)


def test_end_devices_are_told_apart_by_lfdi_whatever_its_case():  # D1, P4
    devices = collect(
        tables.END_DEVICE_LIST, EDEV_LIST, lambda record: (record.has_lfdi, bytes(record.lfdi[:3]), record.enabled)
    )
    assert devices == [(1, b"\x40\x75\xde", 1), (1, b"\x4a\xec\xa0", 0), (1, b"\xb1\x85\x7f", 1)]


def test_links_with_spaces_are_kept_as_they_are():  # T5
    links = (texts.HREF, texts.FSA_LIST_LINK, texts.REGISTRATION_LINK, texts.LOG_EVENT_LIST_LINK)
    first = collect(tables.END_DEVICE_LIST, EDEV_LIST, lambda record: [record.text(link) for link in links])[0]
    assert first == [
        "/api/v2/edev/ EQLDEV3",
        "/api/v2/edev/ EQLDEV3/fsa",
        "/api/v2/edev/ EQLDEV3/rg",
        "/api/v2/edev/_EQLDEV3/lel",
    ]


def test_an_item_does_not_inherit_from_the_one_before():
    has = collect(tables.END_DEVICE_LIST, EDEV_LIST, lambda record: record.has(texts.FSA_LIST_LINK))
    assert has == [True, False, False]


def test_the_pin_is_a_number_that_may_have_lost_its_zeros():  # D4
    record = read(tables.REGISTRATION, RG)
    assert (record.pin, record.poll_rate) == (1234, 300)


def test_function_sets_lead_to_programs_and_programs_to_their_controls():  # D1, E1
    assert collect(tables.FSA_LIST, FSA_LIST, lambda record: record.text(texts.DERP_LIST_LINK)) == [
        "/api/v2/edev/ EQLDEV3/fsa/2/derp",
        "/api/v2/edev/_EQLDEV3/fsa/1/derp",
    ]
    record = read(tables.DERP_LIST, DERP_LIST)
    assert (record.primacy, record.poll_rate, record.text(texts.DESCRIPTION)) == (1, 301, "Test Program 3")
    assert record.same(texts.DDERC_LINK, b"/api/v2/derp/TESTPRG3/dderc")
    assert record.same(texts.DERC_LIST_LINK, b"/api/v2/derp/TESTPRG3/derc")


def test_a_der_leads_to_its_resources():  # R1, R2
    record = read(tables.DER_LIST, DER_LIST)
    links = (texts.DERCAP_LINK, texts.DERG_LINK, texts.DERS_LINK)
    assert [record.text(link)[-5:] for link in links] == ["ercap", "/derg", "/ders"]


def test_usage_points_tell_their_role_and_post_rate():  # M1, D3
    points = collect(tables.MUP_LIST, MUP_LIST, lambda record: (record.role_flags, record.post_rate))
    assert points == [(0x49, 0), (0x0B, 60)]


def test_children_in_any_order_give_the_same_watts():  # P2, P3
    turned = DERC_LIST.replace(
        b"<multiplier>4</multiplier>\n <value>3</value>", b"<value>3</value><multiplier>4</multiplier>"
    )
    first = collect(tables.DERC_LIST, turned, limits)[0]
    assert first == (3512, 2512, 30000, 30000)


def test_a_known_name_in_an_unknown_element_is_not_read():  # P2
    hidden = DDERC.replace(b"</DERControlBase>", b"<x><setGradW>5</setGradW></x></DERControlBase>")
    hidden = hidden.replace(b"<mRID>", b"<more><setGradW>5</setGradW></more><mRID>")
    assert read(tables.DDERC, hidden).set_grad_w == -1


def test_a_name_in_the_wrong_namespace_is_not_read():  # P2
    record = read(tables.DDERC, DDERC.replace(b"ns2:opModExpLimW", b"opModExpLimW"))
    assert record.modes == 1 << IMP_LIM | 1 << ENERGIZE


def test_any_prefix_will_do():  # P2
    record = read(tables.DDERC, DDERC.replace(b"ns2", b"csipaus"))
    assert record.values[EXP_LIM] == 1500


def test_another_document_than_the_expected_is_refused():
    assert refusal(tables.TIME, DCAP) == "expected Time, found DeviceCapability"
    assert refusal(tables.TIME, b"<html></html>") == "expected Time, found another element"


def test_an_item_that_lacks_what_it_must_have_is_refused_by_name():  # P5
    for gone, name in (
        (b"<mRID>DC1B27AC943B44AC87DAF7E162B6F6D4</mRID>", "mRID"),
        (b"<creationTime>1682511010</creationTime>", "creationTime"),
        (b"<currentStatus>0</currentStatus>", "EventStatus/currentStatus"),
        (b"<start>1682475300</start>", "interval/start"),
        (b"<duration>300</duration>", "interval/duration"),
    ):
        said = refusal(tables.DERC_LIST, DERC_LIST.replace(gone, b""))
        assert said == "DERControlList/DERControl/%s is missing" % name
    assert refusal(tables.REGISTRATION, RG.replace(b"1234", b" ")) == "Registration/pIN is missing"


def test_a_value_that_cannot_be_read_is_refused_by_name():  # P5
    for good, bad, said in (
        (b"<duration>300<", b"<duration>5m<", 'interval/duration: expected a whole number of seconds, found "5m"'),
        (b"<value>3512<", b"<value>3.5<", 'opModImpLimW/value: expected a whole number, found "3.5"'),
        (b"<value>3512</value>", b"", 'opModImpLimW: expected a number of watts, found ""'),
        (b"<multiplier>0<", b"<multiplier>10<", 'multiplier: expected a whole number from -9 to 9, found "10"'),
        (b"<start>1682475300<", b"<start>now<", 'interval/start: expected a time in seconds since 1970, found "now"'),
        (b"<mRID>DC1B", b"<mRID>ODC1B", 'mRID: expected at most 32 hexadecimal digits, found "ODC1B27AC'),
        (
            b'responseRequired="03"',
            b'responseRequired="3x"',
            'responseRequired: expected hexadecimal digits, found "3x"',
        ),
        (b'replyTo="', b'replyTo="%s' % (b"a" * 256), "replyTo: expected an address of at most 255 bytes"),
    ):
        found = refusal(tables.DERC_LIST, DERC_LIST.replace(good, bad))
        assert said in found, found
    assert "expected true or false" in refusal(tables.DDERC, DDERC.replace(b">true<", b">maybe<"))


def number(parse, text):
    return parse(text, 0, len(text))


def test_times_are_kept_within_what_the_core_can_count():
    for text, core in (
        (b"1577836800", 0),
        (b"1577836799", 0),
        (b"0", 0),
        (b"-1682475300", 0),
        (b"0001682475300", 1682475300 - EPOCH),
        (b"2147483648", 2147483648 - EPOCH),
        (b"9223372036854775807", TIME_MAX),
        (b"99999", 0),
        (b"-99999", 0),
        (b"+99999", 0),
        (b"-100000", 0),
        (b"+1682475300", 1682475300 - EPOCH),
    ):
        assert number(values.time, text) == core
    for text in (b"16824x5300", b"1682475-300", b"", b"-", b"168 2475300", b"--9999", b"-99999-", b"--99999"):
        assert number(values.time, text) == values.BAD


def test_numbers_are_kept_below_the_bound_of_the_heap():
    assert number(values.integer, b"99999999999999999999") == LARGEST
    assert number(values.integer, b"-99999999999999999999") == -LARGEST
    assert number(values.integer, b"+7") == 7
    assert values.scale(15, 2) == 1500
    assert values.scale(15, 9) == LARGEST
    assert values.scale(-32768, 9) == -LARGEST
    assert values.scale(0, 9) == 0
    assert values.scale(2519, -2) == 25  # a limit is never rounded up


def test_bitmaps_of_any_length_are_read():  # P2
    assert number(values.bits, b"3") == 3
    assert number(values.bits, b"0000000000000003") == 3
    assert number(values.bits, b"0b") == 11


def test_truth_is_a_word_or_a_digit():
    assert [number(values.boolean, text) for text in (b"true", b"1", b"false", b"0")] == [1, 1, 0, 0]
    assert number(values.boolean, b"2") == values.BAD


def test_a_long_description_is_cut_at_the_end_of_a_character():
    long = "é".encode() * 200
    record = read(tables.DERP_LIST, DERP_LIST.replace(b"Test Program 3", long))
    assert record.text(texts.DESCRIPTION) == "é" * 127
