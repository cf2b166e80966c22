"""A PKI as IEEE 2030.5 prescribes it, for tests and benches, and what to say of certificates that others made."""

from sluice_tools.pki.profile import FOREVER
from sluice_tools.pki.testing import Credential, Pki, lfdi_of, make_pki

__all__ = ["FOREVER", "Credential", "Pki", "lfdi_of", "make_pki"]
