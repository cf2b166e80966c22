"""The console, command by command: what is answered, what is refused, and that no request ends the program."""

import binascii
import hashlib
import json

from console_world import FOLDER, Port, World

from expect import raises
from sluice.app import armed
from sluice.app.config import check, is_place
from sluice.port.errors import TlsError
from sluice_wire.console import PACE_MS, PUT_MAX, RESTART, RUNNING, SERVICE, SERVICE_IDLE_S, TRIES
from sluice_wire.sep2 import EPOCH

CODE = "k7m2p-x9q4r"
CONFIG = {
    "nmi": "NMI0001234",
    "site": {"exp_lim_w": 1500, "imp_lim_w": 15000},
    "server": {
        "url": "https://localhost:8443/dcap",
        "ca": "pki/ca.pem",
        "certificate": "pki/chain.pem",
        "key": "pki/device.key",
        "pen": 57269,
        "pin": 111115,
    },
    "bus": {"device": "/dev/ttyUSB0"},
    "meter": {"unit_id": 1, "map": "sdm630"},
    "inverters": [{"unit_id": 2}],
}
UTC = b"\x17\x0d250101000000Z\x17\x0d350101000000Z"  # when it begins and ends
INNER = b"\x02\x01\x01\x30\x00\x30\x00\x30\x1e" + UTC  # serial number, signature, issuer, validity
DER = b"\x30\x29\x30\x27" + INNER  # as much of a certificate as is looked at
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
GOOD = CERTIFICATE % binascii.b2a_base64(DER).decode().strip()


def ask(world, do, **arguments):
    """Ask; return the answer, of which there is one."""
    arguments["id"] = 5
    arguments["do"] = do
    told = world.send(json.dumps(arguments).encode() + b"\n")
    assert len(told) == 1
    answer = json.loads(told[0])
    assert answer.pop("id") == 5
    return answer


def done(world, do, **arguments):
    answer = ask(world, do, **arguments)
    assert answer.pop("ok") is True, answer
    return answer


def error(world, do, **arguments):
    answer = ask(world, do, **arguments)
    assert answer["ok"] is False
    assert answer["text"]
    return answer["error"]


def put(world, file, text, size=300):
    at = 0
    while at < len(text):
        at = done(world, "put", file=file, at=at, data=text[at : at + size])["size"]
    return binascii.hexlify(hashlib.sha256(text.encode()).digest()).decode()


def take(world, file, text):
    return done(world, "take", file=file, sha256=put(world, file, text))


def provisioned(config=CONFIG):
    """Return a world with a key's place, certificates and this configuration taken."""
    world = World()
    for name in ("ca", "chain"):
        take(world, name + ".pem", GOOD)
    take(world, "config", json.dumps(config))
    return world


# --- lines and numbers ---------------------------------------------------------------------------------


def test_the_answer_has_the_number_of_its_request():
    world = World()
    told = world.send(b'{"id":3,"do":"status"}\n{"id":4,"do":"status"}\n')
    assert [json.loads(line)["id"] for line in told] == [3, 4]


def test_any_cut_of_the_bytes_gives_the_same_answers():
    text = b'{"id":3,"do":"status"}\r\nxx\n{"id":4,"do":"none"}\n'
    whole = World().send(text)
    assert len(whole) == 3
    for at in range(1, len(text)):
        assert World().send(text[:at], text[at:]) == whole
    assert World().send(*[text[i : i + 1] for i in range(len(text))]) == whole


def test_what_is_no_request_is_answered_with_the_error_line_and_no_number():
    told = json.loads(World().send(b"hello\n")[0])
    assert told["error"] == "line"
    assert told["id"] is None


def test_answers_are_paced():
    world = World()
    world.send(b"x\n" * 50)
    assert world.port.ms == 50 * PACE_MS


def test_a_command_that_is_not_there_is_unknown():
    for do in ("", "IDENTIFY", "__class__", "argument", "Refused", "run"):
        assert error(World(), do) == "unknown"


def test_a_fault_of_ours_while_it_is_answered_is_told_and_the_next_is_answered():
    world = World()
    world.port.rtc = lambda: 1 // 0
    told = ask(world, "identify")
    assert told["error"] == "failed"
    assert "ZeroDivisionError" in told["text"]
    assert done(world, "status")["mode"] == SERVICE


# --- who it is ------------------------------------------------------------------------------------------


def test_a_blank_gateway_says_so():
    told = done(World(), "identify")
    assert told["product"] == "sluice"
    assert told["console"] == 1
    assert told["mode"] == SERVICE
    assert told["key"] is False
    for nothing in ("lfdi", "sfdi", "nmi", "config", "busy"):
        assert told[nothing] is None
    assert told["commissioned"] is told["locked"] is told["code"] is False


def test_one_with_certificate_and_configuration_says_who_it_is():  # T2
    world = provisioned()
    told = done(world, "identify")
    assert told["lfdi"] == binascii.hexlify(hashlib.sha256(DER).digest()[:20]).decode().upper()
    assert told["sfdi"] > 0
    assert told["nmi"] == "NMI0001234"
    assert told["config"] == "kept"


def test_it_tells_the_time_it_has():
    world = World()
    assert done(world, "identify")["utc_s"] == world.unix_s()


# --- files come in ---------------------------------------------------------------------------------------


def test_a_file_comes_in_pieces_and_takes_its_place_whole():
    world = World()
    text = GOOD * 20
    take(world, "ca.pem", text)
    assert world.port.files[FOLDER + "pki/ca.pem"] == text.encode()


def test_a_piece_that_is_sent_again_does_no_harm():
    world = World()
    done(world, "put", file="ca.pem", at=0, data="one")
    done(world, "put", file="ca.pem", at=3, data="two")
    told = ask(world, "put", file="ca.pem", at=3, data="two")
    assert told["error"] == "refused"
    assert told["size"] == 6


def test_a_piece_of_another_file_or_after_a_restart_begins_at_nothing():
    world = World()
    done(world, "put", file="ca.pem", at=0, data="one")
    assert ask(world, "put", file="chain.pem", at=3, data="two")["size"] == 0
    world.start()
    assert ask(world, "put", file="ca.pem", at=3, data="two")["size"] == 0
    assert error(world, "take", file="ca.pem", sha256="0" * 64) == "refused"


def test_a_file_has_a_bound():
    world = World()
    world.send(b'{"id":1,"do":"put","file":"ca.pem","at":0,"data":"x"}\n')
    world.console.coming.content.extend(b"x" * (PUT_MAX - 1))
    assert error(world, "put", file="ca.pem", at=PUT_MAX, data="y") == "refused"
    assert len(world.console.coming.content) == PUT_MAX


def test_a_file_with_another_hash_is_refused_and_must_be_sent_again():
    world = World()
    put(world, "ca.pem", GOOD)
    told = ask(world, "take", file="ca.pem", sha256="0" * 64)
    assert told["error"] == "refused"
    assert "put it again" in told["text"]
    assert world.port.files == {}
    assert error(world, "take", file="ca.pem", sha256="0" * 64) == "refused"


def test_names_lead_nowhere_else():
    world = World()
    for name in (
        "../x.pem",
        "/etc/x.pem",
        "a/b.pem",
        ".pem",
        "A.pem",
        "x.key",
        "device.key",
        "gateway.json",
        "",
        7,
        None,
    ):
        assert error(world, "put", file=name, at=0, data="") == "argument"
    for name in ("../x", "a/b", "", "x" * 25, 7):
        assert error(world, "key", name=name) == "argument"
        assert error(world, "csr", name=name) == "argument"


def test_a_private_key_is_not_taken():  # T1
    world = World()
    text = GOOD + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    told = ask(world, "take", file="chain.pem", sha256=put(world, "chain.pem", text))
    assert told["error"] == "refused"
    assert "private key" in told["text"]
    assert world.port.files == {}


def test_what_is_no_certificate_is_not_taken():
    world = World()
    for text in ("hello", CERTIFICATE % "AAAA", GOOD[:-9], GOOD + CERTIFICATE % "AAAA"):
        assert "no certificate" in ask(world, "take", file="ca.pem", sha256=put(world, "ca.pem", text))["text"]
    assert world.port.files == {}


def test_certificates_in_use_are_not_replaced_and_the_same_again_is_well():
    world = provisioned()
    take(world, "ca.pem", GOOD)
    told = ask(world, "take", file="ca.pem", sha256=put(world, "ca.pem", (GOOD + GOOD)))
    assert told["error"] == "refused"
    assert "another name" in told["text"]
    take(world, "ca-2.pem", (GOOD + GOOD))


def test_what_is_in_use_is_not_replaced_whatever_it_is_called_there_and_a_key_neither():  # T1
    for name, file in (("certificate", "./pki//c.pem"), ("ca", "/g/pki/c.pem"), ("key", "pki/c.pem")):
        config = json.loads(json.dumps(CONFIG))
        config["server"][name] = file
        world = provisioned(config)
        world.port.files[FOLDER + "pki/c.pem"] = b"what is in use"
        assert "in use" in ask(world, "take", file="c.pem", sha256=put(world, "c.pem", GOOD))["text"]
        assert world.port.files[FOLDER + "pki/c.pem"] == b"what is in use"


# --- the configuration ----------------------------------------------------------------------------------


def test_a_configuration_is_checked_whole_and_every_mistake_comes_back():
    world = World()
    wrong = {"nmi": "x", "site": {"exp_lim_w": "5 kW"}}
    told = ask(world, "take", file="config", sha256=put(world, "config", json.dumps(wrong)))
    assert told["error"] == "refused"
    for name in ("nmi is wrong", "site.exp_lim_w is wrong", "site.imp_lim_w is missing", "server.pin is missing"):
        assert name in told["text"]
    assert world.port.files == {}


def test_a_wrong_pin_is_not_repeated():  # D4
    world = World()
    wrong = json.loads(json.dumps(CONFIG))
    wrong["server"]["pin"] = 123456
    told = ask(world, "take", file="config", sha256=put(world, "config", json.dumps(wrong)))
    assert "server.pin is wrong" in told["text"]
    assert "123456" not in told["text"]


def test_a_pin_is_not_repeated_either_where_a_brace_is_missing():  # D4
    for text in ('{"nmi":{"server":{"pin":123456}}}', '{"nmi":[{"pin":123456}]}'):
        world = World()
        told = ask(world, "take", file="config", sha256=put(world, "config", text))
        assert "nmi is wrong" in told["text"]
        assert "123456" not in told["text"]


def test_what_is_told_of_a_configuration_is_bounded_whatever_is_wrong_in_it():
    unknown = ",".join(['"%03d":1' % i for i in range(999)])
    for text in (
        "{%s}" % unknown,
        '{"server":{%s}}' % unknown,
        '{"inverters":[{%s}]}' % unknown,
        '{"nmi":"%s"}' % ("x" * 9999),
        '{"nmi":%s}' % ("9" * 4000),
        '{"%s":1}' % ("x" * 9999),
    ):
        world = World()
        told = ask(world, "take", file="config", sha256=put(world, "config", text, 200))
        assert told["error"] == "refused"
        assert len(told["text"]) < 4000


def test_a_configuration_for_which_there_is_no_memory_is_refused():
    world = World()
    world.port.tls = no_memory
    told = ask(world, "take", file="config", sha256=put(world, "config", json.dumps(CONFIG)))
    assert told["error"] == "failed"
    assert "memory" in told["text"]
    assert "report" not in told["text"]


def no_memory(*args):
    raise MemoryError


def test_a_configuration_is_tried_with_its_certificates_and_its_key():
    world = provisioned()
    assert world.port.tls_asked == [("g/pki/ca.pem", "g/pki/chain.pem", "g/pki/device.key", "")]


def test_what_is_no_json_is_refused():
    for text in ("{", "[]", "nonsense", '{"nmi": {', "\x00", "[1, 2", "[" * 99, '{"a":' * 99 + "1" + "}" * 99):
        world = World()
        assert error(world, "take", file="config", sha256=put(world, "config", text)) == "refused"


def test_the_first_configuration_is_kept_and_the_next_one_is_on_trial():
    world = provisioned()
    other = json.loads(json.dumps(CONFIG))
    other["site"]["exp_lim_w"] = 5000
    assert take(world, "config", json.dumps(other)) == {"config": "trial"}
    assert done(world, "config")["config"]["site"]["exp_lim_w"] == 1500
    assert done(world, "config", which="trial")["config"]["site"]["exp_lim_w"] == 5000


def test_a_configuration_that_cannot_be_used_is_replaced_without_a_trial():
    world = provisioned()
    world.port.files[FOLDER + "gateway.json"] = b"{}"
    assert take(world, "config", json.dumps(CONFIG)) == {"config": "kept"}


def test_what_was_proved_counts_for_no_other_limits_on_trial():  # C2
    world = provisioned()
    armed.keep(world.port, world.setup.state, check(json.loads(json.dumps(CONFIG))), {}, True)
    assert done(world, "identify")["commissioned"] is True
    other = json.loads(json.dumps(CONFIG))
    other["site"]["exp_lim_w"] = 5000
    take(world, "config", json.dumps(other))
    assert done(world, "identify")["commissioned"] is False
    world.setup.trial.drop("")
    assert done(world, "identify")["commissioned"] is True


def test_the_pin_is_never_told_and_is_kept_when_it_is_left_out():  # D4
    world = provisioned()
    told = done(world, "config")["config"]
    assert "pin" not in told["server"]
    take(world, "config", json.dumps(told))
    assert json.loads(world.port.files[FOLDER + "gateway.json.next"])["server"]["pin"] == 111115


def test_without_a_configuration_there_is_none_to_tell():
    assert error(World(), "config") == "refused"
    assert error(provisioned(), "config", which="trial") == "refused"
    assert error(provisioned(), "config", which="both") == "argument"


def test_a_full_flash_leaves_all_as_it_was():
    world = provisioned()
    before = dict(world.port.files)
    hash = put(world, "config", json.dumps(CONFIG))
    world.port.full = True
    assert error(world, "take", file="config", sha256=hash) == "failed"
    assert world.port.files == before


def test_a_private_key_in_a_configuration_is_neither_taken_nor_repeated():  # T1
    wrong = json.loads(json.dumps(CONFIG))
    wrong["server"]["key"] = "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n"
    world = World()
    world.port.tls = no_such_file
    told = ask(world, "take", file="config", sha256=put(world, "config", json.dumps(wrong)))
    assert told["error"] == "refused"
    assert "SECRET" not in told["text"]


def no_such_file(ca, chain, key, name):
    raise TlsError("server.key: %s cannot be read" % key)


def test_the_key_of_a_network_is_never_told_and_kept_for_this_network_only():
    config = json.loads(json.dumps(CONFIG))
    config["network"] = {"ssid": "site", "key": "a network key"}
    for ssid, kept in (("site", "a network key"), ("another", None)):
        world = provisioned(config)
        told = done(world, "config")["config"]
        assert told["network"] == {"ssid": "site"}
        told["network"]["ssid"] = ssid
        take(world, "config", json.dumps(told))
        assert json.loads(world.port.files[FOLDER + "gateway.json.next"])["network"].get("key") == kept


def test_names_that_are_no_texts_are_refused():
    text = '{"nmi": 1, 5: 6, "site": {7: 8, "a": 1}}'
    world = World()
    assert error(world, "take", file="config", sha256=put(world, "config", text)) == "refused"


# --- the key --------------------------------------------------------------------------------------------


class Random(Port):
    """Its random bytes differ, as they must."""

    drawn = 0

    def random_bytes(self, n):
        self.drawn += 1
        return (hashlib.sha256(bytes([self.drawn])).digest() * 2)[:n]


def test_a_key_is_made_once_and_its_request_can_be_had_again_and_again():
    world = World(Random())
    assert error(world, "csr") == "refused"
    assert done(world, "key") == {}
    assert done(world, "identify")["key"] is True
    assert done(world, "csr")["pem"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    key = world.port.files[FOLDER + "pki/device.key"]
    assert error(world, "key") == "refused"
    assert world.port.files[FOLDER + "pki/device.key"] == key


def test_a_certificate_for_another_key_is_refused():
    world = World(Random())
    done(world, "key")
    for name in ("ca", "chain"):
        take(world, name + ".pem", GOOD)
    told = ask(world, "take", file="config", sha256=put(world, "config", json.dumps(CONFIG)))
    assert "not for the key that is here" in told["text"]


# --- time, restart, reset -----------------------------------------------------------------------------------


def test_the_clock_is_set_and_never_to_before_the_firmware_was_built():
    world = World()
    done(world, "time", unix_s=world.unix_s() + 77)
    assert world.port.clock_s == world.port.rtc() + 77
    assert error(world, "time", unix_s=world.port.built + EPOCH - 1) == "refused"
    for wrong in (None, "now", -5, 1.5, 1 << 40, True):
        assert error(world, "time", unix_s=wrong) == "argument"
    world.port.full = True
    assert error(world, "time", unix_s=world.unix_s()) == "refused"


def test_a_restart_is_answered_first_and_done_then():
    for mode, files in ((RUNNING, []), (SERVICE, ["service"])):
        world = World()
        line = b'{"id":1,"do":"restart","mode":"%s"}\n' % mode.encode()
        assert raises(SystemExit, world.send, line).args[0] == RESTART
        assert json.loads(world.line.told[0])["ok"] is True
        assert world.port.file_names(world.setup.state) == files


def test_service_mode_is_for_one_start():
    world = World()
    world.setup.restart_into(SERVICE)
    assert world.setup.wants_service()
    assert not world.setup.wants_service()


def test_a_restart_that_cannot_be_written_is_refused_and_not_done():
    world = World()
    world.port.full = True
    told = ask(world, "restart", mode=SERVICE)
    assert told["error"] == "failed"
    assert "room" in told["text"]
    done(world, "status")


def test_service_mode_that_cannot_be_left_is_none():
    world = World()
    world.setup.restart_into(SERVICE)
    world.port.full = True
    assert not world.setup.wants_service()


def test_a_reset_removes_what_a_power_cut_has_left_half_written():  # D4
    world = provisioned()
    for name in ("gateway.json.new", "gateway.json.next", "gateway.json.next.new", "pki/device.key.new"):
        world.port.files[FOLDER + name] = b"111115"
    raises(SystemExit, world.send, b'{"id":1,"do":"reset","confirm":"factory"}\n')
    assert world.port.files == {}


def test_a_reset_that_is_cut_leaves_the_old_configuration_or_none():
    for cut_at in range(2, 8):
        world = provisioned()
        take(world, "config", json.dumps(CONFIG))
        world.port.remove_file = Cutting(world.port, cut_at)
        assert error(world, "reset", confirm="factory") == "failed"
        assert world.setup.trial.what() in ("kept", None)


class Cutting:
    """Removes files until the power goes, at the call `cut_at`."""

    def __init__(self, port, cut_at):
        self._files = port.files
        self._left = cut_at

    def __call__(self, name):
        self._left -= 1
        if not self._left:
            raise OSError(5, "EIO")
        self._files.pop(name, None)


def test_a_reset_wants_its_word_and_removes_all():
    world = provisioned()
    world.console.lock.set(CODE)
    world.console.lock.unlock(CODE)
    assert error(world, "reset") == "argument"
    assert error(world, "reset", confirm="yes") == "argument"
    assert world.port.files
    raises(SystemExit, world.send, b'{"id":1,"do":"reset","confirm":"factory"}\n')
    assert world.port.files == {}


def test_nobody_asks_for_a_quarter_of_an_hour_and_it_goes_back_to_what_it_is_for():
    world = provisioned()
    done(world, "status")
    assert world.console.idle_s() == SERVICE_IDLE_S
    world.port.ms += SERVICE_IDLE_S * 1000
    assert world.console.idle_s() == 0


def test_a_blank_gateway_waits_for_ever():
    world = World()
    world.port.ms += 10 * SERVICE_IDLE_S * 1000
    assert world.console.idle_s() is None
    assert done(world, "status")["idle_s"] is None


# --- the lock ---------------------------------------------------------------------------------------------


def test_a_commissioned_site_without_a_code_answers_nothing_but_who_it_is_until_one_is_set():
    world = World(commissioned=True)
    assert error(world, "config") == "locked"
    assert error(world, "restart") == "locked"
    assert done(world, "identify")["locked"] is True
    done(world, "lock", code=CODE)
    assert error(world, "lock", code="another one") == "locked"


def test_who_knows_the_code_gets_in():
    world = World()
    done(world, "lock", code=CODE)
    for do in (
        "journal",
        "config",
        "csr",
        "put",
        "take",
        "key",
        "scan",
        "commission",
        "stop",
        "time",
        "restart",
        "reset",
    ):
        assert error(world, do) == "locked"
    assert error(world, "unlock", code="wrong code") == "refused"
    done(world, "unlock", code=CODE)
    assert error(world, "config") == "refused"  # there is none yet


def test_while_locked_the_nmi_is_not_told():
    world = provisioned()
    done(world, "lock", code=CODE)
    assert done(world, "identify")["nmi"] is None


def test_after_too_many_wrong_codes_the_right_one_has_to_wait_too():
    world = World()
    done(world, "lock", code=CODE)
    for _ in range(TRIES):
        assert error(world, "unlock", code="wrong code") == "refused"
    told = ask(world, "unlock", code=CODE)
    assert told["error"] == "wait"
    assert 0 < told["wait_s"] <= 60
    world.port.ms += told["wait_s"] * 1000
    done(world, "unlock", code=CODE)


def test_codes_have_a_length_and_are_not_repeated():
    world = World()
    for code in ("short", "x" * 33, 12345678, None):
        told = ask(world, "lock", code=code)
        assert told["error"] == "argument"
        assert "short" not in told["text"]
    assert error(world, "unlock", code=CODE) == "refused"  # there is none


# --- modes --------------------------------------------------------------------------------------------------


def test_what_needs_the_other_mode_says_so():
    for do in ("put", "take", "key", "scan", "commission", "stop", "reset"):
        assert error(World(mode=RUNNING), do) == "mode"
    for do in ("explain", "keep"):
        assert error(World(), do) == "mode"


def test_while_it_runs_what_was_loaded_to_answer_is_given_back():
    world = World(mode=RUNNING)
    error(world, "config")
    assert world.port.unloaded == ["sluice.app.asked"]


def test_while_it_runs_answering_is_given_back_when_nobody_has_asked_for_a_minute():
    world = World(mode=RUNNING)
    error(world, "config")
    world.listener.rest(100)
    world.listener.rest(159)
    assert world.listener.console
    world.listener.rest(160)
    assert world.listener.console is None
    assert "sluice.app.console" in world.port.unloaded


def test_who_has_unlocked_it_or_has_to_wait_is_not_forgotten_by_that():
    for codes in ([CODE], ["wrong code"] * TRIES):
        world = World(mode=RUNNING)
        world.console.lock.set(CODE)
        for code in codes:
            ask(world, "unlock", code=code)
        world.listener.rest(0)
        world.listener.rest(61)
        assert world.listener.console
        world.port.ms += 3600 * 1000
        world.listener.rest(3600)
        assert world.listener.console is None


def test_a_place_is_a_host_and_a_port_of_plain_digits():
    assert is_place("tcp://Inverter-1.local:502")
    for wrong in (
        "tcp://host:\u00b2",
        "tcp://host:\u0661",
        "tcp://h\u00e9:1",
        "tcp://" + "x" * 64 + ":1",
        "tcp://a.:1",
    ):
        assert not is_place(wrong)


def test_a_scan_asks_for_what_it_wants():
    world = World()
    good = {"baud": 9600, "parity": "none", "unit_id": 1, "function": 3, "register": 0, "count": 2}
    for name, wrong in (
        ("baud", 9601),
        ("parity", "N"),
        ("unit_id", 0),
        ("unit_id", 248),
        ("function", 6),
        ("function", 16),
        ("register", -1),
        ("register", 65536),
        ("count", 0),
        ("count", 126),
        ("patience_ms", 2001),
        ("device", 5),
        ("at", "192.168.1.2"),
        ("at", "tcp://:502"),
        ("at", "tcp://a..b:502"),
        ("at", "tcp://a\0b:502"),
        ("at", "tcp://host:" + "9" * 99),
        ("at", 5),
    ):
        arguments = dict(good)
        arguments[name] = wrong
        assert error(world, "scan", **arguments) == "argument"


class Gateway:
    """One that runs, with a configuration on trial."""

    def __init__(self, trial):
        self.trial = trial


class Journal:
    def __init__(self):
        self.lines = []

    def write(self, text):
        self.lines.append(text)


def test_what_is_kept_now_is_on_trial_no_more():
    world = World(mode=RUNNING)
    assert error(world, "keep") == "refused"
    world.port.files[FOLDER + "gateway.json"] = b"old"
    world.port.files[FOLDER + "gateway.json.next"] = b"new"
    world.console.gateway = Gateway(world.setup.trial)
    world.console.journal = Journal()
    world.port.full = True
    assert error(world, "keep") == "failed"
    assert world.console.gateway.trial
    world.port.full = False
    done(world, "keep")
    assert world.console.gateway.trial is None
    assert world.port.files[FOLDER + "gateway.json"] == b"new"
