"""The register image of a SunSpec device, laid out by pysunspec2 and kept current register by register.

The image is made once from the published model definitions; afterwards a point is one index into an array, so that
a simulated second costs microseconds. Points are named "103.W". Source: the SunSpec information model
specification, "Common elements".
"""

import struct
import sys
from array import array

from sunspec2.file.client import FileClientModel

BASE = 40000
END_MODEL = b"\xff\xff\x00\x00"
INT16_MAX = 32767

Values = dict[int, dict[str, int | str | float]]


def scale_of(w_max: float) -> int:
    """Give the scale factor with which watts up to `w_max`, and a little more, are an int16."""
    return next(sf for sf in range(10) if w_max * 1.1 < INT16_MAX * 10**sf)


class Image:
    """`registers[0]` is register `base`; `index` maps a point to its first register; `names` is the way back for
    the points that may be written: to its name, from each of its registers."""

    def __init__(self, values: Values, base: int = BASE) -> None:
        self.base = base
        self.index: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self._signed: set[str] = set()
        self._long: set[str] = set()
        image = b"SunS"
        for model_id, points in values.items():
            length = len(FileClientModel(model_id, data={"ID": model_id}).get_mb()) // 2 - 2
            model = FileClientModel(model_id, data={"ID": model_id, "L": length, **points})
            for name, point in model.points.items():
                full, at = f"{model_id}.{name}", len(image) // 2 + point.offset
                self.index[full] = at
                if point.pdef["type"].startswith(("int", "sunssf")):
                    self._signed.add(full)
                if point.len == 2:
                    self._long.add(full)
                if name in points and point.pdef.get("access") == "RW":
                    self.names.update(dict.fromkeys(range(at, at + point.len), full))
            image += bytes(model.get_mb())
        self.registers = array("H", image + END_MODEL)
        if sys.byteorder == "little":
            self.registers.byteswap()

    def __contains__(self, point: str) -> bool:
        return point in self.index

    def is_last(self, point: str, at: int) -> bool:
        """Tell whether `at` is the last register of a point."""
        return at == self.index[point] + (point in self._long)

    def __getitem__(self, point: str) -> int:
        """The value of an integer point, of its one or two registers, with its sign if it has one."""
        at = self.index[point]
        value, bits = self.registers[at], 16
        if point in self._long:
            value, bits = value << 16 | self.registers[at + 1], 32
        return value - (1 << bits) if point in self._signed and value >> bits - 1 else value

    def __setitem__(self, point: str, value: int) -> None:
        if point in self._long:
            self.set_32(point, value)
        else:
            self.registers[self.index[point]] = value & 0xFFFF

    def set_32(self, point: str, value: int) -> None:
        """A point of two registers, the high word first."""
        at = self.index[point]
        self.registers[at] = value >> 16 & 0xFFFF
        self.registers[at + 1] = value & 0xFFFF

    def set_64(self, point: str, value: int) -> None:
        """A point of four registers, the high word first."""
        at = self.index[point]
        for i in range(4):
            self.registers[at + i] = value >> 48 - 16 * i & 0xFFFF

    def set_float(self, point: str, value: float) -> None:
        """A float32, the high word first."""
        self.set_32(point, int.from_bytes(struct.pack(">f", value), "big"))
