"""One commissioning from outside: the gateway does it and tells it in lines of JSON; in the middle we kill it.

A gateway that is stopped by SIGINT leaves the inverters limited before it ends; one that is killed leaves that to them,
and that is what is tried.
"""

import json
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

ENDS_WITHIN_S = 15  # a gateway that was asked to stop
STDERR_LINES = 20
NO_CONFIGURATION = 2  # exit code; it has said why

Event = dict[str, Any]


class SessionError(Exception):
    """The gateway did not do what it is for; the message says what came instead."""


class Session:
    """`command(*arguments)` gives the command line of the gateway; `wait(seconds)` lets the time pass while it is dead.

    `hear` is called with each line of the gateway, and with {"dead": seconds} when it has been killed; times `t` go on
    over its death.
    """

    def __init__(
        self, command: Callable[..., list[str]], wait: Callable[[float], None], hear: Callable[[Event], None]
    ) -> None:
        self._command = command
        self._wait = wait
        self._hear = hear
        self._last_s = self._offset_s = 0
        self._words: deque[str] = deque(maxlen=STDERR_LINES)
        self.result = ""

    def run(self) -> bool:
        """Do both halves; return whether all is proved. SessionError if the gateway ends without a result."""
        dead_s = self._half("commission")
        if dead_s:
            self._hear({"dead": dead_s, "t": self._last_s})
            self._wait(dead_s)
            self._offset_s = self._last_s + dead_s
            self._half("commission", "fallback")
        return self.result == "passed"

    def _half(self, *arguments: str) -> int:
        """Do one half. Return for how long the gateway is to be dead, 0 if it has ended by itself."""
        process = subprocess.Popen(
            self._command(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches us, and we decide
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        listener = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
        listener.start()
        try:
            for event in self._events(process.stdout):
                if "kill" in event:
                    process.kill()
                    return int(event["kill"])
                self._take(event)
            listener.join()
            if process.wait() not in (0, NO_CONFIGURATION) and not self.result:
                raise SessionError("\n".join([f"the gateway ended with exit code {process.returncode}", *self._words]))
        except KeyboardInterrupt:
            self._stop(process, process.stdout)
            raise
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                pipe.close()
        return 0

    def _stop(self, process: "subprocess.Popen[str]", lines: IO[str]) -> None:
        """Ask it to end, and hear what it could not leave limited."""
        os.kill(process.pid, signal.SIGINT)
        timer = threading.Timer(ENDS_WITHIN_S, process.kill)
        timer.start()
        for event in self._events(lines):
            self._take(event)
        timer.cancel()

    def _listen(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._words.append(line.rstrip("\n"))

    @staticmethod
    def _events(lines: IO[str]) -> Iterator[Event]:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            yield event if isinstance(event, dict) else {"line": line.rstrip("\n")}

    def _take(self, event: Mapping[str, Any]) -> None:
        event = dict(event)
        if "t" in event:
            event["t"] += self._offset_s
            self._last_s = event["t"]
        self.result = event.get("result", self.result)
        self._hear(event)
