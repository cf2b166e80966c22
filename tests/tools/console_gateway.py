"""The far end of a console: a real gateway on CPython, started again when it asks for that; and a few lines that
behave worse than a real one can be made to."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from far_end import far_end

from sluice_tools.processes import Children
from sluice_tools.provision.link import Lines, Link

Request = dict[str, Any]
Answering = Callable[[Request], "bytes | None"]

START_S = 30
LOOK_S = 0.02
IDENTITY = {"console": 1, "product": "sluice", "mode": "service", "busy": None, "locked": False, "config": None}


@contextmanager
def gateway(folder: Path) -> Iterator[str]:
    """Run a gateway on what lies in `folder`; give its console."""
    folder.mkdir(exist_ok=True)
    console = folder / "console"
    with Children() as children:
        command = [sys.executable, "-m", "sluice_tools", "run", "--config", str(folder / "gateway.json")]
        children.start("gateway", [*command, "--console", str(console)])
        deadline = time.monotonic() + START_S
        while not console.exists():
            assert time.monotonic() < deadline, "the gateway does not open its console"
            time.sleep(LOOK_S)
        yield str(console)


def answer(request: Request, **more: Any) -> bytes:
    """Give the line that grants a request."""
    return json.dumps({"id": request["id"], **more, "ok": True}).encode() + b"\n"


def refusal(request: Request, error: str, text: str, **more: Any) -> bytes:
    """Give the line that refuses it."""
    return json.dumps({"id": request["id"], "ok": False, "error": error, "text": text, **more}).encode() + b"\n"


@contextmanager
def answering(reply: Answering) -> Iterator[Link]:
    """Give a link to what answers each request by `reply`: bytes, or None for silence."""
    lines = Lines()

    def feed(fd: int, data: bytes) -> None:
        for line in lines.feed(data):
            if line.startswith("{") and (out := reply(json.loads(line))) is not None:
                os.write(fd, out)

    with far_end(feed) as path:
        link = Link(path)
        try:
            yield link
        finally:
            link.close()
