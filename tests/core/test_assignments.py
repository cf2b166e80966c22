"""Programs, their defaults and their events: what is taken over, what goes, and what holds meanwhile."""

from utility_world import LFDI, NOW, NS, World, control, default, documents, end_device, listed, program, talked

from sluice.doe.schedule import NEVER
from sluice_wire.sep2 import EXP_LIM


def minutes(first, last):
    return [control(n, NOW + 60 * n, 60, n) for n in range(first, last + 1)]


def test_a_default_that_is_not_there_is_no_default():  # T7
    for status in (204, 404):
        world = talked()
        world.utility.statuses["/p/P/default"] = status
        world.settle(320)
        assert world.programs.default_for(EXP_LIM) == -1


def test_a_default_whose_link_is_gone_is_no_default():  # E5, T7
    world = talked()
    linked = program("P", 1)
    bare = linked.replace('<DefaultDERControlLink href="/p/P/default"/>', "")
    assert bare != linked
    world.utility.documents["/programs"] = listed("DERProgramList", [bare])
    world.settle(310)
    assert world.programs.default_for(EXP_LIM) == -1


def test_a_default_that_fails_keeps_the_last():  # T7
    world = talked()
    world.utility.statuses["/p/P/default"] = 500
    world.settle(700)
    assert world.programs.default_for(EXP_LIM) == 0
    assert "500" in world.journal.faults["DefaultDERControl of program 1"]


def test_a_program_that_vanishes_takes_its_events_with_it():  # D1
    world = talked()
    world.utility.documents["/programs"] = listed("DERProgramList", [])
    world.settle(310)
    assert world.export_limits() == []
    assert world.programs.default_for(EXP_LIM) == -1


def test_another_program_at_the_address_of_one_is_read_at_once():  # T5
    world = talked()
    world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1, number=2)])
    world.settle(300)
    assert world.export_limits() == [5000]


def test_a_program_that_moves_is_found_again_with_its_events():  # T5
    world = World()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 5000)])
    world.settle(3)
    for path in ("default", "controls"):
        world.utility.documents["/p/Q/" + path] = world.utility.documents.pop("/p/P/" + path)
    world.utility.documents["/programs"] = listed("DERProgramList", [program("Q", 1)])
    world.settle(350)
    assert world.export_limits() == [5000]


def test_a_program_that_moves_keeps_its_default_meanwhile():  # T5
    world = talked()
    world.utility.documents["/programs"] = listed("DERProgramList", [program("Q", 1)])
    world.utility.statuses["/p/Q/default"] = 500
    world.settle(310)
    assert world.programs.default_values[EXP_LIM] == 1500
    assert world.programs.default_for(EXP_LIM) == 0


def test_more_programs_than_there_is_room_for_are_left_out_and_told():  # P5
    world = World()
    programs = [program("P%d" % n, n, n) for n in range(1, 40)]
    world.utility.documents["/programs"] = listed("DERProgramList", programs)
    world.settle(3)
    assert sum(world.programs.used) == 16
    assert "the first 16 count" in world.journal.faults["programs"]
    world.utility.documents["/programs"] = listed("DERProgramList", programs[:16])
    world.settle(310)
    assert "programs" not in world.journal.faults


def test_as_many_other_programs_take_the_places_of_those_that_go():  # D1, P5
    world = World()
    programs = [program("P%d" % n, n, n) for n in range(1, 33)]
    world.utility.documents["/programs"] = listed("DERProgramList", programs[:16])
    world.settle(3)
    world.utility.documents["/programs"] = listed("DERProgramList", programs[16:])
    world.settle(305)
    assert sorted([mrid[15] for mrid in slots(world)]) == list(range(17, 33))
    assert "programs" not in world.journal.faults


def slots(world):
    return [world.programs.mrid[slot * 16 : slot * 16 + 16] for slot in range(16) if world.programs.used[slot]]


def test_a_program_that_comes_back_after_another_is_not_answered_again():  # E10
    world = World()
    documents = world.utility.documents
    documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 5000)])
    documents["/p/Q/controls"] = listed("DERControlList", [])
    for programs in ([program("P", 1)], [], [program("Q", 1, 2)], [program("P", 1), program("Q", 1, 2)]):
        documents["/programs"] = listed("DERProgramList", programs)
        world.settle(310)
    assert world.export_limits() == [5000]
    assert world.asked("POST /rsp") == 1


def test_a_list_named_twice_is_followed_once():
    world = World()
    fsa = '<FunctionSetAssignments href="/f"><DERProgramListLink href="/programs"/></FunctionSetAssignments>'
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", [fsa, fsa])
    world.settle(3)
    assert world.asked("GET /programs") == 1


def test_a_program_that_has_no_list_any_more_leaves_no_gap_in_the_coverage():  # E7, T7
    world = World()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", minutes(1, 30))
    world.settle(3)
    assert world.events.covered_until() < NEVER
    bare = program("P", 1).replace('<DERControlListLink href="/p/P/controls"/>', "")
    world.utility.documents["/programs"] = listed("DERProgramList", [bare])
    world.settle(310)
    assert world.events.covered_until() == NEVER
    assert len(world.export_limits()) == 24  # they run to their ends


def test_a_program_in_the_place_of_another_has_its_own_events_answered():  # E10
    world = World()
    documents = world.utility.documents
    documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 5000)])
    world.settle(3)
    assert world.asked("POST /rsp") == 1
    documents["/programs"] = listed("DERProgramList", [])
    world.settle(310)
    world.programs.mrid[16:] = bytes([1]) * 240  # no other place is left
    documents["/p/Q/controls"] = documents["/p/P/controls"]
    documents["/programs"] = listed("DERProgramList", [program("Q", 1, 2)])
    world.settle(310)
    assert world.export_limits() == [5000]
    assert world.asked("POST /rsp") == 2


def remembered(world):
    """A program from before a restart, with its default."""
    world.programs.put(bytes([9] * 16), 0, "")
    world.programs.default_modes[0] = 1 << EXP_LIM
    world.programs.default_values[EXP_LIM] = 4000
    return world


def test_a_default_from_before_a_restart_holds_until_the_programs_have_been_read():  # E13, E14
    world = remembered(World())
    world.utility.statuses["/programs"] = 500
    world.settle(5)
    assert world.programs.default_for(EXP_LIM) == 0
    world.utility.statuses.clear()
    world.settle(60)
    assert world.programs.default_values[world.programs.default_for(EXP_LIM) * 8] == 1500
    assert not world.programs.used[0]


def test_a_default_from_before_a_restart_goes_when_the_device_is_no_longer_listed():  # E15
    world = remembered(World())
    world.utility.documents["/edevs"] = listed("EndDeviceList", [])
    world.settle(3)
    assert world.programs.default_for(EXP_LIM) == -1


def long_lived(world):
    """One event that is in force for a day."""
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 1, 90000, 5000)])
    world.settle(5)
    return world


def holds(world, seconds):
    """Tell whether event and default hold in each of so many seconds."""
    for _ in range(seconds):
        world.settle(1)
        if world.export_limits() != [5000] or world.programs.default_for(EXP_LIM) != 0:
            return False
    return True


def moved(world, parent, path):
    """What stood at `path` stands at another address now, as `parent` says."""
    documents = world.utility.documents
    documents[parent] = documents[parent].replace('"%s"' % path, '"/elsewhere%s"' % path)
    documents["/elsewhere" + path] = documents.pop(path)


def test_a_list_that_moves_takes_over_before_the_old_one_goes():  # T5, P-04
    for parent, path in (
        ("/start", "/edevs"),
        ("/edevs", "/pin"),
        ("/edevs", "/fsas"),
        ("/fsas", "/programs"),
        ("/programs", "/p/P/default"),
        ("/programs", "/p/P/controls"),
    ):
        world = long_lived(World())
        moved(world, parent, path)
        assert holds(world, 400)
        assert world.asked("GET /elsewhere" + path) > 0
        asked = world.asked("GET " + path)
        world.settle(700)
        assert world.asked("GET " + path) == asked
        assert world.journal.faults == {}


def test_all_that_moves_at_once_is_found_again():  # T5
    world = long_lived(World())
    for parent, path in (
        ("/programs", "/p/P/controls"),
        ("/fsas", "/programs"),
        ("/edevs", "/fsas"),
        ("/start", "/edevs"),
    ):
        moved(world, parent, path)
    assert holds(world, 700)
    assert world.asked("GET /elsewhere/p/P/controls") > 0


def test_a_new_address_where_nothing_is_leaves_the_last_good_state_in_force():  # E13, T5
    world = long_lived(World())
    world.utility.documents["/fsas"] = world.utility.documents["/fsas"].replace("/programs", "/nowhere")
    assert holds(world, 1500)
    assert "404" in world.journal.faults["DERProgramList"]


def test_what_moved_and_says_something_else_is_taken_at_its_word():  # T5
    world = long_lived(World())
    world.utility.documents["/fsas"] = world.utility.documents["/fsas"].replace("/programs", "/others")
    world.utility.documents["/others"] = listed("DERProgramList", [program("Q", 1, 2)])
    world.utility.documents["/p/Q/default"] = default(3000)
    world.utility.documents["/p/Q/controls"] = listed("DERControlList", [])
    world.settle(330)
    assert world.export_limits() == []
    assert world.programs.default_values[8 * world.programs.default_for(EXP_LIM)] == 3000


def test_a_list_that_has_failed_all_along_does_not_keep_a_program_that_is_gone():  # P-02, S1
    world = World()
    fsa = '<FunctionSetAssignments href="%s"><DERProgramListLink href="%s"/></FunctionSetAssignments>'
    both = [fsa % ("/f1", "/broken"), fsa % ("/f2", "/programs")]
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", both)
    long_lived(world)
    world.settle(200)
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", both[:1])
    world.settle(310)
    assert world.export_limits() == []


def test_a_default_that_moved_is_found_before_it_is_taken_for_gone():  # T5, T7
    world = talked()
    moved(world, "/programs", "/p/P/default")
    rate = world.utility.documents["/programs"].replace("<DERProgramList ", '<DERProgramList pollRate="86400" ')
    world.utility.documents["/programs"] = rate
    for _ in range(310):
        world.settle(1)
        assert world.programs.default_for(EXP_LIM) == 0


def test_a_device_without_any_program_is_told_so():  # E15
    for path, nothing in (
        ("/start", '<DeviceCapability %s><TimeLink href="/time"/></DeviceCapability>' % NS),
        ("/edevs", listed("EndDeviceList", [end_device(LFDI, links=())])),
        ("/fsas", listed("FunctionSetAssignmentsList", [])),
        ("/programs", listed("DERProgramList", [])),
    ):
        world = World()
        world.utility.documents[path] = nothing
        world.settle(3)
        assert "assigns no DERProgram" in world.journal.faults["assignments"]
        world.utility.documents[path] = documents()[path]
        world.settle(310)
        assert world.journal.faults == {}
        world.utility.documents[path] = nothing
        world.settle(310)
        assert "assigns no DERProgram" in world.journal.faults["assignments"]


def test_a_device_that_is_listed_later_and_has_no_program_is_told_so():  # E15
    world = World(profile="energy-queensland")
    own = world.utility.documents["/edevs"]
    world.utility.documents["/edevs"] = listed("EndDeviceList", [])
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", [])
    world.settle(3)
    assert "assignments" not in world.journal.faults
    world.utility.documents["/edevs"] = own
    world.settle(310)
    assert "no DERProgram" in world.journal.faults["assignments"]


def test_fifteen_programs_are_followed():  # E1, GEN-10
    world = World()
    world.utility.documents["/programs"] = listed("DERProgramList", [program("P%d" % n, n, n) for n in range(15)])
    for n in range(15):
        world.utility.documents["/p/P%d/default" % n] = default(1000 + n)
        world.utility.documents["/p/P%d/controls" % n] = listed("DERControlList", [])
    world.settle(3)
    assert sum(world.programs.used) == 15
    assert world.programs.default_values[8 * world.programs.default_for(EXP_LIM)] == 1000
    assert world.journal.faults == {}


def test_a_program_named_by_two_lists_is_one_program():  # E1
    world = World()
    fsa = '<FunctionSetAssignments href="%s"><DERProgramListLink href="%s"/></FunctionSetAssignments>'
    both = [fsa % ("/f1", "/programs"), fsa % ("/f2", "/again")]
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", both)
    world.utility.documents["/again"] = world.utility.documents["/programs"]
    world.settle(3)
    assert sum(world.programs.used) == 1
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", both[1:])
    world.settle(310)
    assert world.programs.default_for(EXP_LIM) == 0
