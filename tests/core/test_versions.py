"""Which version the server speaks, and where it begins."""

from utility_world import World, documents

V13 = "https://csipaus.org/ns/v1.3"


def discovering(document):
    """A world that asks for versions first; `document` is what the server has there, None = nothing."""
    world = World(begins=False)
    if document is not None:
        world.utility.documents["/.well-known/csipaus"] = document
    world.conversation.begin("/start", discover=True)
    return world


def versions(**dcap):
    """Return the document that lists these versions: name -> addresses, as JSON."""
    listed = [
        '"%s": {"dcap": %s}' % (name.replace("v1", "https://csipaus.org/ns/v1."), at) for name, at in dcap.items()
    ]
    return '{"supportedSchemaVersions": {%s}}' % ", ".join(listed)


def settled(world, at):
    """Let the server have its DeviceCapability at `at` and the world find everything. Return the version spoken."""
    world.utility.documents[at] = documents()["/start"]
    world.settle(3)
    assert world.export_limits() == [5000]
    return world.session.version


def test_1_3_is_spoken_where_it_is_listed_and_its_address_taken():  # T4, SDVN-01
    world = discovering(versions(v199='["/bad"]', null='["/worse"]', v12="[]", v13='["/r/3"]'))
    assert settled(world, "/r/3") == "1.3"
    for path in ("/bad", "/worse", "/start"):
        assert world.asked("GET " + path) == 0


def test_1_2_is_spoken_where_nothing_better_is_listed():  # U
    assert settled(discovering(versions(v12='["/r/2"]')), "/r/2") == "1.2"


def test_an_address_that_does_not_answer_is_passed_over():  # U: the harness' own file is wrong
    world = discovering(versions(v13='[7, "https://elsewhere.example/x", "/gone", "r/3"]'))
    assert settled(world, "/r/3") == "1.3"
    world = discovering(versions(v13='["/gone"]'))
    assert settled(world, "/start") == "1.3"


def test_without_that_document_or_with_a_bad_one_the_configured_entry_and_1_2_hold():  # U
    for bad in (
        None,
        "",
        "{",
        "[]",
        "7",
        '{"supportedSchemaVersions": 7}',
        '{"supportedSchemaVersions": {"%s": 7}}' % "x",
    ):
        assert settled(discovering(bad), "/start") == "1.2"
    for status in (403, 406, 410, 500):
        world = discovering(None)
        world.utility.statuses["/.well-known/csipaus"] = status
        assert settled(world, "/start") == "1.2"


def test_a_server_that_is_silent_is_asked_again():  # E13
    world = discovering(versions(v13='["/r/3"]'))
    world.utility.down = True
    world.settle(100)
    world.utility.down = False
    world.settle(300)
    assert settled(world, "/r/3") == "1.3"


def test_an_address_that_asks_for_patience_is_not_passed_over():  # S1, U
    world = discovering(versions(v13='["/r/3"]'))
    world.utility.documents["/r/3"] = documents()["/start"]
    world.utility.once["/r/3"] = [429]
    world.settle(60)
    assert world.asked("GET /start") == 0
    assert world.asked("GET /r/3") > 1


def test_an_entry_that_keeps_failing_is_asked_for_again():  # T5
    world = discovering(versions(v13='["/r/3"]'))
    settled(world, "/r/3")
    world.utility.documents["/r/4"] = world.utility.documents.pop("/r/3")
    world.utility.documents["/.well-known/csipaus"] = versions(v13='["/r/4"]')
    world.settle(900)
    assert world.asked("GET /r/4") > 0
    assert world.journal.faults == {}
    assert world.export_limits() == [5000]


def test_a_fault_of_the_server_does_not_change_the_version_and_it_is_asked_again():  # SDVN-01, S1
    world = discovering(versions(v13='["/r/3"]'))
    world.utility.once["/.well-known/csipaus"] = [500]
    world.utility.once["/start"] = [406]
    assert settled_later(world, "/r/3") == "1.3"
    world.utility.statuses["/r/3"] = world.utility.statuses["/.well-known/csipaus"] = 500
    world.settle(900)
    assert world.session.version == "1.3"


def settled_later(world, at):
    world.utility.documents[at] = documents()["/start"]
    world.settle(30)
    return world.session.version
