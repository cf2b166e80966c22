"""`sluice pki explain` and `check-csr`: what is right is said to be so, and each fault is named with its file."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from openssl_program import openssl

from sluice_tools.cli import main
from sluice_tools.pki import Pki
from sluice_tools.pki.files import pem
from sluice_tools.pki.profile import Signer, authority, common_name, device_certificate, hardware_module, sign

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PEM = serialization.Encoding.PEM


@pytest.fixture
def pki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pki:
    """Give a PKI whose files lie in the working directory, so that messages name them by their bare names."""
    monkeypatch.chdir(tmp_path)
    return Pki(Path(), now=NOW.timestamp())


def sluice(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["pki", *map(str, arguments)], env={"COLUMNS": "80"})
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def explain(*files: object, at: str = "2026-01-05") -> tuple[int, str]:
    """Give the exit code, and what was said with every fold and blank one blank."""
    result = sluice("explain", *files, "--at", at)
    return result.exit_code, " ".join(result.output.split())


GOOD = """\
device-chain.pem, certificate 1
  What      a device
  LFDI      {lfdi}
  SFDI      {sfdi}
  Hardware  device, of type 1.3.6.1.4.1.57269.1.1
  Issuer    CN=IEEE 2030.5 Test MICA
  Policies  1.3.6.1.4.1.40732.1.1 device, critical
  Valid     2020-01-01 00:00:00Z to 9999-12-31 23:59:59Z
            for ever
  Key       P-256; signed by ecdsa-with-SHA256

device-chain.pem, certificate 2
"""
END = """\
Chain (whole, to the root): hardware device <- CN=IEEE 2030.5 Test MICA <-
CN=IEEE 2030.5 Test MCA <- CN=IEEE 2030.5 Test Root
"""


def test_a_good_device_is_described_and_nothing_is_objected_to(pki: Pki) -> None:  # T1, T2
    device = pki.device()
    result = sluice("explain", device.chain, device.key, pki.root, "--at", "2026-01-05")
    sfdi = "".join(char for char in result.stdout.split("SFDI")[1].split("(")[0] if char.isdigit())
    grouped = "-".join(sfdi[i : i + 3] for i in range(0, 12, 3))
    assert result.exit_code == 0
    assert result.stdout.startswith(GOOD.format(lfdi=device.lfdi, sfdi=f"{sfdi} ({grouped})"))
    assert int(sfdi[:-1]) == int(device.lfdi[:9], 16)
    assert END in result.stdout
    assert "device.key is the key of device-chain.pem, certificate 1." in result.stdout
    assert result.stdout.endswith("Nothing a utility server would object to.\n")
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert not [line for line in result.stdout.splitlines() if line.endswith(" ")]


def test_a_key_is_never_shown(pki: Pki) -> None:
    device = pki.device()
    both = Path("both.pem")
    both.write_bytes(device.key.read_bytes() + device.chain.read_bytes())
    secret = device.key.read_text().splitlines()[1]
    for files in ([device.chain, device.key], [both], [device.key]):
        assert secret[:20] not in sluice("explain", *files).output
    code, said = explain(both)
    assert code == 0
    assert "both.pem: a private key lies beside the certificates: never send this file to anybody." in said
    assert "both.pem: others on this machine may read the private key: chmod 600 both.pem." in said


def test_a_root_stands_for_itself(pki: Pki) -> None:
    code, said = explain(pki.root)
    assert code == 0
    assert "What a root (SERCA), CN=IEEE 2030.5 Test Root SHA-256" in said
    assert "Chain: none; nobody but itself has signed it, as with any root. Nothing a peer would object to." in said


def test_roots_side_by_side_are_what_somebody_trusts(pki: Pki) -> None:
    bundle = made("bundle.pem", pki.root.read_text() + pem([authority("old root").certificate]).decode())
    assert explain(bundle)[0] == 0
    assert explain(bundle, pki.device().chain)[0] == 0
    assert explain(own("bad.pem", LARGE, [x509.BasicConstraints(True, None)]), pki.root)[0] == 1
    both = made("both.pem", pki.root.read_text() + Path("bad.pem").read_text())
    code, said = explain(both)
    assert code == 1
    assert "both.pem, certificate 2: its key is on the curve secp384r1" in said


def test_a_chain_whose_root_is_not_named_is_not_objected_to(pki: Pki) -> None:
    code, said = explain(pki.device().chain)
    assert code == 0
    assert "CN=IEEE 2030.5 Test Root, is in none of the files: if that is the root, name its file too" in said


def test_a_chain_may_be_short_and_may_end_with_its_root(pki: Pki) -> None:  # T1
    short, device = pki.device("short", mca=False), pki.device()
    whole = Path("whole.pem")
    whole.write_bytes(device.chain.read_bytes() + pki.root.read_bytes())
    for files in ([short.chain, pki.root], [whole]):
        code, said = explain(*files)
        assert code == 0
        assert "Chain (whole, to the root)" in said


def faults(pki: Pki) -> dict[str, list[Path]]:
    """Give files by what is to be said of them."""
    device = pki.device()
    one, mica, mca = (part + "-----END CERTIFICATE-----\n" for part in cut(device.chain))
    Path("other").mkdir()
    other = Pki(Path("other"), now=NOW.timestamp())
    return {
        "expired-device-chain.pem, certificate 1: it expired 1 day ago: ask": [pki.expired_device().chain, pki.root],
        "certificate 1: it becomes valid in 1 day: ask its issuer": [pki.future_device().chain, pki.root],
        "self-signed-chain.pem: nobody but itself has signed it: send a CSR": [pki.self_signed().chain],
        "the chain ends at alone-chain.pem; its issuer, CN=IEEE 2030.5 Test MICA, is in none of the files: append": [
            pki.device("alone", presented=1).chain
        ],
        "half-chain.pem, certificate 2; its issuer, CN=IEEE 2030.5 Test MCA, is in none of the files: append": [
            pki.device("half", presented=2).chain,
            pki.root,
        ],
        "certificate 3: its issuer is named as other/serca.pem, but has another key": [device.chain, other.root],
        "turned.pem, certificate 1, turned.pem, certificate 3, turned.pem, certificate 2.": [
            made("turned.pem", one + mca + mica)
        ],
        "the order is wrong: it must be last.pem, certificate 3, last.pem, certificate 1": [
            made("last.pem", mica + mca + one)
        ],
        "twice.pem, certificate 2 has not signed what is before it: take it out": [
            made("twice.pem", one + one + mica + mca)
        ],
        "mca.pem belongs into the file of gap.pem, certificate 1, behind gap.pem, certificate 2: append it": [
            made("gap.pem", one + mica),
            made("mca.pem", mca),
        ],
        "another.key is not the key of device-chain.pem, certificate 1": [device.chain, pki.device("another").key],
        "it has critical policies that are none of IEEE 2030.5": [
            pki.device("foreign", policies=["1.3.6.1.4.1.40732.1.1", "1.2.3"]).chain
        ],
        "none of its policies is of IEEE 2030.5": [pki.device("any", policies=["2.5.29.32.0"]).chain],
        "it has no policies": [pki.device("none", policies=[]).chain],
        "nist.pem: its key is on the curve secp384r1, not P-256": [
            own("nist.pem", ec.generate_private_key(ec.SECP384R1()))
        ],
        "rsa.pem: its key is RSA of 2048 bits, not P-256": [own("rsa.pem", rsa.generate_private_key(65537, 2048))],
        "sha.pem: it is signed by ecdsa-with-SHA384, not": [own("sha.pem", ec.generate_private_key(ec.SECP256R1()))],
        "zero.pem: its serial number is 0, not positive": [zero("zero.pem")],
        "its critical extension 1.2.3.4 is none that peers know": [
            own("odd.pem", ec.generate_private_key(ec.SECP256R1()), [ODD])
        ],
        "its keyUsage lacks digitalSignature": [own("usage.pem", ec.generate_private_key(ec.SECP256R1()), [AGREES])],
        "its extendedKeyUsage is 1.3.6.1.5.5.7.3.3, which is not for this": [
            own("code.pem", ec.generate_private_key(ec.SECP256R1()), [SIGNS_CODE])
        ],
        "strict.pem, certificate 3: it allows 0 authorities below it (pathLenConstraint), not 1": [
            under("strict.pem", authority("root"), 0, 0)
        ],
        "deep.pem, certificate 1: the chain has 5 levels; servers check no more than 4": [
            under("deep.pem", authority("root"), None, None, None)
        ],
        "no-ca.pem, certificate 2: its keyUsage lacks keyCertSign": [under("no-ca.pem", powerless())],
        "useless.pem: its keyUsage lacks digitalSignature": [
            own("useless.pem", ec.generate_private_key(ec.SECP256R1()), [x509.KeyUsage(*[False] * 9)])
        ],
        "its subject is empty, but no critical subjectAltName": [
            own("empty.pem", ec.generate_private_key(ec.SECP256R1()), [], x509.Name([]))
        ],
    }


LARGE = ec.generate_private_key(ec.SECP384R1())
SIGNS_CODE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
ODD = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
AGREES = x509.KeyUsage(False, False, False, False, True, False, False, False, False)


OLD_LOCKED = """\
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END EC PRIVATE KEY-----
"""


def cut(chain: Path) -> list[str]:
    return chain.read_text().split("-----END CERTIFICATE-----\n")[:-1]


def made(name: str, text: str) -> Path:
    Path(name).write_text(text)
    return Path(name)


def own(
    name: str,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    extensions: list[x509.ExtensionType] | None = None,
    subject: x509.Name | None = None,
) -> Path:
    """Write a certificate that its own key has signed, over SHA-384, with these critical extensions."""
    subject = common_name("own") if subject is None else subject
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOW, NOW + timedelta(days=1000))
    for extension in extensions or []:
        builder = builder.add_extension(extension, critical=True)
    Path(name).write_bytes(builder.sign(key, hashes.SHA384()).public_bytes(PEM))
    return Path(name)


def under(name: str, root: Signer, *path_lengths: int | None) -> Path:
    """Write the chain of a device, with its root, and between them an authority of each of these path lengths."""
    signer = root
    for number, path_length in enumerate(path_lengths):
        signer = authority(f"authority {number}", signer, path_length)
    device = device_certificate(ec.generate_private_key(ec.SECP256R1()).public_key(), signer, "7")
    Path(name).write_bytes(pem([device, *signer.chain, root.certificate]))
    return Path(name)


def aggregator(name: str) -> Path:
    """Write the chain of one with a subject and a policy, but no hardware module."""
    key, root = ec.generate_private_key(ec.SECP256R1()), authority("root")
    policy = x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.40732.2.3"), None)
    leaf = sign(common_name("aggregator"), key.public_key(), root, [(x509.CertificatePolicies([policy]), True)])
    Path(name).write_bytes(pem([leaf, root.certificate]))
    return Path(name)


def powerless() -> Signer:
    """Give a root whose keyUsage lets it sign nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    extensions = [(x509.BasicConstraints(True, None), True), (AGREES, True)]
    return Signer(sign(common_name("powerless"), key.public_key(), key, extensions), key, ())


def zero(name: str) -> Path:
    """Write a certificate whose serial number is 0, which no builder makes."""
    text = "".join(own(name, ec.generate_private_key(ec.SECP256R1())).read_text().splitlines()[1:-1])
    version, serial = b"\xa0\x03\x02\x01\x02", b"\x02\x01"
    der = base64.b64decode(text).replace(version + serial + b"\1", version + serial + b"\0")
    return made(name, pem_of("CERTIFICATE", der))


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_every_fault_is_objected_to_by_name(pki: Pki) -> None:  # T1, T10
    for words, files in faults(pki).items():
        code, said = explain(*files)
        assert (code, words, words in said) == (1, words, True), said
        assert "would object:" in said


def test_what_costs_nothing_is_only_told(pki: Pki) -> None:
    lenient = Pki(Path("lenient"), now=NOW.timestamp(), critical_policies=False).device()
    named = aggregator("named.pem")
    test = pki.device("t", policies=["1.3.6.1.4.1.40732.1.1", "1.3.6.1.4.1.40732.2.1"])
    for words, file in (
        ("its policies are not critical, as those of IEEE 2030.5 are", lenient.chain),
        ("it is for tests: a production server may refuse it", test.chain),
        ("it ends, where a device's lasts for ever", pki.device("e", not_after=NOW + timedelta(days=40)).chain),
        ("named.pem, certificate 1: it has a subject, where a device's is empty", named),
        ("named.pem, certificate 1: it names no hardware module: right for an aggregator", named),
        ("e-chain.pem, certificate 1: 40 days left: renew it.", Path("e-chain.pem")),
    ):
        code, said = explain(file)
        assert (code, words, words in said) == (0, words, True), said


def test_a_server_is_judged_as_a_gateway_would(pki: Pki) -> None:  # T1
    code, said = explain(pki.server().chain, pki.root)
    assert code == 0
    assert "Host localhost, 127.0.0.1 Issuer CN=Test Utility CA" in said
    assert "Nothing a gateway would object to." in said
    code, said = explain(pki.server("nameless", host=None).chain, pki.root)
    assert code == 0
    assert "it names no host: the gateway needs server.name empty" in said
    code, said = explain(pki.expired_server().chain)
    assert code == 1
    assert "A gateway would object: - expired-server-chain.pem, certificate 1: it expired 1 day ago" in said


def test_der_and_text_around_pem_are_read(pki: Pki) -> None:
    device = pki.device()
    der = Path("device.der")
    der.write_bytes(base64.b64decode("".join(cut(device.chain)[0].splitlines()[1:])))
    mail = made("mail.txt", "Dear installer,\r\n" + device.chain.read_text().replace("\n", "\r\n") + "\r\nRegards\r\n")
    utf16 = Path("powershell.pem")
    utf16.write_bytes(device.chain.read_text().encode("utf-16"))
    for file in (der, mail, utf16):
        assert f"LFDI {device.lfdi} SFDI" in explain(file)[1]


def test_a_file_that_cannot_be_read_is_told_by_name_and_what_to_do(pki: Pki) -> None:  # T10
    device = pki.device()
    text = device.chain.read_text()
    key = serialization.load_pem_private_key(device.key.read_bytes(), None)
    locked = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x"))
    damaged = text.replace(text.splitlines()[3], "AAAA" + text.splitlines()[3][4:-1])
    Path("folder").mkdir()
    Path("nul.pem").write_bytes(bytes(100))
    Path("big.bin").write_bytes(bytes(2 << 20))
    Path("cut.der").write_bytes(base64.b64decode("".join(cut(device.chain)[0].splitlines()[1:]))[:200])
    for file, words in (
        (Path("missing.pem"), "missing.pem does not exist: check the name"),
        (Path("folder"), "folder is a directory: name a file in it"),
        (made("empty.pem", "\n"), "empty.pem is empty: copy the file again"),
        (made("words.pem", "certificate"), "words.pem holds neither PEM (a line -----BEGIN CERTIFICATE-----) nor DER"),
        (Path("nul.pem"), "nul.pem holds neither PEM"),
        (Path("cut.der"), "cut.der holds neither PEM (a line -----BEGIN CERTIFICATE-----) nor DER: it may be a trunca"),
        (Path("big.bin"), "big.bin is too large for certificates (over 1 MB)"),
        (made("short.pem", text[:500]), "short.pem, line 1: a certificate begins here, but -----END CERTIFICATE-----"),
        (made("joined.pem", cut(device.chain)[0] + text), "joined.pem, line 1: a certificate begins here, but"),
        (made("odd.pem", damaged), "odd.pem, line 1: the base64 of a certificate that begins here is damaged"),
        (
            made("mail.pem", "> ".join(text.splitlines(True))),
            "mail.pem, line 1: the base64 of a certificate that begins",
        ),
        (made("not.pem", pem_of("CERTIFICATE", b"0\x03\x02\x01\x01")), "not.pem: the certificate cannot be read"),
        (device.key, "device.key holds a private key, no certificate: name the file of the certificate chain"),
        (made("locked.key", locked.decode()), "locked.key: the private key is encrypted: decrypt it first"),
        (made("old.key", OLD_LOCKED), "old.key: the private key is encrypted: decrypt it first"),
        (made("public.pem", pem_of("PUBLIC KEY", b"0\x00")), "public.pem holds a public key, no certificate"),
        (made("bundle.p7b", pem_of("PKCS7", b"0\x00")), "turn it into PEM by `openssl pkcs7 -print_certs`"),
        (
            made("csr.pem", csr().decode()),
            "csr.pem holds a certificate request (CSR), no certificate yet: read",
        ),
    ):
        code, said = explain(file)
        assert (code, words, words in said) == (2, words, True), said
        assert "Traceback" not in said


def test_a_malformed_field_is_named(pki: Pki) -> None:  # T10
    names = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4"), b"\x30\x00")
    key = ec.generate_private_key(ec.SECP256R1())
    file = own("module.pem", key, [x509.SubjectAlternativeName([names])])
    code, said = explain(file)
    assert code == 2
    assert "module.pem: the extensions cannot be read" in said


def test_what_would_steer_a_terminal_is_shown_as_hex(pki: Pki) -> None:
    code, said = explain(own("evil.pem", ec.generate_private_key(ec.SECP256R1()), [], common_name("a\x1b[2Jb")))
    assert code == 1
    assert "CN=a\\x1B[2Jb" in said


def pem_of(label: str, der: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n"


def csr(
    subject: x509.Name | None = None,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    *extensions: x509.ExtensionType,
    hashed: hashes.HashAlgorithm | None = None,
) -> bytes:
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]) if subject is None else subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashed or hashes.SHA256()).public_bytes(PEM)


def check(data: bytes) -> tuple[int, str]:
    Path("gw.csr").write_bytes(data)
    result = sluice("check-csr", "gw.csr")
    return result.exit_code, " ".join(result.output.split())


def test_a_csr_as_annex_c_has_it_is_accepted(pki: Pki) -> None:  # T1
    blank = x509.Name([x509.NameAttribute(oid, " ") for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)])
    named = csr(None, None, x509.SubjectAlternativeName([hardware_module("SL-1")]))
    der = x509.load_pem_x509_csr(csr()).public_bytes(serialization.Encoding.DER)
    for data in (csr(), csr(blank), named, der):
        code, said = check(data)
        assert code == 0
        assert "Subject empty, as a device's is Key P-256 Signature ecdsa-with-SHA256, valid" in said
        assert said.endswith("Nothing an authority would object to.")
    assert "Hardware SL-1, of type 1.3.6.1.4.1.57269.1.1" in check(named)[1]


def test_a_csr_made_by_the_program_of_annex_c_is_accepted(pki: Pki) -> None:  # T1
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "private_key.pem")
    openssl("req", "-new", "-key", "private_key.pem", "-out", "cert_req.csr", "-sha256", "-subj", "/CN= /O= ")
    assert check(Path("cert_req.csr").read_bytes())[0] == 0


def test_what_an_authority_would_object_to_in_a_csr(pki: Pki) -> None:  # T10
    good = x509.load_pem_x509_csr(csr()).public_bytes(serialization.Encoding.DER)
    foreign = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
    for data, words in (
        (good[:-1] + bytes([good[-1] ^ 1]), "gw.csr: the signature is not the key's"),
        (csr(None, rsa.generate_private_key(65537, 2048)), "the key is RSA of 2048 bits, not P-256"),
        (csr(None, LARGE), "the key is on the curve secp384r1, not P-256"),
        (csr(hashed=hashes.SHA384()), "it is signed by ecdsa-with-SHA384"),
        (csr(common_name("gateway 7")), "the subject is CN=gateway 7; a device has none"),
        (csr(None, None, x509.BasicConstraints(True, None)), "it asks for basicConstraints CA"),
        (csr(None, None, x509.SubjectAlternativeName([x509.DNSName("a.b")])), "it asks for the host name a.b"),
        (csr(None, None, AGREES), "it asks for a keyUsage without digitalSignature"),
        (csr(None, None, foreign), "it asks for a policy that is none of IEEE 2030.5, 1.2.3"),
        (csr(None, None, ODD), "it asks for a critical extension that no peer knows, 1.2.3.4"),
    ):
        code, said = check(data)
        assert (code, words, words in said) == (1, words, True), said


def test_a_file_that_is_no_csr_is_told_so(pki: Pki) -> None:  # T10
    device = pki.device()
    for data, words in (
        (device.chain.read_bytes(), "gw.csr holds a certificate; expected a certificate request (CSR)"),
        (device.key.read_bytes(), "gw.csr holds a private key; expected a certificate request (CSR)"),
        (csr() + csr(), "gw.csr holds 2 of them; expected a certificate request (CSR)"),
        (pem_of("CERTIFICATE REQUEST", b"0\x00").encode(), "gw.csr: the request cannot be read"),
        (csr()[:200], "gw.csr, line 1: a certificate request (CSR) begins here, but"),
        (b"", "gw.csr is empty"),
    ):
        code, said = check(data)
        assert (code, words, words in said) == (2, words, True), said
