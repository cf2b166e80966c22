"""The console's line on CPython; its rules are those of console.py, and why."""

import asyncio
import contextlib
import errno
import os
import select
import termios
import tty

PIECE = 512  # bytes for which there is room if select says that there is some


class Console:
    """The line `name`: see `sluice.port`. OSError if it cannot be opened."""

    def __init__(self, name):
        self._cut = False
        self._tty = None
        self._link = None  # where the link lies and leads, and the far end
        self._in, self._out = 0, 1
        if name == "-":
            return
        fd = None if _link_of_ours(name) else _tty(name)
        if fd is None:
            fd, self._link = _pseudo_terminal(name)
        else:
            self._tty = name
        self._in = self._out = fd

    async def readinto(self, buf):
        while True:
            try:
                await _readable(self._in)
                n = os.readv(self._in, [buf])
            except BlockingIOError:
                continue
            except OSError:
                n = 0
            if n or self._tty is None:
                return n
            await self._open_anew()

    async def _open_anew(self):
        os.close(self._in)
        self._in = self._out = None
        while self._in is None and self._tty:
            await asyncio.sleep(1)
            with contextlib.suppress(OSError):
                self._in = self._out = _tty(self._tty)

    def write(self, text):
        if self._out is None:
            return
        data = (("\n" if self._cut else "") + text + "\n").encode()
        done = 0
        with contextlib.suppress(OSError):
            while done < len(data) and select.select([], [self._out], [], 0)[1]:
                done += os.write(self._out, data[done : done + PIECE])
        if done:
            self._cut = done < len(data)

    def close(self):
        if self._out is not None and (self._tty or self._link):
            os.close(self._out)
        self._tty = self._out = None
        if self._link:
            name, pts, far = self._link
            if _leads_to(name) == pts:
                os.remove(name)
            os.close(far)
            self._link = None


async def _readable(fd):
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(fd, ready.set)
    except PermissionError:
        return  # a file: it is always
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)


def _tty(name):
    """Return the descriptor of a tty, None if there is none of this name."""
    try:
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except FileNotFoundError:
        if name.startswith("/dev/"):
            raise
        return None
    try:
        tty.setraw(fd)
        attrs = termios.tcgetattr(fd)
        attrs[4] = attrs[5] = termios.B115200
        termios.tcsetattr(fd, termios.TCSANOW, attrs)
    except termios.error as error:
        os.close(fd)
        code = errno.EEXIST if error.args[0] == errno.ENOTTY else error.args[0]
        raise OSError(code, os.strerror(code)) from error
    return fd


def _leads_to(name):
    try:
        return os.readlink(name)
    except OSError:
        return ""


def _link_of_ours(name):
    return _leads_to(name).startswith("/dev/pts/")


def _pseudo_terminal(name):
    """Return the descriptor of a new one, and (its link, where this leads, the descriptor of its far end)."""
    near, far = os.openpty()
    pts = os.ttyname(far)
    try:
        os.set_blocking(near, False)
        tty.setraw(far)
        if _link_of_ours(name):
            os.remove(name)
        os.symlink(pts, name)
    except OSError:
        os.close(near)
        os.close(far)
        raise
    return near, (name, pts, far)
