"""What the loops in machine code take of the heap where machine code lies in it, as on a board."""

import gc

from sluice.modbus.tables import CRC_LOW  # noqa: F401
from sluice.sep2.tables import CLASS  # noqa: F401


def run():
    gc.collect()
    before = gc.mem_alloc()
    import sluice.modbus.loops_viper
    import sluice.sep2.loops_viper  # noqa: F401

    gc.collect()
    return gc.mem_alloc() - before
