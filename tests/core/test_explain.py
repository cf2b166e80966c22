"""Why the limits are what they are, in words: every source, every rule, and what comes next."""

from doe_world import FIXED_W, Record, World, mrid

from sluice.app.explain import explain
from sluice.devices.inverter import Inverter


def told(world, *faults):
    text = explain(world.envelope, world.now, dict.fromkeys(faults, ""))
    for number in (1, 2, 3, 65, 66):
        text = text.replace("00000000000000000000000000000000"[:-2] + "%02X" % number, "E%d" % number)
    return text.replace("2020-01-01 ", "")


def at(until, *events, **default):
    """A world in which program B has a default and these events (program, record), at second `until`."""
    world = World()
    if default:
        world.default(world.b, set_grad_w=0, **default)
    for program in (world.a, world.b):
        world.publish(program, *[record for its, record in events if its == program])
    world.run(until)
    return world


A, B = 0, 1  # the programs' slots


def one(number, start=100, duration=50, creation_time=0, **sets):
    return Record(mrid(number), start, duration, creation_time, ramp_tms=0, **sets)


def test_without_anything_the_fixed_limit_is_named():  # E15
    assert told(at(1)) == (
        "The site may export up to 1500 W: no event in force says anything about it, and the fixed limit of the "
        "connection agreement holds. Nothing that is known so far will change this."
    )


def test_a_default_is_named_with_its_program_and_the_event_that_comes():  # E5
    world = at(1, (A, one(1, exp=0)), exp=2000, imp=4000)
    assert told(world) == (
        "The site may export up to 2000 W: no event in force says anything about it, and the default of program B "
        "(primacy 2) holds. From 00:01:40Z on event E1 of program A (primacy 1) lets it export nothing. By the default "
        "of program B (primacy 2), the site may import up to 4000 W."
    )


def test_who_we_are_not_at_the_server_is_told_in_full():  # D4, D5, T10
    for what in ("registration", "PIN", "NMI", "assignments"):
        text = explain(World().envelope, World().now, {what: "the server does not like it; fixed limits hold"})
        assert text.endswith("The server does not like it; fixed limits hold.")
        assert "trouble" not in text


def test_a_certificate_that_ends_soon_is_told_and_is_no_trouble_with_the_server():  # T10
    faults = {"server.certificate": "the device's certificate ends on 2020-01-31 00:00:00Z, in 30 days; do this"}
    world = at(1)
    assert explain(world.envelope, world.now, faults).endswith(
        " will change this. The device's certificate ends on 2020-01-31 00:00:00Z, in 30 days; do this."
    )


def test_an_event_is_named_with_its_end_and_what_follows():  # E2
    world = at(100, (A, one(1, exp=0)), exp=2000)
    assert told(world) == (
        "The site may export nothing, because event E1 of program A (primacy 1) says so until 00:02:30Z. From "
        "00:02:30Z on the default of program B (primacy 2) lets it export up to 2000 W."
    )


def test_the_rule_by_which_an_event_comes_before_another_is_told():  # E1, E3
    lower = at(120, (A, one(1, exp=0)), (B, one(2, exp=5)))
    assert "It comes before event E2 of program B (primacy 2), because its primacy value is lower." in told(lower)
    later = at(120, (B, one(1, exp=0, creation_time=2)), (B, one(2, exp=5, creation_time=1)))
    assert "It comes before event E2 of program B (primacy 2), because its creation is later." in told(later)
    greater = at(120, (B, one(1, exp=0)), (B, one(2, exp=5)))
    assert "It comes before event E1 of program B (primacy 2), because its mRID is greater." in told(greater)


def test_of_several_that_are_beaten_the_best_is_named():  # E1
    for events in ((1, 2), (2, 1)):
        world = at(120, (A, one(3, exp=0)), *[(B, one(n, exp=5, creation_time=n)) for n in events])
        assert "It comes before event E2 of program B" in told(world)


def test_an_event_that_leaves_export_alone_is_no_rival_and_no_change():  # E2
    text = told(at(120, (A, one(1, exp=0)), (A, one(2, start=110, duration=20, imp=5))))
    assert "comes before" not in text
    assert "From 00:02:30Z on the fixed limit" in text
    assert "By event E2 of program A (primacy 1), until 00:02:10Z, the site may import up to 5 W." in text


def test_a_ramp_under_way_tells_where_it_stands_and_when_it_arrives():  # E12
    world = World()
    world.publish(world.a, Record(mrid(1), 100, 900, exp=5000))
    world.run(110)
    assert "On the way there it stands at 1780 W, and arrives in 115 s." in told(world)
    world.run(225)
    assert world.limit_w(0) == 5000
    assert "On the way" not in told(world)


def test_the_arrival_is_told_to_the_second_though_watts_are_rounded():  # E12
    for watts in (4957, 43):  # up and down from 1500 W, in 5 s
        world = World()
        world.publish(world.a, Record(mrid(1), 100, 900, exp=watts, ramp_tms=500))
        for second in range(1, 5):
            world.run(100 + second)
            assert "arrives in %d s." % (5 - second) in told(world)
        world.run(105)
        assert world.limit_w(0) == watts


def test_a_ramp_to_no_limit_arrives_at_the_rating():  # E12
    world = World()
    world.publish(world.a, Record(mrid(1), 100, 900, exp=FIXED_W[2]))
    world.run(110)
    assert "On the way there it stands at 1780 W, and arrives in 294 s." in told(world)
    world.run(403)
    assert world.limit_w(0) < 10000
    world.run(404)
    assert world.limit_w(0) == FIXED_W[2]


def test_another_limit_on_its_way_is_told_as_it_will_be_and_as_it_is():  # E12
    world = World()
    world.publish(world.a, Record(mrid(1), 100, 900, gen=5000))
    world.run(102)
    assert "the inverter may generate up to 5000 W, on the way there 9944 W." in told(world)


def test_other_limits_and_what_is_off_are_told():  # C3, C4
    text = told(at(120, (A, one(1, gen=0, load=7, connect=False, energize=True)), (B, one(2, energize=False))))
    assert "By event E1 of program A (primacy 1), until 00:02:30Z, the inverter may generate nothing." in text
    assert "By event E1 of program A (primacy 1), until 00:02:30Z, what is steered may consume up to 7 W." in text
    assert "until 00:02:30Z, the inverter must be off." in text
    assert text.count("must be off") == 1  # the better event says that it may be energized


def test_a_percentage_that_is_the_lower_limit_is_told_as_one():  # E11
    text = told(at(120, (A, one(1, max_lim=1000, exp=5000))))
    assert text.startswith(
        "The site may export up to 1000 W, a percentage of its rating of 10000 W, because event E1 of"
    )
    assert text.endswith("From 00:02:30Z on the fixed limit of the connection agreement lets it export up to 1500 W.")


def percentage_in_the_way():
    """An event of 6 kW, and a percentage of 3 kW from 200 to 300; both ramp by 100 W/s, from 10 kW the latter."""
    world = World()
    world.default(world.b, exp=1000, set_grad_w=100)
    world.publish(world.b, Record(mrid(1), 50, 600, exp=6000))
    world.publish(world.a, Record(mrid(2), 200, 100, max_lim=3000))
    world.run(200)
    return world


def test_a_percentage_is_told_from_its_begin_though_its_ramp_comes_later():  # E11, E12
    world = percentage_in_the_way()
    assert "up to 3000 W, a percentage of its rating of 10000 W, because event E2 of" in told(world)
    assert "On the way there it stands at 6000 W, and arrives in 70 s." in told(world)
    world.run(270)
    assert world.limit_w(0) == 3000
    assert "On the way" not in told(world)


def test_a_percentage_that_is_over_is_told_only_as_the_ramp_it_leaves():  # E11, E12
    world = percentage_in_the_way()
    world.run(300)
    assert told(world).startswith("The site may export up to 6000 W, because event E1 of")
    assert "On the way there it stands at 3000 W, and arrives in 30 s." in told(world)
    world.run(330)
    assert world.limit_w(0) == 6000
    assert "On the way" not in told(world)


def test_of_two_limits_that_are_equal_the_same_one_is_named_before_and_after():  # E11
    text = told(at(120, (A, one(1, max_lim=1000)), (B, one(2, exp=1000)), (B, one(3, start=130, duration=10, imp=5))))
    assert "event E2 of program B (primacy 2) says so until 00:02:30Z. From 00:02:30Z on" in text


def test_a_limit_that_is_none_is_said_so():
    world = at(120, (A, one(1, exp=FIXED_W[2])))
    assert told(world).startswith("The site may export as much as it can, because event E1")


def test_without_grid_or_coverage_the_reason_is_told():  # E13, E14
    dark = at(120, (A, one(1, exp=0)), exp=2000)
    dark.events.darken(True)
    dark.run(121)
    assert told(dark) == (
        "The site may export up to 2000 W: there is no grid voltage, so all events are dropped, and the default of "
        "program B (primacy 2) holds. The next reading of the lists will tell."
    )
    lapsed = at(50, *[(A, one(i, start=60 + 10 * i, duration=10, exp=i)) for i in range(1, 31)], exp=2000)
    lapsed.run(330)
    assert told(lapsed).startswith(
        "The site may export up to 2000 W: an event that found no room may be in force, and its list was not read "
        "since, and the default of program B (primacy 2) holds."
    )


def test_what_lies_beyond_the_coverage_is_not_foretold():  # E7
    world = at(50, *[(A, one(i, start=60 + 10 * i, duration=10, exp=7)) for i in range(1, 31)], exp=7)
    world.run(290)
    assert "From 00:05:00Z on event" in told(world)
    world.run(305)
    assert told(world).endswith("What holds from 00:05:10Z on, the next reading of the lists will tell.")


def test_how_often_flash_was_written_is_told():  # C1
    der = Inverter(3, nvm=True)
    der.writes.take(10)
    der.writes.take(20)
    world = at(1)
    text = explain(world.envelope, world.now, {}, (Inverter(2), der))
    assert text.endswith(" The limit of inverter, unit 3, lands in flash, which was written today 2 x, in all 2 x.")


def test_trouble_is_told_by_what_it_is_with():  # T10
    assert told(at(1), "DERControlList of program 1", "Time").endswith("There is trouble with the server.")
    assert told(at(1), "meter").endswith("There is trouble with the meter.")
    assert told(at(1), "meter", "server").endswith("There is trouble with the meter and the server.")
    assert told(at(1), "meter", "state/state").endswith("There is trouble with the meter and the store.")
    assert told(at(1), "inverter, unit 3").endswith("There is trouble with inverter, unit 3.")


def test_a_percentage_of_a_rating_that_is_not_known_is_said_so():  # E11
    world = at(1, max_lim=5000)
    world.envelope.rate(0)
    assert "export nothing, a percentage of its rating, not known yet: no event" in told(world)
