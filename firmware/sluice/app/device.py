"""Who this device is to the utility: LFDI, PIN and NMI, from its certificate and its configuration (T2, D4, D5)."""

import binascii

from sluice.port.errors import TlsError
from sluice_wire.identity import lfdi

BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"


def first_certificate(pem):
    """Return the DER bytes of the first certificate in `pem`; ValueError if there is none."""
    at = pem.find(BEGIN)
    end = pem.find(_END, at)
    if at < 0 or end < 0:
        raise ValueError("no certificate in PEM")
    return binascii.a2b_base64(pem[at + len(BEGIN) : end])


class Device:
    """The identity of the gateway."""

    def __init__(self, pem, pin, pen, nmi):
        try:
            certificate = first_certificate(pem)
        except ValueError as error:
            raise TlsError("server.certificate: %s; expected this device's certificate first, then its chain" % error)
        self.lfdi_text = lfdi(certificate)  # 40 hex digits
        self.lfdi = binascii.unhexlify(self.lfdi_text)
        self.pin = pin
        self.pen = pen
        self.nmi = nmi
