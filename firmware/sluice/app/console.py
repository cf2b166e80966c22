"""The console: one request at a time, a line each, from whoever holds the cable.

What is answered at once is answered here; what takes its time is a task of its own, so that it can be looked at and
stopped meanwhile. No request ends the program, whatever is in it: a fault of ours while it is answered is told as one.
The commands are loaded when somebody asks, and given back.
Source: docs/console.md.
"""

import asyncio
import json

from micropython import const

from sluice_wire.console import (
    ARGUMENT,
    BUSY,
    FAILED,
    LINE,
    LOCKED,
    MODE,
    PACE_MS,
    REFUSED,
    RESTART,
    RUNNING,
    SERVICE,
    SERVICE_IDLE_S,
    UNKNOWN,
)

from .lines import LineError, request

_LEAVE_MS = const(200)  # whoever hangs up takes with him what has not been read yet

# Commands by mode; the function of each has its name. Those of _OPEN are answered although it is locked, and those of
# _ALWAYS although something else is being done. As text they are no names until they are asked for.
_ASKED = "sluice.app.asked"
_SERVING = "sluice.app.serving"
_BOTH = "identify status unlock lock journal config csr time restart".split()
_RUNNING = "explain keep".split()
_SERVICE = "put take key scan commission stop reset".split()
_OPEN = "identify status explain unlock".split()
_ALWAYS = "identify status stop".split()

_TEXTS = {
    LOCKED: "this gateway is locked: unlock it with its site code",
    UNKNOWN: "there is no such command; see docs/console.md, version 1",
    MODE: "this needs %s mode: restart it into that",
    BUSY: "%s is being done: wait, or stop it",
    FAILED: "a fault in the gateway itself, please report it: %s",
}
_NO_FLASH = "a file cannot be read or written (%s); there must be room, and leave to do so"
_NO_ROOM = "this takes more memory than there is"
_NO_CODE = "this site is commissioned and has no code yet: set one with lock"


class Refused(Exception):
    """A request is not done: the word of docs/console.md 5, what is wrong and what to do, and more for the answer."""

    def __init__(self, error, text, **more):
        super().__init__(text)
        self.error = error
        self.more = more


class Console:
    """One console. `mode`: in which the program runs; `setup`: what it was set up with."""

    def __init__(self, port, line, lock, setup, mode):
        self.port = port
        self.lock = lock
        self.setup = setup
        self.mode = mode
        self.busy = None  # the command being done
        self.asked = 0  # requests so far
        self.task = None
        self.leaving = False  # it is restarted when the answer is out
        self.gateway = None  # while it runs
        self.journal = None
        self.clock = None
        self.coming = None  # the file that is coming in
        self._asked_before = self._asked_at = 0
        self._line = line

    def idle_s(self):
        """Return for how long service mode lasts yet if nobody asks anything; None = there is nothing else to do."""
        if self.setup.wrong or not self.setup.trial.what():
            return None
        now = self.clock.uptime()
        if self.busy or self.asked != self._asked_before:
            self._asked_before = self.asked
            self._asked_at = now
        return max(0, SERVICE_IDLE_S - (now - self._asked_at))

    async def answer(self, buf, n):
        """Answer the line in the first `n` bytes of `buf`. SystemExit: the program is to be started again."""
        number = None
        try:
            asked = request(buf, n)
            number = asked["id"]
            self.asked += 1
            answer = self._done(asked)
            if answer is not None:
                self._end(number, answer)
        except LineError as error:
            self._refuse(number, Refused(LINE, str(error)))
        except Refused as error:
            self._refuse(number, error)
        except Exception as error:
            self._refuse(number, _fault(error))
        await self.port.sleep_ms(PACE_MS)
        if not self.busy:
            await self._leave()

    def _done(self, asked):
        """Do what is asked; return the answer, None if it comes later."""
        do = asked["do"]
        if do not in _BOTH + _RUNNING + _SERVICE:
            raise Refused(UNKNOWN, _TEXTS[UNKNOWN])
        module = _SERVING if do in _SERVICE else _ASKED
        self.lock.touch()
        # What is being done can be stopped also by whom it has locked out meanwhile; everything else is refused then.
        if self.lock.locked and not self.busy and do not in _OPEN and (do != "lock" or self.lock.coded):
            raise Refused(LOCKED, _TEXTS[LOCKED] if self.lock.coded else _NO_CODE)
        if do in (_SERVICE if self.mode == RUNNING else _RUNNING):
            raise Refused(MODE, _TEXTS[MODE] % (SERVICE if self.mode == RUNNING else RUNNING))
        if self.busy and do not in _ALWAYS:
            raise Refused(BUSY, _TEXTS[BUSY] % self.busy)
        function = getattr(__import__(module, None, None, (do,)), do)
        try:
            answer = function(self, asked)
        finally:
            if self.mode == RUNNING:
                self.port.unload(module)
        if answer is None or isinstance(answer, dict):
            return answer or {}
        self.busy = do
        self.task = asyncio.create_task(self._take_time(asked["id"], answer))
        return None

    async def _take_time(self, number, doing):
        try:
            answer = await doing
            self._end(number, answer or {})
        except asyncio.CancelledError:
            self._refuse(number, Refused(FAILED, "it was stopped"))
        except Refused as error:
            self._refuse(number, error)
        except Exception as error:
            self._refuse(number, _fault(error))
        finally:
            self.task = None
            if not self.leaving:
                self.busy = None
        await self._leave()

    async def _leave(self):
        if self.leaving:
            await self.port.sleep_ms(_LEAVE_MS)
            raise SystemExit(RESTART)

    def say(self, number, what):
        """Tell on the way to an answer what happens."""
        self._line.write(json.dumps({"id": number, "say": what}))

    def _end(self, number, answer):
        answer["id"] = number
        answer["ok"] = True
        self._line.write(json.dumps(answer))

    def _refuse(self, number, refused):
        answer = refused.more
        answer["id"] = number
        answer["ok"] = False
        answer["error"] = refused.error
        answer["text"] = str(refused)
        self._line.write(json.dumps(answer))


def _fault(error):
    if isinstance(error, OSError):
        return Refused(FAILED, _NO_FLASH % error)
    if isinstance(error, MemoryError):
        return Refused(FAILED, _NO_ROOM)
    return Refused(FAILED, _TEXTS[FAILED] % repr(error))


def argument(request, name, good, expected, default=None):
    """Return an argument of a request; Refused unless it is `good`, or left out and has a `default`."""
    value = request.get(name, default)
    if value is None or not good(value) and value is not default:
        shown = "" if name in ("code", "data") else ", not %s" % json.dumps(value)
        raise Refused(ARGUMENT, "%s: expected %s%s" % (name, expected, shown if name in request else ""))
    return value


def refused(text, **more):
    """Return what refuses because of what is there."""
    return Refused(REFUSED, text, **more)
