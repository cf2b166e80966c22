"""Which certificates a gateway accepts and presents, over real connections: 32-bit MicroPython against OpenSSL.

The profile of real ones (critical policies, a hardware module for a name, the year 9999, chains of four) and every way
in which one must be refused, with words that say what to do.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tls_server import TlsServer, serving

from sluice_tools.pki import Credential, lfdi_of
from sluice_tools.pki.files import key_pem, pem
from sluice_tools.pki.profile import (
    ANY_POLICY,
    ARC,
    Signer,
    authority,
    common_name,
    device_certificate,
    new_key,
    server_certificate,
    sign,
)

SCRIPT = Path(__file__).parent / "get_time.py"
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
CCM8 = "ECDHE-ECDSA-AES128-CCM8"
SERVED = "time 1767225600\n" * 2
YESTERDAY = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 12, 31, tzinfo=UTC))
TOMORROW = (datetime(2049, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC))
FOREIGN = "1.3.6.1.4.1.311.21.8.1"
NEARLY = "1.3.6.1.4.1.40733.1.1"  # the arc's neighbour

pytestmark = pytest.mark.usefixtures("sep2_certificates")


def saved(file: Path, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate) -> Credential:
    """Write a chain and a key, as a gateway or a server is given them."""
    files = file.with_suffix(".pem"), file.with_suffix(".key")
    files[0].write_bytes(pem(chain))
    files[1].write_bytes(key_pem(key))
    return Credential(*files, lfdi_of(files[0]))


class House:
    """A root, a MICA for devices and a CA for servers below it, and what they sign."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.serca = authority("SERCA")
        mca = authority("MCA", self.serca)
        self.mica = authority("MICA", mca)
        self.utility = authority("Utility CA", authority("Utility Root", self.serca))
        self.root = folder / "root.pem"
        self.root.write_bytes(pem([self.serca.certificate]))

    def device(self, chain: Sequence[x509.Certificate] | None = None, **profile: Any) -> Credential:
        """Make a device; `chain`: the authorities it presents, without it all but the root."""
        key = new_key()
        certificate = device_certificate(key.public_key(), self.mica, "S/N 1", **profile)
        return saved(self.folder / "device", key, certificate, *(self.mica.chain if chain is None else chain))

    def server(
        self, host: str | None = "localhost", chain: Sequence[x509.Certificate] | None = None, **profile: Any
    ) -> Credential:
        """Make a server of this host, or of none."""
        key = new_key()
        certificate = server_certificate(key.public_key(), self.utility, host, **profile)
        return saved(self.folder / "server", key, certificate, *(self.utility.chain if chain is None else chain))

    def server_with(self, policies: str, *critical: str) -> Credential:
        """Make a server of these certificatePolicies in hexadecimal, and of extensions (OID) that nobody knows."""
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        unknown = [x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(policies)) for oid in critical]
        raw = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.32"), bytes.fromhex(policies))
        key = new_key()
        extensions = [(names, False), (raw, True), *((extension, True) for extension in unknown)]
        certificate = sign(common_name("localhost"), key.public_key(), self.utility, extensions)
        return saved(self.folder / "server", key, certificate, *self.utility.chain)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


class Answer(NamedTuple):
    """What the gateway printed, and the server it asked."""

    text: str
    server: TlsServer


@pytest.fixture
def ask(run_micropython: Callable[..., Any], house: House) -> Callable[..., Answer]:
    """`ask(server, device, ca=..., name=..., suites=...)` lets 32-bit MicroPython ask a server for the time, twice."""

    def ask(
        server: Credential, device: Credential, ca: Path = house.root, name: str = "localhost", suites: str = GCM
    ) -> Answer:
        with serving(server, house.root, suites) as serves:
            url = f"https://localhost:{serves.port}/tm"
            done = run_micropython(SCRIPT, url, ca, device.chain, device.key, name, heapsize="160k")
        assert done.stderr == ""
        return Answer(done.stdout, serves)

    return ask


Ask = Callable[..., Answer]


@pytest.mark.parametrize("suites", [GCM, CCM8])
@pytest.mark.parametrize(
    "profile",
    [
        pytest.param({}, id="critical policies of IEEE 2030.5"),
        pytest.param({"critical": False}, id="the same, not critical"),
        pytest.param({"policies": [ANY_POLICY]}, id="anyPolicy"),
        pytest.param({"policies": [ARC + "1.3", ARC + "2.1", ANY_POLICY]}, id="several"),
        pytest.param({"policies": []}, id="none"),
        pytest.param({"policies": [FOREIGN], "critical": False}, id="foreign ones that are not critical"),
    ],
)
def test_both_sides_certificates_are_accepted_with(
    house: House, ask: Ask, profile: dict[str, Any], suites: str
) -> None:
    answer = ask(house.server(**profile), house.device(**profile), suites=suites)  # T1
    assert answer.text == SERVED
    assert answer.server.ciphers == [suites]


def test_a_server_that_trusts_the_root_alone_sees_device_mica_and_mca(house: House, ask: Ask) -> None:  # T1, T2
    gateway = house.device()
    answer = ask(house.server(), gateway)
    assert [len(chain) for chain in answer.server.chains] == [3]
    assert answer.server.chains[0][0] == gateway.lfdi


def test_a_chain_that_brings_its_root_along_is_accepted(house: House, ask: Ask) -> None:
    root = house.serca.certificate
    answer = ask(house.server(chain=[*house.utility.chain, root]), house.device(chain=[*house.mica.chain, root]))
    assert answer.text == SERVED


def test_a_server_that_names_only_its_hardware_is_accepted_where_no_name_is_to_be_checked(
    house: House, ask: Ask
) -> None:
    assert ask(house.server(host=None), house.device(), name="").text == SERVED


def test_of_such_a_server_the_chain_is_verified_all_the_same(house: House, ask: Ask, tmp_path: Path) -> None:  # T1
    (tmp_path / "other").mkdir()
    impostor = House(tmp_path / "other").server(host=None)
    answer = ask(impostor, house.device(), name="")
    assert answer.text.startswith("refused: the server's certificate is not signed by server.ca, or its chain")
    assert answer.server.ciphers == []


def test_where_a_name_is_to_be_checked_such_a_server_is_refused(house: House, ask: Ask) -> None:  # T1, T10
    answer = ask(house.server(host=None), house.device())
    assert answer.text.startswith("refused: the server's certificate is for another name than server.url's host")


def forged(house: House) -> Credential:
    """A server whose CA is the utility's in name only."""
    real, house.utility = house.utility, authority("Utility CA")
    made = house.server(chain=real.chain)
    house.utility = real
    return made


def self_signed(house: House) -> Credential:
    key = new_key()
    alone = Signer(authority("localhost").certificate, key, ())
    return saved(house.folder / "server", key, server_certificate(key.public_key(), alone, "localhost"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(forged, "is not signed by server.ca, or its chain", id="of another authority of the same name"),
        pytest.param(self_signed, "is not signed by server.ca, or its chain", id="signed by itself"),
        pytest.param(
            lambda house: house.server(chain=()), "is not signed by server.ca, or its chain", id="half a chain"
        ),
        pytest.param(
            lambda house: house.server(host="elsewhere.example"), "is for another name than", id="another name"
        ),
        pytest.param(lambda house: house.server(life=YESTERDAY), "has expired, or this clock is wrong", id="expired"),
        pytest.param(lambda house: house.server(life=TOMORROW), "is not valid yet: is this clock", id="not yet valid"),
        pytest.param(
            lambda house: house.server(policies=[FOREIGN]), "has policies that are not of IEEE 2030.5", id="foreign"
        ),
        pytest.param(
            lambda house: house.server(policies=[ARC + "1.1", NEARLY]), "has policies that are not", id="one foreign"
        ),
    ],
)
def test_a_server_is_refused_that_is(  # T1, T10
    house: House, ask: Ask, make: Callable[[House], Credential], words: str
) -> None:
    answer = ask(make(house), house.device())
    assert answer.text.startswith("refused: the server's certificate " + words), answer.text
    assert answer.server.ciphers == []


KNOWN = "060a2b0601040182be1c0101"  # of IEEE 2030.5
UNKNOWN = "060a2b060104018237150801"  # FOREIGN
ADDRESS = "3016301406082b06010505070201160861613a2f2f622e63"  # the qualifier CPS: a URI
NOTICE = "3014301206082b0601050507020230060c0474657874"  # the qualifier of a user notice


@pytest.mark.parametrize("policies", [f"300e300c{KNOWN}", f"30263024{KNOWN}{ADDRESS}", f"30243022{KNOWN}{NOTICE}"])
def test_a_policy_of_ieee_2030_5_is_accepted_with_what_qualifies_it(house: House, ask: Ask, policies: str) -> None:
    assert ask(house.server_with(policies), house.device()).text == SERVED


@pytest.mark.parametrize(
    ("policies", "critical"),
    [
        pytest.param(f"300e300c{KNOWN}", ["1.2.3.4"], id="another critical extension"),
        pytest.param(f"300e300c{KNOWN}", ["2.5.29.32.1"], id="one whose OID begins as certificatePolicies"),
        pytest.param(f"30263024{UNKNOWN}{ADDRESS}", [], id="a foreign policy with a qualifier"),
        pytest.param(f"301c300c{UNKNOWN}300c{KNOWN}", [], id="a foreign policy before a good one"),
        pytest.param("300d300b06092b0601040182be9c01", [], id="an arc that differs in its last octet"),
        pytest.param("300b300906072b0601040182be", [], id="an arc that is cut"),
        pytest.param("3000", [], id="no policy"),
        pytest.param("", [], id="no sequence"),
        pytest.param("30023000", [], id="a policy without an OID"),
        pytest.param(f"300e300c{KNOWN}0500", [], id="something behind it"),
        pytest.param(f"3010300c{KNOWN}0500", [], id="something among the policies"),
        pytest.param(f"300e3010{KNOWN}", [], id="a policy that is longer than all"),
        pytest.param(f"3080300c{KNOWN}0000", [], id="no length"),
    ],
)
def test_a_server_is_refused_whose_certificate_has(  # T1, T10
    house: House, ask: Ask, policies: str, critical: list[str]
) -> None:
    answer = ask(house.server_with(policies, *critical), house.device())
    assert answer.text.startswith(
        ("refused: the server's certificate has policies that are not", "refused: the server's certificate is broken")
    )
    assert answer.server.ciphers == []


def authority_of(policies: str) -> Signer:
    key, ca = new_key(), x509.BasicConstraints(ca=True, path_length=None)
    raw = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.32"), bytes.fromhex(policies))
    return Signer(sign(common_name("CA"), key.public_key(), key, [(ca, True), (raw, True)]), key, ())


def test_foreign_policies_of_an_authority_are_refused_too(house: House, ask: Ask) -> None:  # T1, T10
    foreign = authority_of(f"300e300c{UNKNOWN}")
    root = house.folder / "foreign.pem"
    root.write_bytes(pem([foreign.certificate]))
    assert ask(house.server(), house.device(), ca=root).text.startswith(f"refused: server.ca: {root} cannot be used (")
    answer = ask(house.server(chain=[*house.utility.chain, foreign.certificate]), house.device())
    assert answer.text.startswith("refused: the server's certificate has policies that are not of IEEE 2030.5")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda house: house.device(life=YESTERDAY), id="expired"),
        pytest.param(lambda house: house.device(life=TOMORROW), id="not yet valid"),
        pytest.param(lambda house: house.device(chain=()), id="half a chain"),
    ],
)
def test_a_device_that_the_server_refuses_reads_why(  # T10
    house: House, ask: Ask, make: Callable[[House], Credential]
) -> None:
    answer = ask(house.server(), make(house))
    assert answer.text.startswith(("refused: the server does not accept this device's", "refused: the server closed"))
    assert len(answer.server.refusals) == 1


def other_key(house: House) -> Credential:
    gateway = house.device()
    key = house.folder / "other"
    saved(key, new_key(), x509.load_pem_x509_certificate(gateway.chain.read_bytes()))
    return gateway._replace(key=key.with_suffix(".key"))


def spoilt(house: House, what: str, text: bytes) -> Credential:
    gateway = house.device()
    getattr(gateway, what).write_bytes(text)
    return gateway


def cut(house: House) -> Credential:
    gateway = house.device()
    gateway.chain.write_bytes(gateway.chain.read_bytes()[:-200])
    return gateway


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(other_key, id="a key that is another's"),
        pytest.param(lambda house: house.device(policies=[FOREIGN]), id="foreign critical policies"),
        pytest.param(lambda house: spoilt(house, "chain", b"garbage"), id="garbage for a certificate"),
        pytest.param(lambda house: spoilt(house, "chain", b""), id="an empty certificate"),
        pytest.param(lambda house: spoilt(house, "key", b"garbage"), id="garbage for a key"),
        pytest.param(lambda house: spoilt(house, "key", b""), id="an empty key"),
        pytest.param(cut, id="a chain that is cut short"),
    ],
)
def test_files_are_named_that_cannot_be_used(
    house: House, ask: Ask, make: Callable[[House], Credential]
) -> None:  # T10
    gateway = make(house)
    answer = ask(house.server(), gateway)
    assert answer.text.startswith(
        f"refused: server.certificate, server.key: {gateway.chain} and {gateway.key} cannot be used ("
    )
    assert answer.server.refusals == answer.server.ciphers == []


def test_a_file_is_named_that_is_not_there(house: House, ask: Ask) -> None:  # T10
    gateway, nothing = house.device(), house.folder / "nothing"
    assert ask(house.server(), gateway, ca=nothing).text.startswith(f"refused: server.ca: {nothing} cannot be read")
    answer = ask(house.server(), gateway._replace(chain=nothing))
    assert answer.text.startswith(f"refused: server.certificate: {nothing} cannot be read (")
    answer = ask(house.server(), gateway._replace(key=nothing))
    assert answer.text.startswith(f"refused: server.key: {nothing} cannot be read (")


@pytest.mark.parametrize("text", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_root_is_named_that_cannot_be_used(house: House, ask: Ask, text: bytes) -> None:  # T10
    ca = house.folder / "ca.pem"
    ca.write_bytes(text)
    answer = ask(house.server(), house.device(), ca=ca)
    assert answer.text.startswith(f"refused: server.ca: {ca} cannot be used (")
