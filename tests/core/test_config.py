"""The configuration is checked whole, and every error names the key, what is wrong and what is expected."""

from expect import raises
from sluice.app.config import ConfigError, check, load
from sluice_wire.limits import UNLIMITED_W


def good():
    return {
        "nmi": "20019857328",
        "site": {"exp_lim_w": 1500, "imp_lim_w": 15000},
        "server": {
            "url": "https://utility.example:8443/api/v2/dcap",
            "ca": "serca.pem",
            "certificate": "device-chain.pem",
            "key": "device.key",
            "pen": 57269,
            "pin": 111115,
        },
        "bus": {"device": "/dev/ttyUSB0"},
        "meter": {"unit_id": 1, "map": "sdm630"},
        "inverters": [{"unit_id": 2}],
    }


def wrong(section, key, value):
    """Return the message for a configuration in which one key is wrong."""
    document = good()
    (document.setdefault(section, {}) if section else document)[key] = value
    return str(raises(ConfigError, check, document))


class Files:
    """A port that has one file."""

    def __init__(self, name, text):
        self.name = name
        self.text = text

    def read_file(self, name):
        if name != self.name:
            raise OSError(2)
        return self.text


def test_a_good_configuration_is_taken_with_its_defaults():
    config = check(good())
    assert config["bus"] == {"device": "/dev/ttyUSB0", "baud": 9600, "parity": "none", "rts": False}
    assert config["site"]["gen_lim_w"] == UNLIMITED_W
    assert config["server"]["pen"] == 57269


def test_an_error_names_the_key_what_is_wrong_and_what_is_expected():
    assert wrong("site", "exp_lim_w", -1) == (
        "site.exp_lim_w is wrong: -1; expected a whole number of watts, 0 or more: "
        "the export limit of the connection agreement"
    )


def test_every_error_is_told_at_once():
    document = good()
    del document["nmi"]
    document["bus"]["baud"] = 1234
    document["meter"]["unit_id"] = 0
    lines = str(raises(ConfigError, check, document)).split("\n")
    assert [line.split(" ")[0] for line in lines] == ["nmi", "bus.baud", "meter.unit_id"]


def test_each_kind_of_wrong_value_is_refused():
    for section, key, value in (
        (None, "nmi", "20019857327"),
        (None, "nmi", 2001985732),
        ("network", "ssid", ""),
        ("network", "ssid", "\u00e4" * 17),
        ("network", "key", "seven c"),
        ("network", "key", "tab\tin it"),
        ("site", "imp_lim_w", 1.5),
        ("site", "imp_lim_w", True),
        ("site", "gen_lim_w", None),
        ("server", "url", "http://utility.example/dcap"),
        ("server", "url", "https://utility.example:port/dcap"),
        ("server", "url", "https://utility.example:99999/dcap"),
        ("server", "url", "https://utility..example/dcap"),
        ("server", "url", "https://user@utility.example/dcap"),
        ("server", "url", "https://" + "x" * 64 + "/dcap"),
        ("server", "url", "https://" + "x.y" * 85 + "/dcap"),
        ("server", "name", None),
        ("server", "name", "utility example"),
        ("server", "name", "utility\0"),
        ("server", "name", "x" * 254),
        ("server", "name", "\u00fctility.example"),
        ("server", "ca", ""),
        ("server", "key", "device.key\0"),
        ("meter", "map", ["sdm630"]),
        ("server", "pen", 0),
        ("server", "pin", "111115"),
        ("bus", "parity", "mark"),
        ("bus", "rts", 1),
        ("meter", "map", "sdm999"),
        ("meter", "reversed", 1),
        ("meter", "at", "tcp://:502"),
    ):
        name = key if section is None else section + "." + key
        assert wrong(section, key, value).startswith(name + " is wrong")


def test_a_wrong_pin_is_not_repeated():  # T10
    assert "123456" not in wrong("server", "pin", 123456)


def test_a_wrong_key_of_the_network_is_not_repeated():  # T10
    assert "geheim" not in wrong("network", "key", "geheim")


def test_a_key_without_its_network_is_no_network():
    assert wrong("network", "key", "correct horse").startswith("network.ssid is missing; expected the name")


def test_an_unknown_key_is_an_error_so_that_a_mistyped_limit_is_not_a_missing_one():
    assert wrong("site", "exp_limit_w", 5000).startswith("site.exp_limit_w is not known; expected one of exp_lim_w")
    assert wrong(None, "metre", {}).startswith("metre is not known; expected one of nmi, site")


def test_each_kind_of_wrong_inverter_is_refused():  # C5
    for value, told in (
        (None, "inverters is missing"),
        ({"unit_id": 2}, "inverters is wrong"),
        ([], "inverters is wrong; expected a list of 1 to 8 objects"),
        ([2], "inverters[0] is wrong; expected an object"),
        ([{}], "inverters[0].unit_id is missing; expected a Modbus unit id"),
        ([{"unit_id": 2}, {"unit_id": 248}], "inverters[1].unit_id is wrong: 248"),
        ([{"unit_id": 2, "native_w": -1}], "inverters[0].native_w is wrong: -1; expected a whole number of watts"),
        ([{"unit_id": 2, "nvm": 1}], "inverters[0].nvm is wrong: 1"),
        (
            [{"unit_id": 2, "panels": None}],
            "inverters[0].panels is wrong: null; expected false if it has a battery and",
        ),
        ([{"unit_id": 2, "at": "10.0.0.7:502"}], "inverters[0].at is wrong"),
        ([{"unit_id": 2, "id": 2}], "inverters[0].id is not known; expected one of unit_id, native_w, panels"),
    ):
        assert wrong(None, "inverters", value).startswith(told)


def test_two_devices_at_one_place_cannot_share_a_unit_id():  # C5
    assert "inverters[0].unit_id is the meter's, 1" in wrong(None, "inverters", [{"unit_id": 1}])
    assert "inverters[1].unit_id is another inverter's, 2" in wrong(None, "inverters", [{"unit_id": 2}, {"unit_id": 2}])
    document = good()
    document["inverters"] = [{"unit_id": 1, "at": "tcp://10.0.0.7:502"}, {"unit_id": 1, "at": "tcp://10.0.0.8:502"}]
    assert len(check(document)["inverters"]) == 2


def test_the_bus_can_be_left_out_where_nothing_hangs_on_it():  # C5
    document = good()
    document["inverters"] = [{"unit_id": 1, "at": "tcp://10.0.0.7:502"}]
    del document["bus"]
    assert str(raises(ConfigError, check, document)).startswith("bus.device is missing")
    document["meter"]["at"] = "tcp://10.0.0.9:502"
    assert check(document)["bus"]["device"] is None


def test_a_section_that_is_no_object_is_refused():
    assert "bus is wrong; expected an object" in wrong(None, "bus", "/dev/ttyUSB0")
    assert "must be a JSON object" in str(raises(ConfigError, check, []))


def test_a_file_that_is_missing_or_no_json_is_named():
    assert "it cannot be read" in str(raises(ConfigError, load, Files("x", b""), "gateway.json"))
    cut = Files("gateway.json", b'{"nmi": "NMI0001234", "site": {"exp_lim_w": 1500')
    assert "it is cut off" in str(raises(ConfigError, load, cut, "gateway.json"))
    nonsense = Files("gateway.json", b"nonsense")
    assert "it is not JSON" in str(raises(ConfigError, load, nonsense, "gateway.json"))
