"""Eastron SDM120: one phase, the registers of the SDM230.

Of a real one only the voltage has been seen. Its metering mode must not be "import only", which hides export.
Source: Eastron SDM120-Modbus protocol V2.x, as several open drivers agree on it.
"""

from sluice_wire.meters.sdm230 import MAP  # noqa: F401

LINE = (2400, "none")
VERIFIED = False
