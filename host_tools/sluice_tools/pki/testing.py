"""A test PKI: SERCA -> MCA -> MICA -> device, and a utility's CA -> server beside it, good ones and bad ones.

Every test environment makes its own; a key is never kept in a repository. What it signs is what real certificates are,
with critical policies, unless a test asks for something that is to be refused.
Source: IEEE 2030.5-2018 6.11; requirements T1, T2.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluice_tools.pki.files import key_pem, pem, write
from sluice_tools.pki.profile import (
    BEGINNING,
    DEVICE_POLICY,
    FOREVER,
    SERVICE_PROVIDER_POLICY,
    authority,
    common_name,
    device_certificate,
    new_key,
    server_certificate,
    sign,
)
from sluice_wire.identity import lfdi

SERVER_LIFE = timedelta(days=3650)


class Credential(NamedTuple):
    """A certificate chain and its private key, in PEM files."""

    chain: Path
    key: Path
    lfdi: str


class Pki:
    """The authorities of one test environment, in memory; what they sign goes into `directory`."""

    def __init__(self, directory: Path, *, now: float, critical_policies: bool = True) -> None:
        """`now`: Unix seconds; a server's certificate expires ten years later."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._now = datetime.fromtimestamp(now, UTC)
        self._critical = critical = critical_policies
        root = authority("IEEE 2030.5 Test Root", critical=critical)
        mca = authority("IEEE 2030.5 Test MCA", root, critical=critical)
        self._mica = authority("IEEE 2030.5 Test MICA", mca, 0, critical)
        self._root_mica = authority("IEEE 2030.5 Test MICA of the Root", root, 0, critical)
        self._utility = authority("Test Utility CA", root, 0, critical)
        self.root = directory / "serca.pem"
        self.root.write_bytes(pem([root.certificate]))

    def device(
        self,
        name: str = "device",
        *,
        not_before: datetime = BEGINNING,
        not_after: datetime = FOREVER,
        policies: Sequence[str] = (DEVICE_POLICY,),
        mca: bool = True,
        presented: int | None = None,
    ) -> Credential:
        """Make NAME-chain.pem (device, MICA, MCA) and NAME.key; the hardware's serial number is `name`.

        Without `mca` the root has signed the MICA; of the chain only the first `presented` certificates are written.
        """
        key, issuer = new_key(), self._mica if mca else self._root_mica
        life = not_before, not_after
        leaf = device_certificate(key.public_key(), issuer, name, policies=policies, critical=self._critical, life=life)
        return self._write(name, key, [leaf, *issuer.chain][:presented])

    def server(
        self,
        name: str = "server",
        *,
        not_before: datetime = BEGINNING,
        not_after: datetime | None = None,
        host: str | None = "localhost",
        policies: Sequence[str] = (SERVICE_PROVIDER_POLICY,),
        presented: int | None = None,
    ) -> Credential:
        """Make NAME-chain.pem (server, utility's CA) and NAME.key for `host`, "localhost" with 127.0.0.1.

        Without a host the certificate carries only the name of a hardware module, as a device's does.
        """
        key, issuer = new_key(), self._utility
        life = not_before, not_after or self._now + SERVER_LIFE
        leaf = server_certificate(key.public_key(), issuer, host, policies=policies, critical=self._critical, life=life)
        return self._write(name, key, [leaf, *issuer.chain][:presented])

    def expired_device(self) -> Credential:
        """Make a device whose certificate ended yesterday."""
        return self.device("expired-device", not_after=self._now - timedelta(days=1))

    def expired_server(self) -> Credential:
        """Make a server whose certificate ended yesterday."""
        return self.server("expired-server", not_after=self._now - timedelta(days=1))

    def future_device(self) -> Credential:
        """Make a device whose certificate begins tomorrow."""
        return self.device("future-device", not_before=self._now + timedelta(days=1))

    def future_server(self) -> Credential:
        """Make a server whose certificate begins tomorrow."""
        return self.server("future-server", not_before=self._now + timedelta(days=1))

    def self_signed(self, name: str = "self-signed") -> Credential:
        """Make a certificate that nobody vouches for."""
        key = new_key()
        leaf = sign(common_name(name), key.public_key(), key, [], (BEGINNING, self._now + SERVER_LIFE))
        return self._write(name, key, [leaf])

    def _write(self, name: str, key: ec.EllipticCurvePrivateKey, chain: Sequence[x509.Certificate]) -> Credential:
        files = self.directory / f"{name}-chain.pem", self.directory / f"{name}.key"
        write({files[0]: pem(chain), files[1]: key_pem(key)}, force=True)
        return Credential(*files, lfdi(chain[0].public_bytes(serialization.Encoding.DER)))


def make_pki(directory: Path, *, now: float) -> Pki:
    """Make serca.pem, device-chain.pem, device.key, server-chain.pem and server.key in `directory`."""
    pki = Pki(directory, now=now)
    pki.device()
    pki.server()
    return pki


def lfdi_of(chain: Path) -> str:
    """Give the LFDI of the first certificate of a PEM file."""
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    return lfdi(certificate.public_bytes(serialization.Encoding.DER))
