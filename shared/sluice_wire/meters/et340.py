"""Carlo Gavazzi ET330 and ET340: the registers of the EM340.

Measurement mode B (register 0x1103 = 1) gives export with a minus and in its own counter.
Source: as em340.
"""

from sluice_wire.meters.em340 import LINE, MAP, VERIFIED  # noqa: F401
