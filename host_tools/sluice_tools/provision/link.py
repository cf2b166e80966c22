"""The laptop's end of the console: one request at a time, its answer, or why there is none.

What may be asked twice without harm is asked again when its answer was lost; what may not is told as lost, and the
caller looks at the gateway before it goes on. The journal's lines come in between at any time, and a cable is pulled
and plugged in again. Source: docs/console.md 1.
"""

import json
import random
import termios
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import serial

from sluice_wire.console import FAILED, LINE, LINE_MAX, SERVICE, VERSION

BAUD = 115200
READ_S = 0.1
PATIENCE_S = 5.0
PATIENCES_S = {"identify": 1.0, "key": 120.0, "take": 30.0}  # who draws a key, or looks at a chain, takes longer
QUIET_S = 15.0  # a command that says nothing for so long is looked after
RESTART_S = 90.0
TRIES = 3
BUSY_S = 1.0
LIMIT = 1 << 16  # bytes of an answer
JOURNAL_LINES = 50
# Asked twice they do, or answer, the same. Of `take` and `key` the second is refused, and of `lock` too.
REPEATABLE = {"identify", "status", "explain", "journal", "config", "put", "csr", "scan", "time", "stop"}

Answer = dict[str, Any]
Hear = Callable[[Answer], None]


class LinkError(Exception):
    """Nobody answers; the message says what to look at."""


class Refusal(Exception):
    """The gateway does not do it: the word of docs/console.md 5, the text for people, the whole answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.get("text", "it was refused")))
        self.error = str(answer.get("error", ""))
        self.answer = answer


class Lines:
    """Bytes become lines; one that does not end is dropped."""

    def __init__(self) -> None:
        self._data = b""
        self._dropping = False

    def feed(self, data: bytes) -> Iterator[str]:
        """Take what has come; give the lines that have ended."""
        *whole, self._data = (self._data + data).split(b"\n")
        for line in whole:
            dropped, self._dropping = self._dropping, False
            if not dropped:
                yield line.rstrip(b"\r").decode("utf-8", "replace")
        if len(self._data) > LIMIT:
            self._data, self._dropping = b"", True


def answer_in(line: str) -> Answer | None:
    """Give the answer, or part of one, that a line is; None if it is the journal's, or was cut."""
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    if isinstance(found.get("say"), dict) or isinstance(found.get("ok"), bool):
        return found
    return None


def is_unheard(answer: Answer) -> bool:
    """Tell whether it says of a request that it did not arrive whole, or found no room."""
    return answer.get("id") is None and answer.get("error") in (LINE, FAILED)


def request_line(number: int, do: str, arguments: dict[str, Any]) -> bytes:
    """Give a request as it goes out; ValueError if it is longer than the gateway takes."""
    line = json.dumps({"id": number, "do": do, **arguments}, separators=(",", ":")).encode() + b"\n"
    if len(line) > LINE_MAX:
        raise ValueError(f"{do}: a line of {len(line)} bytes; {LINE_MAX} are allowed")
    return line


class Link:
    """The console at `device`, a serial port or pseudo-terminal; LinkError if it cannot be opened."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.journal: deque[str] = deque(maxlen=JOURNAL_LINES)
        self._number = random.randrange(999999)  # an answer to a run that was killed is none of ours
        self._serial: serial.Serial | None = None
        self._lines = Lines()
        self._open()

    def ask(self, do: str, hear: Hear | None = None, /, **arguments: Any) -> Answer:
        """Ask, and give the answer without `id` and `ok`; of what takes its time `hear` is called with what is said on
        the way. Refusal, LinkError."""
        numbers: set[int] = set()
        repeatable = do in REPEATABLE
        for _ in range(TRIES):
            numbers.add(self._send(do, arguments, again=repeatable or not numbers))
            answer = self._answer(do, numbers, hear)
            if answer is None and not repeatable:
                break
            if answer is None or is_unheard(answer):
                continue  # what did not arrive whole is as if it had never come
            if not answer["ok"]:
                raise Refusal(answer)
            return {key: value for key, value in answer.items() if key not in ("id", "ok")}
        raise LinkError(f"the gateway on {self.device} does not answer ({do}); {_CHECK}")

    def restart(self, mode: str) -> Answer:
        """Start the gateway again into `mode`; give what it is then."""
        with suppress(LinkError):  # the answer may be lost, and the gateway gone: what counts is what comes back
            self.ask("restart", mode=mode)
        return self.restarted(mode)

    def restarted(self, mode: str) -> Answer:
        """Wait until the gateway answers in `mode`; give what it is then."""
        deadline = time.monotonic() + RESTART_S
        found: Answer | None = None
        while time.monotonic() < deadline:
            try:
                found = self.identified()
            except LinkError:
                time.sleep(READ_S)
                continue
            if found["mode"] == mode:
                return found
            if mode != SERVICE and found.get("config") == "wrong":
                break
            time.sleep(READ_S)
        if found is None:
            raise LinkError(f"the gateway has not come back on {self.device} within {RESTART_S:g} s; {_CHECK}")
        raise LinkError(f"the gateway has come back in {found['mode']} mode, not {mode}; run the same command again")

    def identified(self) -> Answer:
        """Ask who it is; LinkError too if it is something else, or speaks another version."""
        try:
            found = self._identify()
        except Refusal as error:
            raise LinkError(f"what answers on {self.device} does not say who it is: {error}") from error
        if found.get("product") != "sluice":
            raise LinkError(f"what answers on {self.device} is no Sluice gateway; choose another with --device")
        if found.get("console") != VERSION:
            raise LinkError(
                f"the gateway's console has version {found.get('console')}, this tool knows {VERSION}: "
                "use the tool of the gateway's firmware, or update that"
            )
        return found

    def _identify(self) -> Answer:
        for _ in range(TRIES - 1):
            with suppress(Refusal):  # while it starts it may have no room to answer
                return self.ask("identify")
            time.sleep(BUSY_S)
        return self.ask("identify")

    def close(self) -> None:
        """Let go of the line."""
        if self._serial is not None:
            with suppress(OSError, termios.error):
                self._serial.close()
            self._serial = None

    # --- one request ----------------------------------------------------------------------------------

    def _answer(self, do: str, numbers: set[int], hear: Hear | None) -> Answer | None:
        """Wait for the line that ends the answer; None if it does not come."""
        patience_s = QUIET_S if hear else PATIENCES_S.get(do, PATIENCE_S)
        deadline = time.monotonic() + patience_s
        looked = 0  # the number of the `identify` that asks whether it is still being done
        while time.monotonic() < deadline or hear:
            if time.monotonic() >= deadline:
                if looked:
                    return None
                looked = self._send("identify", {}, again=True)
                deadline = time.monotonic() + patience_s
            for line in self._read():
                answer = answer_in(line)
                if answer is None:
                    self.journal.append(line)
                elif looked and answer.get("id") == looked:
                    if answer.get("busy") != do:
                        return None
                    looked = 0
                    deadline = time.monotonic() + patience_s
                elif answer.get("id") in numbers and "say" in answer:
                    deadline = time.monotonic() + patience_s
                    if hear:
                        hear(answer["say"])
                elif answer.get("id") in numbers or is_unheard(answer):
                    return answer
        return None

    # --- the line -------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._serial = serial.Serial(self.device, BAUD, timeout=READ_S, write_timeout=PATIENCE_S, exclusive=True)
            self._lines = Lines()
            self._serial.write(b"\n")  # ends what somebody else has begun
        except (OSError, termios.error, ValueError) as error:
            self.close()
            raise LinkError(f"{self.device} cannot be used: {_reason(error)}") from error

    def _send(self, do: str, arguments: dict[str, Any], *, again: bool) -> int:
        """Send, over a line that is opened anew where it is gone and it is no harm to send `again`."""
        self._number = self._number % 999999 + 1
        data = request_line(self._number, do, arguments)
        for _ in range(2 if again else 1):
            try:
                if self._serial is None:
                    self._open()
                assert self._serial is not None
                self._serial.write(data)
                break
            except (OSError, termios.error):
                self.close()
        return self._number

    def _read(self) -> list[str]:
        if self._serial is None:
            time.sleep(READ_S)
            return []
        try:
            data = self._serial.read(max(1, self._serial.in_waiting))
        except (OSError, termios.error, TypeError):
            self.close()
            return []
        return list(self._lines.feed(data))


_CHECK = "check cable and power, then run the same command again: it goes on where it was"


def _reason(error: Exception) -> str:
    text = str(error)
    if isinstance(error, PermissionError) or "Permission denied" in text:
        return "you may not: join the group dialout (sudo usermod -aG dialout $USER) and log in again"
    if "No such file" in text or isinstance(error, FileNotFoundError):
        return "there is no such port: is the cable plugged in? Its name may have changed: --device names another"
    if "exclusively lock" in text:
        return "another program uses it: close that (a terminal, another run of this command)"
    return text
