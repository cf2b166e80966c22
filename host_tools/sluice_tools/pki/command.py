"""The commands `sluice pki ...`: make the certificates of an environment, and tell what is wrong with others'."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console
from rich.text import Text

from sluice_tools.pki import csr, store
from sluice_tools.pki.explain import Explained, Explanation
from sluice_tools.pki.explain import explain as explained
from sluice_tools.pki.files import FileError, key_pem, pem, request, write
from sluice_tools.pki.profile import (
    BEGINNING,
    FOREVER,
    HARDWARE_TYPE,
    POLICIES,
    HardwareModule,
    device_certificate,
    new_key,
    server_certificate,
)
from sluice_tools.pki.seen import SERVER, rows
from sluice_tools.pki.testing import SERVER_LIFE
from sluice_wire.identity import lfdi

FILE = click.Path(path_type=Path)
DIRECTORY = click.Path(file_okay=False, path_type=Path)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def _oid(value: str) -> str:
    """Take an OID, or a name of POLICIES."""
    oid = {name: oid for oid, name in POLICIES.items()}.get(value, value)
    try:
        return x509.ObjectIdentifier(oid).dotted_string
    except ValueError:
        raise click.BadParameter(f"{value} is neither an OID nor one of {', '.join(POLICIES.values())}") from None


def _utc(value: str) -> datetime:
    """Take a day or a time, UTC."""
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        with suppress(ValueError):
            at = datetime.strptime(value, form).replace(tzinfo=UTC)
            if at.year >= 1950:  # RFC 5280 4.1.2.5
                return at
    raise click.BadParameter(f"{value} is neither a day (2026-01-31) nor a time (2026-01-31T08:00:00Z) from 1950 on")


CRITICAL = click.option("--critical/--not-critical", default=True, help="Are the policies critical? Real ones are.")
FORCE = click.option("--force", is_flag=True, help="Overwrite files that exist.")


@click.group()
def pki() -> None:
    """Make certificates as IEEE 2030.5 has them, and tell what is wrong with others'."""


@pki.command()
@click.argument("directory", type=DIRECTORY)
@CRITICAL
@FORCE
def root(directory: Path, critical: bool, force: bool) -> None:
    """Make a root (serca), a manufacturer's authority (mca) and a utility's (utility) in DIRECTORY."""
    _made(store.make_root(directory, critical=critical, force=force))


@pki.command()
@click.argument("directory", type=DIRECTORY)
@click.argument("name")
@click.option("--by-root", is_flag=True, help="The root signs it, not the MCA.")
@CRITICAL
@FORCE
def mica(directory: Path, name: str, by_root: bool, critical: bool, force: bool) -> None:
    """Make an issuing authority (MICA) for devices, NAME-mica.pem and NAME-mica.key, in DIRECTORY."""
    if not NAME.fullmatch(name):
        raise click.BadParameter("a name has up to 40 letters, digits and . _ -", param_hint="NAME")
    _made(store.make_mica(directory, name, by_root=by_root, critical=critical, force=force))


@pki.command()
@click.argument("directory", type=DIRECTORY)
@click.option("--csr", "csr_file", type=FILE, help="The request, PEM or DER, of whoever has the key.")
@click.option("--key", "key_file", type=FILE, help="Without a request: make a key, too, and write it here.")
@click.option("--out", type=FILE, help="Of the chain; NAME-chain.pem beside the request or key without it.")
@click.option("--serial", help="The hardware's serial number. Of the request, if that has one.")
@click.option("--type", "hw_type", type=_oid, metavar="OID", help=f"The hardware's type.  [default: {HARDWARE_TYPE}]")
@click.option("--policy", type=_oid, metavar="OID", multiple=True, help="Or a name, see above. May be repeated.")
@click.option("--server", "host", metavar="HOST", help="A server of this name or address, by the utility's authority.")
@click.option("--nameless-server", is_flag=True, help="A server with no name but its hardware's.")
@click.option("--mica", "mica_name", metavar="NAME", help="Who signs a device. The only MICA without it.")
@click.option("--from", "begins", type=_utc, metavar="DATE", help="[default: 2020-01-01]")
@click.option("--until", "ends", type=_utc, metavar="DATE", help="[default: for ever; of a server ten years]")
@CRITICAL
@FORCE
def issue(
    directory: Path,
    csr_file: Path | None,
    key_file: Path | None,
    out: Path | None,
    serial: str | None,
    hw_type: str | None,
    policy: tuple[str, ...],
    host: str | None,
    nameless_server: bool,
    mica_name: str | None,
    begins: datetime | None,
    ends: datetime | None,
    critical: bool,
    force: bool,
) -> None:
    """Issue a certificate, of a device unless --server or --nameless-server is there.

    \b
    The names of policies:
      device mobile post-manufacture                  1.3.6.1.4.1.40732.1.1 to .1.3
      test self-signed service-provider bulk          1.3.6.1.4.1.40732.2.1 to .2.4
      any                                             2.5.29.32.0
    Without any it is `device`, for a server `service-provider`; any other OID is
    taken, too. A DATE is a day, 2026-01-31, or a time, 2026-01-31T08:00:00Z; UTC.
    """
    source = csr_file or key_file
    if source is None or (csr_file and key_file):
        raise click.UsageError("Name either the request, --csr FILE, or where a new key goes, --key FILE.")
    if host is not None and (nameless_server or not host.strip()):
        raise click.BadParameter("name a host, or use --nameless-server", param_hint="--server")
    if key_file and key_file == out:
        raise click.BadParameter("the key needs a file of its own", param_hint="--out")
    is_server = bool(host) or nameless_server
    key = new_key() if key_file else None
    public, module = (key.public_key(), None) if key else _checked(csr_file or source)
    number = serial or (module.hw_serial if module else "server" if is_server else None)
    if not number:
        raise click.UsageError("Name the serial number of the device's hardware, --serial N.")
    begins = begins or BEGINNING
    ends = ends or (datetime.now(UTC).replace(microsecond=0) + SERVER_LIFE if is_server else FOREVER)
    if ends <= begins:
        raise click.BadParameter(f"it ends before it begins ({begins:%Y-%m-%d})", param_hint="--until")
    issuer = store.signer(directory, store.UTILITY) if is_server else store.mica(directory, mica_name)
    hw_type = hw_type or (module.hw_type.dotted_string if module else HARDWARE_TYPE)
    options: dict[str, Any] = {
        "serial": number,
        "hw_type": hw_type,
        "critical": critical,
        "life": (begins, ends),
    }
    if policy:
        options["policies"] = policy
    try:
        if is_server:
            made = server_certificate(public, issuer, host, **options)
        else:
            made = device_certificate(public, issuer, **options)
    except ValueError as error:
        raise click.UsageError(f"This cannot stand in a certificate: {error}") from error
    files = {out or source.with_name(f"{source.stem}-chain.pem"): pem([made, *issuer.chain])}
    if key_file and key:
        files[key_file] = key_pem(key)
    write(files, force=force)
    _made(list(files))
    click.echo(f"LFDI {lfdi(made.public_bytes(serialization.Encoding.DER))}")


@pki.command()
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option("--at", type=_utc, metavar="DATE", help="Judge as of this time, UTC, not of now.")
def explain(files: Sequence[Path], at: datetime | None) -> None:
    """Tell what certificates say, and what a peer would object to.

    Name the chain, and beside it its key, the root, and whatever belongs to them: PEM or DER. Keys are compared, never
    shown. Ends with 0 if nothing is wrong, 1 if a peer would object, 2 if a file cannot be read.
    """
    now = at or datetime.now(UTC)
    found = explained(files, now)
    _show(found, now)
    if found.objections or any(one.verdict.objections for one in found.files):
        raise click.exceptions.Exit(1)


@pki.command("check-csr")
@click.argument("file", type=FILE)
def check_csr(file: Path) -> None:
    """Tell what a certificate signing request asks for, and what an authority would object to.

    Ends with 0 if nothing is wrong, 1 if the authority would object, 2 if the file cannot be read.
    """
    asked = csr.asked(request(file), str(file))
    wrong = [f"{file}: {text}" for text in csr.objections(asked)]
    console = Console(highlight=False)
    _table(console, f"{file}: a certificate request (CSR)", csr.rows(asked))
    _listed(console, "An authority would object:", "Nothing an authority would object to.", wrong, "red")
    if wrong:
        raise click.exceptions.Exit(1)


def _checked(file: Path) -> tuple[ec.EllipticCurvePublicKey, HardwareModule | None]:
    """Give the key and the hardware module of a request that an authority has nothing against."""
    asked = csr.asked(found := request(file), str(file))
    wrong = csr.objections(asked)
    key = found.public_key()
    if wrong or not isinstance(key, ec.EllipticCurvePublicKey):
        raise FileError(f"{file}: {wrong[0]}; `sluice pki check-csr {file}` tells more")
    return key, asked.extensions.module


def _made(files: Sequence[Path]) -> None:
    click.echo("\n".join(f"made {file}" for file in files))


def _show(found: Explanation, now: datetime) -> None:
    console = Console(highlight=False)
    for file in found.files:
        for one in file.held:
            _table(console, one.where, rows(one, now))
        _block(console, "", _chain(file))
        console.print()
    for text in found.keys:
        _block(console, "", text)
    objections = [text for file in found.files for text in file.verdict.objections] + found.objections
    remarks = [text for file in found.files for text in file.verdict.remarks] + found.remarks
    roles = {file.verdict.path[0].role for file in found.files if file.presented}
    peers = {"a gateway" if role == SERVER else "a utility server" for role in roles}
    peer = " or ".join(sorted(peers)) or "a peer"
    _listed(console, f"{peer.capitalize()} would object:", f"Nothing {peer} would object to.", objections, "red")
    if remarks:
        _listed(console, "Worth knowing:", "", remarks, "yellow")


def _chain(file: Explained) -> str:
    """Give the chain, from what is presented to the last one found."""
    path = file.verdict.path
    if len(path) == 1 and file.verdict.whole:
        return "Chain: none; nobody but itself has signed it" + (", as with any root." if not file.presented else ".")
    state = "whole, to the root" if file.verdict.whole else f"not seen to its end: {path[-1].issuer} is not here"
    return f"Chain ({state}): {' <- '.join(one.who for one in path)}"


def _table(console: Console, title: str, lines: Sequence[tuple[str, str]]) -> None:
    console.print(Text(title, "bold"), soft_wrap=True)
    for label, text in lines:
        _block(console, f"  {label:10}", text)
    console.print()


def _listed(console: Console, title: str, nothing: str, texts: Sequence[str], colour: str) -> None:
    console.print(Text(title, f"bold {colour}") if texts else Text(nothing, "green"))
    for text in texts:
        _block(console, "  - ", f"{text}.")


def _block(console: Console, label: str, text: str) -> None:
    """Print a label and, beside it, a text folded to the width of the screen; no blanks at the ends of lines."""
    wide = max(console.width - len(label), 20)
    lines = [line for part in text.split("\n") for line in wrap(part, wide, break_on_hyphens=False) or [""]]
    console.print(Text.assemble((label, "dim"), f"\n{' ' * len(label)}".join(lines)), soft_wrap=True)
