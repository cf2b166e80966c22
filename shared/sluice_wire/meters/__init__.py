"""Meters as data: one module for each map, which says where that meter keeps what the gateway reads.

A module is named after what `meter.map` in the configuration calls it; adding a meter is adding one (docs/meters.md).
Only the configured one is loaded, and of it only MAP stays:

    MAP = (function, blocks, rows, ratios)

- function: 3 or 4, of every read.
- blocks: (first register, registers) of each read, for no more than the meter gives at a time.
- rows: one for each quantity, in the order of the numbers below; None where the meter does not measure it. A row is
  (register, type, power, sign): the value times 10**power times sign is the quantity in the gateway's unit: W, var,
  tenths of a volt, thousandths of a hertz, tenths of an ampere. `+` watts are import, `+` vars are drawn.
- ratios: () or the registers (of current, of voltage) that hold the ratios of transformers that the values have not
  been multiplied with; the voltage's in tenths.

Of a SunSpec meter the place is found by walking its models: blocks and rows are the model's, and there are none until
then; registers count from the model's header, and a row's fifth is the register of its scale factor.

Beside it, for people and tools: LINE, baud and parity as it leaves the factory, and VERIFIED, whether its powers
have been read out of the registers of a real one that somebody else has published (tests/core/meter_dumps.py).
"""

from micropython import const

W = const(0)
VAR = const(1)
V1 = const(2)
V2 = const(3)
V3 = const(4)
HZ = const(5)
W1 = const(6)  # phases 1 to 3: W, then var, then ampere
VAR1 = const(9)
A1 = const(12)
QUANTITIES = const(15)

FLOAT32 = const(0)  # high word first
INT32 = const(1)  # high word first
INT32_LOW_FIRST = const(2)
INT16 = const(3)
UINT16 = const(4)
