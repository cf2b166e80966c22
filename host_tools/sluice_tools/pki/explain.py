"""What files hold, and what is to be said of it: certificates are judged as chains, a key by the certificate beside it.

A file with anything but CAs in it is a chain that somebody presents; a file of CAs is what he trusts, or signs with.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sluice_tools.pki.files import CERTIFICATE, KEY, REQUEST, FileError, certificate, parts, private_key
from sluice_tools.pki.judge import Verdict, judge, owner
from sluice_tools.pki.seen import Seen, seen


class Explained(NamedTuple):
    """A file's certificates, and the verdict on them."""

    file: Path
    held: list[Seen]
    verdict: Verdict

    @property
    def presented(self) -> bool:
        """Whether this is a chain that somebody presents."""
        return any(not one.extensions.ca for one in self.held)


class Explanation(NamedTuple):
    """All files with certificates; what is to be said of the keys; what is neither."""

    files: list[Explained]
    keys: list[str]
    objections: list[str]
    remarks: list[str]


def explain(paths: Sequence[Path], now: datetime) -> Explanation:
    """Read these files and judge them; FileError names what cannot be read."""
    held, keys, remarks = {}, [], []
    for path in paths:
        found = parts(path)
        if any(part.what == REQUEST for part in found):
            raise FileError(f"{path} holds {REQUEST}, no certificate yet: read it with `sluice pki check-csr`")
        ones = [seen(certificate(part), part.where) for part in found if part.what == CERTIFICATE]
        mine = [(part.where, private_key(part)) for part in found if part.what == KEY]
        if not ones and not mine:
            raise FileError(f"{path} holds {found[0].what}, no certificate: name the file of the certificate chain")
        if ones:
            held[path] = ones
        if mine and path.stat().st_mode & 0o077:
            remarks.append(f"{path}: others on this machine may read the private key: chmod 600 {path}")
        if ones and mine:
            remarks.append(f"{path}: a private key lies beside the certificates: never send this file to anybody")
        keys += mine
    if not held:
        raise FileError(f"{paths[0]} holds {KEY}, no certificate: name the file of the certificate chain, too")
    every = [one for ones in held.values() for one in ones]
    leaves = [next((one for one in ones if not one.extensions.ca), ones[0]) for ones in held.values()]
    said, objections = [], []
    for where, key in keys:
        whose = owner(key, leaves)
        if whose:
            said.append(f"{where} is the key of {whose.where}.")
        else:
            objections.append(
                f"{where} is not the key of {leaves[0].where}: find that key, or ask for a new certificate"
            )
    files = [
        Explained(path, ones, judge(ones, [one for one in every if one not in ones], now))
        for path, ones in held.items()
    ]
    return Explanation(files, said, objections, remarks)
