"""The console's line on MicroPython's unix port; loaded only where one is asked for.

Writing never waits: the control writes here too, and a laptop that is away must not stop it. What does not go out at
once is dropped, and a line that was cut is ended before the next begins. Of a pseudo-terminal the far end is held
open, so that a laptop that hangs up is neither an end nor an event without end. Source: docs/console.md 1.
"""

import asyncio
import errno
import os
import select
import sys
import termios

from micropython import const

from .libc import call

_O_TTY = const(0o4402)  # O_RDWR | O_NOCTTY | O_NONBLOCK
_F_SETFL = const(4)
_O_NONBLOCK = const(0o4002)  # and O_RDWR
_ENOTTY = const(25)
_B115200 = const(0o10002)  # matters on a true serial line only
_PIECE = const(512)  # bytes for which there is room if poll says that there is some
_AGAIN_MS = const(1000)


class Console:
    """The line `name`: see `sluice.port`. OSError if it cannot be opened."""

    def __init__(self, name):
        self._cut = False
        self._tty = None  # its name, if it is one: it may hang up and is then opened anew
        self._link = None  # that of a pseudo-terminal, where it leads, and its far end
        if name == "-":
            self._attach(sys.stdin.buffer, sys.stdout.buffer)
            return
        file = None if _link_of_ours(name) else _tty(name)
        if file:
            self._tty = name
        else:
            file, self._link = _pseudo_terminal(name)
        self._attach(file, file)

    def _attach(self, file, out):
        self._in = file
        self._out = out
        self._room = select.poll()
        self._room.register(out, select.POLLOUT)

    async def readinto(self, buf):
        while True:
            try:
                await _readable(self._in)
                n = call(
                    "read", "ipi", self._in.fileno(), buf, len(buf)
                )  # a file's own readinto waits until buf is full
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    continue
                n = 0
            if n or self._tty is None:
                return n
            await self._open_anew()

    async def _open_anew(self):
        self._out.close()
        self._out = file = None
        while not file and self._tty:
            await asyncio.sleep_ms(_AGAIN_MS)
            try:
                file = _tty(self._tty)
            except OSError:
                pass
        if file:
            self._attach(file, file)

    def write(self, text):
        if self._out is None:
            return
        data = memoryview(("\n" if self._cut else "") + text + "\n")
        done = 0
        try:
            while done < len(data) and self._room.poll(0):
                n = self._out.write(data[done : done + _PIECE])
                if not n:
                    break
                done += n
        except OSError:
            pass
        if done:
            self._cut = done < len(data)

    def close(self):
        self._tty = None
        if self._out and self._out is not sys.stdout.buffer:
            self._out.close()
        self._out = None
        if self._link:
            name, pts, far = self._link
            if _leads_to(name) == pts:
                os.remove(name)
            call("close", "i", far)
            self._link = None


def _readable(file):
    yield asyncio.core._io_queue.queue_read(file)


def _tty(name):
    """Return the file of a tty, None if there is none of this name."""
    try:
        fd = call("open", "si", name, _O_TTY)
    except OSError as error:
        if error.errno == errno.ENOENT and not name.startswith("/dev/"):
            return None
        raise
    file = open(fd, "r+b", 0)
    try:
        termios.setraw(fd)
        attrs = termios.tcgetattr(fd)
        attrs[4] = attrs[5] = _B115200
        termios.tcsetattr(fd, termios.TCSANOW, attrs)
    except OSError as error:
        file.close()
        raise OSError(errno.EEXIST) if error.errno == _ENOTTY else error
    return file


def _leads_to(name):
    """Return where a symbolic link leads, "" if there is none."""
    buf = bytearray(64)
    try:
        return str(buf[: call("readlink", "spi", name, buf, len(buf))], "utf-8")
    except OSError:
        return ""


def _link_of_ours(name):
    return _leads_to(name).startswith("/dev/pts/")


def _pseudo_terminal(name):
    """Return the file of a new one, and (its link, where this leads, the descriptor of its far end)."""
    near, far, pts = bytearray(4), bytearray(4), bytearray(64)
    call("openpty", "ppppp", near, far, pts, None, None)
    near, far = int.from_bytes(near, "little"), int.from_bytes(far, "little")
    pts = str(pts, "utf-8").rstrip("\0")
    file = open(near, "r+b", 0)
    try:
        call("fcntl", "iii", near, _F_SETFL, _O_NONBLOCK)
        termios.setraw(far)
        if _link_of_ours(name):
            os.remove(name)  # left by a gateway that was killed
        call("symlink", "ss", pts, name)
    except OSError:
        file.close()
        call("close", "i", far)
        raise
    return file, (name, pts, far)
