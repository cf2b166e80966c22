"""The C file that makes Mbed TLS take certificates of IEEE 2030.5, linked as a board does, by its own flags."""

import re
import subprocess
from pathlib import Path

import pytest
from tls_server import serving

from sluice_tools.pki import Credential, Pki
from sluice_tools.toolchain import certificates, interpreter
from sluice_tools.toolchain.certificates import FOLDER, HEADERS, SOURCE

SCRIPT = Path(__file__).parent / "get_time.py"
PROGRAM = Path(__file__).parent / "parse_certificates.c"
STATIC = HEADERS / "usr" / "lib" / "i386-linux-gnu"
SHARED = FOLDER / "root" / "usr" / "lib" / "i386-linux-gnu"
NOW = 1768399200.0

pytestmark = pytest.mark.usefixtures("sep2_certificates")


def flags(name: str) -> list[str]:
    """Give the linker's flags of a build file beside the C file."""
    return re.findall(r"-Wl,--wrap=\w+", (SOURCE.parent / name).read_text())


def link(program: Path, *arguments: Path | str) -> Path:
    begin, end = (STATIC / "crt1.o", STATIC / "crti.o"), STATIC / "crtn.o"
    mbedtls = (STATIC / "libmbedtls.a", STATIC / "libmbedx509.a", SHARED / "libmbedcrypto.so.16")
    c = (STATIC / "libc_nonshared.a", SHARED / "libc.so.6", SHARED / "ld-linux.so.2")
    certificates.compile_c(program, "-no-pie", *begin, PROGRAM, *arguments, *mbedtls, *c, end)
    return program


def told(program: Path, device: Credential, pki: Pki) -> list[str]:
    loader = [SHARED / "ld-linux.so.2", "--library-path", SHARED]
    done = subprocess.run([*loader, program, device.chain, pki.root], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"), now=NOW, critical_policies=True)


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link(tmp_path_factory.mktemp("firmware") / "parse", *flags("micropython.mk"), SOURCE)


def test_both_build_files_wrap_every_function_that_the_c_file_defines() -> None:
    defined = re.findall(r"INSTEAD_OF\((mbedtls_\w+)\)\(mbedtls_\w+ \*", SOURCE.read_text())
    assert len(set(defined)) == 5
    for name in ("micropython.mk", "micropython.cmake"):
        assert sorted(flags(name)) == sorted(f"-Wl,--wrap={function}" for function in set(defined))


def test_a_device_with_critical_policies_is_parsed_and_verified(firmware: Path, pki: Pki) -> None:  # T1
    assert told(firmware, pki.device(), pki)[:3] == ["0", "0", "0"]


def test_a_name_is_checked_and_the_empty_one_is_not(firmware: Path, pki: Pki) -> None:  # T1
    assert told(firmware, pki.device(), pki)[3:] == ["utility.example", "any"]


@pytest.mark.parametrize(
    ("critical", "name", "words"),
    [
        (True, "localhost", "by sep2_certificates only"),
        (False, "", '"" needs sep2_certificates'),
    ],
)
def test_micropython_without_it_refuses_and_says_what_is_missing(  # T1, T10
    tmp_path: Path, critical: bool, name: str, words: str
) -> None:
    pki = Pki(tmp_path, now=NOW, critical_policies=critical)
    device = pki.device()
    loader = [SHARED / "ld-linux.so.2", "--library-path", SHARED, FOLDER / "root" / "usr" / "bin" / "micropython"]
    with serving(pki.server(), pki.root) as server:
        arguments = [SCRIPT, f"https://localhost:{server.port}/tm", pki.root, device.chain, device.key, name]
        environment = interpreter.environment(*interpreter.SOURCES)
        done = subprocess.run([*loader, *arguments], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("refused: ")
    assert words in done.stdout
    assert (server.ciphers, done.stderr) == ([], "")


def test_what_a_broken_off_build_left_is_not_taken_for_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LIBRARY", tmp_path / "sep2.so")
    (tmp_path / "sep2.unfinished").write_bytes(b"half")
    certificates.build()
    assert (tmp_path / "sep2.so").read_bytes().startswith(b"\x7fELF")


def test_without_the_file_the_device_is_refused_and_the_empty_name_is_a_name(pki: Pki, tmp_path: Path) -> None:
    refused, *_, of_empty = told(link(tmp_path / "stock"), pki.device(), pki)
    assert (refused, of_empty) == ("1", "empty")  # one certificate of the chain cannot be taken
