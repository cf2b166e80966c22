"""A gateway without configuration in memory, and its console: what the tests of the console stand on."""

from expect import finish
from sluice.app.console import Console
from sluice.app.listener import Listener
from sluice.app.lock import Lock
from sluice.app.setup import Setup
from sluice_wire.console import SERVICE
from sluice_wire.sep2 import EPOCH

FOLDER = "g/"


class Port:
    """Time passes when somebody sleeps; files are in memory. `full`: nothing can be written."""

    name = "memory"
    board = serial = ""
    built = 1000000

    def __init__(self):
        self.ms = 0
        self.files = {}
        self.full = False
        self.unloaded = []
        self.tls_asked = []
        self.clock_s = None

    def ticks_ms(self):
        return self.ms

    def ticks_diff(self, a, b):
        return a - b

    def rtc(self):
        return self.built + 500 + self.ms // 1000

    def set_rtc(self, core_s):
        if self.full:
            raise OSError(1, "EPERM")
        self.clock_s = core_s

    def random_bytes(self, n):
        return bytes(range(n))

    def unload(self, module):
        self.unloaded.append(module)

    async def sleep_ms(self, ms):
        self.ms += ms

    def make_folder(self, name):
        pass

    def open_file(self, name):
        return File(self.read_file(name))

    def read_file(self, name):
        if name not in self.files:
            raise OSError(2, "ENOENT")
        return self.files[name]

    def replace_file(self, name, parts):
        if self.full:
            raise OSError(28, "ENOSPC")
        self.files[name] = b"".join([bytes(part) for part in parts])

    def remove_file(self, name):
        if self.full:
            raise OSError(30, "EROFS")
        self.files.pop(name, None)

    def lines(self):
        return ["/dev/ttyUSB0"]

    def file_names(self, folder):
        start = folder.rstrip("/") + "/"
        return [name[len(start) :] for name in self.files if name.startswith(start)]

    def tls(self, ca, chain, key, name):
        self.tls_asked.append((ca, chain, key, name))


class File:
    """An open file, of which nothing is read."""

    def __init__(self, content):
        self.content = content

    def __enter__(self):
        return self

    def __exit__(self, *why):
        pass


class Line:
    """What the laptop sends, in pieces; what it is told."""

    def __init__(self):
        self.pieces = []
        self.told = []

    async def readinto(self, buf):
        if not self.pieces:
            return 0
        piece = self.pieces.pop(0)
        if len(piece) > len(buf):
            self.pieces.insert(0, piece[len(buf) :])
            piece = piece[: len(buf)]
        buf[: len(piece)] = piece
        return len(piece)

    def write(self, text):
        self.told.append(text)


class Clock:
    def __init__(self, port):
        self._port = port
        self.known = False

    def uptime(self):
        return self._port.ms // 1000


class World:
    """A console of `port`, in `mode`, after the last start."""

    def __init__(self, port=None, mode=SERVICE, commissioned=False):
        self.port = port or Port()
        self.mode = mode
        self.start(commissioned)

    def start(self, commissioned=False):
        self.line = Line()
        self.clock = Clock(self.port)
        self.setup = Setup(self.port, FOLDER + "gateway.json")
        lock = Lock(self.port, self.setup.state, self.clock.uptime, commissioned)
        self.console = Console(self.port, self.line, lock, self.setup, self.mode)
        self.console.clock = self.clock
        self.listener = Listener(self.port, self.line, lambda line: self.console)

    def send(self, *pieces):
        """Send bytes; return the lines that are told."""
        self.line.told = []
        self.line.pieces = list(pieces)
        finish(self.listener.run())
        return self.line.told

    def unix_s(self):
        return self.port.rtc() + EPOCH
