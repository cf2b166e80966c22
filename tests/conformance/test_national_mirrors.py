"""The national server: the usage points and readings that clients mirror to it."""

import pytest
from national_bodies import METER, MUP, READING, READINGS, STRANGER, TYPE, WATTS
from national_world import LFDI, NOW, NS, NationalClient, all_texts

from sluice_tools.conformance.national.server import National


def mirrored() -> NationalClient:
    """A client that has one usage point, which measures watts."""
    client = NationalClient("1.2")
    client.ask("POST", "/mup", MUP % (LFDI, WATTS))
    return client


def test_usage_points_are_made_replaced_and_read_back() -> None:
    client = NationalClient("1.2")
    meters = (WATTS, WATTS + METER % ("CC", TYPE % 29))
    made = [client.ask("POST", "/mup", MUP % (LFDI.lower(), meter)) for meter in meters]
    assert [answer.status for answer in made] == [201, 204]
    assert {answer.header("Location") for answer in made} == {"/envoy/mup/1"}
    assert all_texts(client.get("/mup"), "uom") == ["38", "29"]
    assert client.get("/mup").get("all") == "1"
    first = client.national.reading_types[0]
    assert (first.mup_mrid, first.mrid, first.role_flags, first.uom) == ("AA00028547", "BB00028547", 3, 38)
    assert (first.kind, first.data_qualifier, first.multiplier, first.phase) == (37, 2, -1, 64)


@pytest.mark.parametrize(
    ("lfdi", "meters", "status"),
    [
        (LFDI, "", 400),
        (LFDI, METER % ("BB", ""), 400),
        (LFDI, METER % ("BB", "<ReadingType/>"), 400),
        (STRANGER, WATTS, 403),
    ],
)
def test_a_usage_point_that_says_too_little_or_is_anothers_is_refused(lfdi: str, meters: str, status: int) -> None:
    client = NationalClient("1.2")
    assert client.ask("POST", "/mup", MUP % (lfdi, meters)).status == status
    assert client.national.reading_types == []


def test_a_usage_point_needs_an_end_device() -> None:
    client = NationalClient("1.2")
    client.national = National(version="1.2", pen=1)
    assert client.ask("POST", "/mup", MUP % (LFDI, WATTS)).status == 400


def test_readings_are_scaled_and_the_last_of_an_interval_counts() -> None:
    client = mirrored()
    one = f'<MirrorMeterReading xmlns="{NS}"><mRID>BB00028547</mRID>{READING % (60, -25)}</MirrorMeterReading>'
    assert client.ask("POST", "/mup/1", one).status == 201
    again = METER % ("BB00028547", READING % (60, 7)) + METER % ("DD", READING % (60, 3) + TYPE % 29)
    client.now += 30
    assert client.ask("POST", "/mup/1", READINGS % again).status == 201
    watts, volts = client.national.reading_types
    assert watts.readings == [(60, 60, 0.7, NOW + 30)]
    assert (volts.uom, volts.mrid, volts.readings) == (29, "DD", [(60, 60, 0.3, NOW + 30)])


GOOD = METER % ("BB00028547", READING % (60, 1))


@pytest.mark.parametrize(
    "meters",
    [
        "",
        GOOD + METER % ("EE", READING % (60, 1)),
        GOOD + METER % ("BB00028547", "<Reading><value>1</value></Reading>"),
    ],
)
def test_readings_that_make_no_sense_are_refused_whole(meters: str) -> None:
    client = mirrored()
    assert client.ask("POST", "/mup/1", READINGS % meters).status == 400
    assert client.national.reading_types[0].readings == []
    assert client.ask("POST", "/mup/2", READINGS % GOOD).status == 404


def test_a_new_multiplier_counts_for_what_came_before_it_too() -> None:
    client = mirrored()
    client.ask("POST", "/mup/1", READINGS % (METER % ("BB00028547", READING % (60, 1234))))
    client.ask("POST", "/mup", MUP % (LFDI, WATTS.replace("<powerOfTenMultiplier>-1", "<powerOfTenMultiplier>1")))
    assert [reading.value for reading in client.national.reading_types[0].readings] == [12340]


def test_readings_may_come_in_sets() -> None:
    client = mirrored()
    reading_set = (
        "<MirrorReadingSet><mRID>FF</mRID><timePeriod><duration>120</duration><start>0</start></timePeriod>"
        f"{READING % (0, 10)}{READING % (60, 20)}</MirrorReadingSet>"
    )
    assert client.ask("POST", "/mup/1", READINGS % METER % ("BB00028547", reading_set)).status == 201
    assert [reading.value for reading in client.national.reading_types[0].readings] == [1, 2]
