"""Stand-in: the partition romfs is the file BOARD_ROMFS, and erased flash behind it."""

import os


class Partition:
    TYPE_DATA = 1

    def __init__(self, name):
        with open(name, "rb") as file:
            self._content = file.read()

    @staticmethod
    def find(type, label=None):
        return [Partition(os.getenv("BOARD_ROMFS"))] if label == "romfs" else []

    def readblocks(self, block, buf, offset=0):
        at = block * 4096 + offset
        piece = self._content[at : at + len(buf)]
        buf[:] = piece + b"\xff" * (len(buf) - len(piece))
