"""The names this gateway knows: (namespace, local name) <-> a small number. 0 is a name not known.

Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS extension schemas.
"""

from micropython import const

from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_13, NS_CSIPAUS_OLD, NS_SEP2

# Namespace numbers. 0 is every namespace this gateway does not know, and none.
ATTRIBUTE = const(1)  # attributes without prefix
SEP2 = const(2)
CSIPAUS = const(3)  # all versions

NAMESPACES = ((NS_SEP2.encode(), SEP2),) + tuple(
    (uri.encode(), CSIPAUS) for uri in (NS_CSIPAUS_12, NS_CSIPAUS_13) + NS_CSIPAUS_OLD
)
