"""`sluice pki root`, `mica` and `issue`: authorities in files, judged by OpenSSL; nothing is overwritten unasked."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from openssl_program import openssl

from sluice_tools.cli import main
from sluice_tools.pki import lfdi_of
from sluice_tools.pki.profile import FOREVER, hardware_module

NO_KEY = serialization.NoEncryption()


def sluice(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["pki", *map(str, arguments)], env={"COLUMNS": "80"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def done(*arguments: object) -> str:
    result = sluice(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: object) -> str:
    result = sluice(*arguments)
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the directory `pki` of a root and a MICA; messages name it so."""
    monkeypatch.chdir(tmp_path)
    done("root", "pki")
    done("mica", "pki", "acme")
    return Path("pki")


def leaf(file: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates(Path(file).read_bytes())[0]


def policies(file: str) -> list[tuple[list[str], bool]]:
    """Give the policies of each certificate of a file, and whether they are critical."""
    found = [
        one.extensions.get_extension_for_class(x509.CertificatePolicies)
        for one in x509.load_pem_x509_certificates(Path(file).read_bytes())
    ]
    return [([policy.policy_identifier.dotted_string for policy in one.value], one.critical) for one in found]


def verify(file: str, purpose: str = "sslclient") -> str:
    trusted = ["-CAfile", "pki/serca.pem", "-untrusted", file, "-x509_strict"]
    return openssl("verify", *trusted, "-purpose", purpose, file).stdout


def private(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, lock: serialization.KeySerializationEncryption
) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def request(name: str, *extensions: x509.ExtensionType) -> Path:
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    key = ec.generate_private_key(ec.SECP256R1())
    text = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    Path(name).write_bytes(text)
    return Path(name)


def test_what_is_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["serca.pem", "serca.key", "mca.pem", "mca.key", "utility.pem", "utility.key"]
    assert done("root", "pki") == "".join(f"made pki/{name}\n" for name in names)
    assert done("mica", "pki", "acme") == "made pki/acme-mica.pem\nmade pki/acme-mica.key\n"
    said = done("issue", "pki", "--key", "gw.key", "--serial", "7")
    assert said == f"made gw-chain.pem\nmade gw.key\nLFDI {lfdi_of(Path('gw-chain.pem'))}\n"


def test_a_device_of_a_new_key_is_what_openssl_and_explain_take(directory: Path) -> None:  # T1
    done("issue", "pki", "--key", "gw.key", "--serial", "SL-7")
    assert verify("gw-chain.pem") == "gw-chain.pem: OK\n"
    assert done("explain", "gw-chain.pem", "gw.key", "pki/serca.pem").endswith(
        "Nothing a utility server would object to.\n"
    )
    assert leaf("gw-chain.pem").not_valid_after_utc == FOREVER
    assert policies("gw-chain.pem") == [
        (["1.3.6.1.4.1.40732.1.1"], True),
        (["2.5.29.32.0"], True),
        (["2.5.29.32.0"], True),
    ]


def test_a_device_of_a_request_has_the_requests_key(directory: Path) -> None:  # T1
    names = x509.SubjectAlternativeName([hardware_module("SL-8", "1.2.3.4")])
    done("issue", "pki", "--csr", request("gw.csr", names), "--out", "out.pem")
    asked = x509.load_pem_x509_csr(Path("gw.csr").read_bytes())
    assert leaf("out.pem").public_key() == asked.public_key()
    assert "Hardware  SL-8, of type 1.2.3.4\n" in done("explain", "out.pem")
    binary = x509.SubjectAlternativeName([hardware_module(b"\0\xff")])
    done("issue", "pki", "--csr", request("binary.csr", binary))
    assert "Hardware  00FF, of type" in done("explain", "binary-chain.pem")
    assert b"\x04\x02\0\xff" in leaf("binary-chain.pem").public_bytes(serialization.Encoding.DER)
    done("issue", "pki", "--csr", "gw.csr", "--serial", "SL-9", "--type", "1.2.3.5")
    assert "Hardware  SL-9, of type 1.2.3.5\n" in done("explain", "gw-chain.pem")


def test_the_root_may_sign_a_mica_itself(directory: Path) -> None:  # T1
    done("mica", "pki", "short", "--by-root")
    done("issue", "pki", "--key", "gw.key", "--serial", "7", "--mica", "short")
    assert Path("gw-chain.pem").read_text().count("BEGIN") == 2
    assert verify("gw-chain.pem") == "gw-chain.pem: OK\n"


def test_policies_are_named_or_numbered_and_critical_unless_asked_otherwise(directory: Path) -> None:
    wanted = "--policy", "post-manufacture", "--policy", "test", "--policy", "1.2.3"
    done("issue", "pki", "--key", "gw.key", "--serial", "7", *wanted, "--not-critical")
    oids = ["1.3.6.1.4.1.40732.1.3", "1.3.6.1.4.1.40732.2.1", "1.2.3"]
    assert policies("gw-chain.pem")[0] == (oids, False)
    done("root", "lenient", "--not-critical")
    done("mica", "lenient", "acme", "--not-critical")
    assert policies("lenient/serca.pem") + policies("lenient/acme-mica.pem") == [(["2.5.29.32.0"], False)] * 3


def test_a_server_has_a_name_an_address_or_only_its_hardwares(directory: Path) -> None:  # T1
    for name, options, hosts in (
        ("a", ["--server", "utility.example"], "Host      utility.example\n"),
        ("b", ["--server", "192.0.2.7"], "Host      192.0.2.7\n"),
        ("c", ["--server", "localhost"], "Host      localhost, 127.0.0.1\n"),
        ("d", ["--nameless-server", "--serial", "rack 4"], "Hardware  rack 4, of type"),
    ):
        done("issue", "pki", "--key", f"{name}.key", *options)
        assert hosts in done("explain", f"{name}-chain.pem", f"{name}.key", "pki/serca.pem")
        assert verify(f"{name}-chain.pem", "sslserver") == f"{name}-chain.pem: OK\n"
    assert policies("a-chain.pem")[0] == (["1.3.6.1.4.1.40732.2.3"], True)


def test_a_certificate_lives_as_long_as_it_is_told(directory: Path) -> None:
    dates = "--from", "2025-12-01", "--until", "2026-01-04T08:00:00Z"
    done("issue", "pki", "--key", "gw.key", "--serial", "7", *dates)
    result = sluice("explain", "gw-chain.pem", "--at", "2026-01-04T09:00:00Z")
    assert result.exit_code == 1
    assert "Valid     2025-12-01 00:00:00Z to 2026-01-04 08:00:00Z\n            expired 1 h ago\n" in result.stdout


def test_keys_are_for_their_owner_only(directory: Path) -> None:
    done("issue", "pki", "--key", "gw.key", "--serial", "7")
    keys = [*directory.glob("*.key"), Path("gw.key")]
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600] * 5
    Path("gw.key").chmod(0o644)
    done("issue", "pki", "--key", "gw.key", "--serial", "7", "--force")
    assert stat.S_IMODE(Path("gw.key").stat().st_mode) == 0o600


def test_nothing_is_overwritten_unasked(directory: Path) -> None:
    done("issue", "pki", "--key", "gw.key", "--serial", "7")
    before = {file: file.read_bytes() for file in Path().rglob("*.*")}
    advice = "exists: name another file, or overwrite it with --force"
    assert refused("root", "pki") == f"Error: pki/serca.pem {advice}"
    assert refused("mica", "pki", "acme") == f"Error: pki/acme-mica.pem {advice}"
    assert refused("issue", "pki", "--key", "gw.key", "--serial", "7") == f"Error: gw-chain.pem {advice}"
    again = "issue", "pki", "--key", "gw.key", "--serial", "7", "--out", "new.pem"
    assert refused(*again) == f"Error: gw.key {advice}"
    assert {file: file.read_bytes() for file in Path().rglob("*.*")} == before
    done(*again, "--force")
    assert Path("gw.key").read_bytes() != before[Path("gw.key")]


def test_a_request_an_authority_objects_to_gets_no_certificate(directory: Path) -> None:
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    key = rsa.generate_private_key(65537, 2048)
    Path("rsa.csr").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    said = refused("issue", "pki", "--csr", "rsa.csr", "--serial", "7")
    assert said.startswith("Error: rsa.csr: the key is RSA of 2048 bits, not P-256: make a new one")
    assert not Path("rsa-chain.pem").exists()


def test_authorities_that_cannot_sign_are_named(directory: Path) -> None:  # T10
    device = "issue", "pki", "--key", "gw.key", "--serial", "7"
    done("mica", "pki", "other")
    assert refused(*device) == "Error: pki has these MICAs: acme, other; choose one with --mica"
    wrong = refused(*device, "--mica", "nobody")
    assert wrong == "Error: pki has these MICAs: acme, other; choose one with --mica"
    done("root", "new")
    none = refused("issue", "new", "--key", "gw.key", "--serial", "7")
    assert none == "Error: new has these MICAs: none; make one with `sluice pki mica new NAME`"
    missing = refused("mica", "nowhere", "acme")
    assert missing == "Error: nowhere/mca.pem does not exist: make the authorities of nowhere with `sluice pki root`"
    Path("pki/acme-mica.key").write_bytes(Path("pki/other-mica.key").read_bytes())
    foreign = refused(*device, "--mica", "acme")
    assert foreign == "Error: pki/acme-mica.key is not the key of pki/acme-mica.pem: they are of two environments"
    Path("pki/acme-mica.key").write_bytes(private(rsa.generate_private_key(65537, 2048), NO_KEY))
    large = refused(*device, "--mica", "acme")
    assert large == "Error: pki/acme-mica.key: the key is RSA of 2048 bits; IEEE 2030.5 wants P-256: make a new key"
    locked = private(ec.generate_private_key(ec.SECP256R1()), serialization.BestAvailableEncryption(b"secret"))
    Path("pki/acme-mica.key").write_bytes(locked)
    assert "pki/acme-mica.key: the private key is encrypted: decrypt it" in refused(*device, "--mica", "acme")
    Path("pki/acme-mica.key").unlink()
    assert "pki/acme-mica.key does not exist" in refused(*device, "--mica", "acme")
    assert not Path("gw.key").exists()


def test_a_wrong_option_is_named(directory: Path) -> None:  # T10
    new = "issue", "pki", "--key", "gw.key"
    for arguments, words in (
        (
            ["issue", "pki", "--serial", "7"],
            "Name either the request, --csr FILE, or where a new key goes",
        ),
        ([*new, "--csr", "gw.csr"], "Name either the request"),
        ([*new], "Name the serial number of the device's hardware, --serial N."),
        ([*new, "--serial", "7", "--type", "1.x"], "'--type': 1.x is neither an OID nor one of device, mobile"),
        ([*new, "--serial", "7", "--policy", "best"], "'--policy': best is neither an OID nor one of device"),
        ([*new, "--serial", "7", "--until", "soon"], "'--until': soon is neither a day (2026-01-31) nor a time"),
        ([*new, "--serial", "7", "--from", "1949-01-01"], "'--from': 1949-01-01 is neither"),
        ([*new, "--serial", "7", "--until", "2019-01-01"], "--until: it ends before it begins (2020-01-01)"),
        ([*new, "--serial", "7", "--out", "gw.key"], "--out: the key needs a file of its own"),
        ([*new, "--server", " "], "--server: name a host, or use --nameless-server"),
        ([*new, "--server", "münchen.example"], "This cannot stand in a certificate:"),
        ([*new, "--server", "a" * 65], "This cannot stand in a certificate:"),
        (["mica", "pki", "../acme"], "NAME: a name has up to 40 letters, digits and . _ -"),
        (["issue", "pki", "--csr", "gw.csr", "--serial", "7"], "gw.csr does not exist: check the name"),
        ([*new, "--serial", "7", "--out", "pki/serca.pem/x.pem"], "pki/serca.pem/x.pem cannot be written"),
    ):
        assert words in refused(*arguments)
    assert not Path("gw.key").exists()
