"""A stand-in for the gateway's certificate, where no TLS is spoken: a serial number and dates, nobody asks for more."""

import base64
import hashlib
from pathlib import Path


def certificate(seed: int) -> bytes:
    """Give the certificate (DER), the same for the same seed."""
    serial = hashlib.sha512(f"certificate {seed}".encode()).digest()
    dates = _der(0x30, _der(0x17, b"200101000000Z") + _der(0x18, b"99991231235959Z"))
    return _der(0x30, _der(0x30, _der(0x02, serial) + _der(0x30) + _der(0x30) + dates))


def write(folder: Path, certificate: bytes) -> None:
    """Write it as the device's chain and as the root, where a gateway's configuration has them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "-----BEGIN CERTIFICATE-----", base64.b64encode(certificate).decode(), "-----END CERTIFICATE-----", ""
    for name in ("device-chain.pem", "serca.pem"):
        (folder / name).write_text("\n".join(lines))


def _der(tag: int, content: bytes = b"") -> bytes:
    return bytes([tag, len(content)]) + content
