"""The register image of a SunSpec device, laid out by pysunspec2 and kept current register by register.

The image is made once from the published model definitions; afterwards a point is one index into an array, so that
a simulated second costs microseconds. Points are named "103.W". Source: the SunSpec information model
specification, "Common elements".
"""

import sys
from array import array

from sunspec2.file.client import FileClientModel

BASE = 40000
END_MODEL = b"\xff\xff\x00\x00"

Values = dict[int, dict[str, int | str]]


class Image:
    """`registers[0]` is register `BASE`; `index` maps a point to its first register; `names` is the way back for
    the points that may be written."""

    def __init__(self, values: Values) -> None:
        self.index: dict[str, int] = {}
        self.names: dict[int, str] = {}
        image = b"SunS"
        for model_id, points in values.items():
            length = len(FileClientModel(model_id, data={"ID": model_id}).get_mb()) // 2 - 2
            model = FileClientModel(model_id, data={"ID": model_id, "L": length, **points})
            for name, point in model.points.items():
                self.index[f"{model_id}.{name}"] = len(image) // 2 + point.offset
                if name in points and point.pdef.get("access") == "RW":
                    self.names[len(image) // 2 + point.offset] = f"{model_id}.{name}"
            image += bytes(model.get_mb())
        self.registers = array("H", image + END_MODEL)
        if sys.byteorder == "little":
            self.registers.byteswap()

    def __getitem__(self, point: str) -> int:
        return self.registers[self.index[point]]

    def __setitem__(self, point: str, value: int) -> None:
        self.registers[self.index[point]] = value & 0xFFFF

    def set_32(self, point: str, value: int) -> None:
        """A point of two registers, the high word first."""
        at = self.index[point]
        self.registers[at] = value >> 16 & 0xFFFF
        self.registers[at + 1] = value & 0xFFFF
