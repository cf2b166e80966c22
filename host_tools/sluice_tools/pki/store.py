"""The authorities of an environment as files of one directory, and who of them signs what.

serca.pem and serca.key are the root, mca.* the manufacturers' authority under it, utility.* that of the servers, and
NAME-mica.* an issuing authority of a manufacturer. Each .pem holds the chain as it is presented, so without the root.
"""

from pathlib import Path

from sluice_tools.pki.files import FileError, certificates, ec_key, key_pem, pem, write
from sluice_tools.pki.profile import Signer, authority

ROOT, MCA, UTILITY, MICA = "serca", "mca", "utility", "-mica"


def make_root(directory: Path, *, critical: bool, force: bool) -> list[Path]:
    """Make a root, an MCA and a utility's CA; give the files."""
    root = authority("Sluice Test SERCA", critical=critical)
    mca = authority("Sluice Test MCA", root, critical=critical)
    utility = authority("Sluice Test Utility CA", root, 0, critical)
    return _write(directory, {ROOT: root, MCA: mca, UTILITY: utility}, force)


def make_mica(directory: Path, name: str, *, by_root: bool, critical: bool, force: bool) -> list[Path]:
    """Make a MICA, signed by the MCA or by the root itself; give the files."""
    mica = authority(f"Sluice Test MICA {name}", signer(directory, ROOT if by_root else MCA), 0, critical)
    return _write(directory, {name + MICA: mica}, force)


def signer(directory: Path, name: str) -> Signer:
    """Read an authority of this directory."""
    file = directory / f"{name}.pem"
    if not file.exists():
        raise FileError(f"{file} does not exist: make the authorities of {directory} with `sluice pki root`")
    chain, key = certificates(file), ec_key(directory / f"{name}.key")
    if chain[0].public_key() != key.public_key():
        raise FileError(f"{directory / name}.key is not the key of {file}: they are of two environments")
    return Signer(chain[0], key, () if name == ROOT else tuple(chain))


def mica(directory: Path, name: str | None) -> Signer:
    """Read the MICA of this name, or the only one."""
    names = [file.stem for file in sorted(directory.glob(f"*{MICA}.pem"))]
    wanted = [f"{name}{MICA}"] if name else names
    if len(wanted) == 1 and wanted[0] in names:
        return signer(directory, wanted[0])
    listed = ", ".join(known.removesuffix(MICA) for known in names) or "none"
    advice = "choose one with --mica" if names else f"make one with `sluice pki mica {directory} NAME`"
    raise FileError(f"{directory} has these MICAs: {listed}; {advice}")


def _write(directory: Path, signers: dict[str, Signer], force: bool) -> list[Path]:
    files = {}
    for name, one in signers.items():
        files[directory / f"{name}.pem"] = pem(one.chain or [one.certificate])
        files[directory / f"{name}.key"] = key_pem(one.key)
    write(files, force=force)
    return list(files)
