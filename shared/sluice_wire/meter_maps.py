"""Which meter maps there are, and one of them: by the files of sluice_wire/meters, so that a map is in no list.

Reading the folder works from ROMFS as from a disk. It needs heap only while it is done.
"""

import os
import sys

from sluice_wire import meters


def names():
    """Return the names of all maps, sorted."""
    path = meters.__path__  # a list on CPython, a string on MicroPython
    files = os.listdir(path if isinstance(path, str) else path[0])
    return sorted([file[: file.rfind(".")] for file in files if not file.startswith("__")])


def load(name, part="MAP"):
    """Return the MAP of the map `name`, or what else is in its module; the module is given back."""
    module = "sluice_wire.meters." + name
    table = getattr(__import__(module, None, None, (part,)), part)
    del sys.modules[module]
    delattr(meters, name)
    return table
