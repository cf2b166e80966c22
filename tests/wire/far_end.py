"""The far end of a serial line: a pseudo-terminal, and a thread that answers there."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sluice_tools.house.line import Pty


@contextmanager
def far_end(answer: Callable[[int, bytes], None]) -> Iterator[str]:
    """Call `answer(fd, data)` with what comes, until the end; give the path of the near end."""
    pty, done = Pty(), threading.Event()

    def serve() -> None:
        while data := os.read(pty.fd, 256):
            if done.is_set():
                return
            answer(pty.fd, data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield pty.path
    finally:
        done.set()
        with open(pty.path, "wb", buffering=0) as near:
            near.write(b".")
        thread.join(5)
        pty.close()
