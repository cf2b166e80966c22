"""Streaming a DERControlList over HTTP against MicroPython's own `requests`, from one server on this PC.

    python tests/bench/fetch.py

Ours reads blocks of RX_SIZE bytes, checks every one and leaves the events in their 24 slots; `requests` has the body
in memory and does nothing more: nothing of it has been read yet. So the ratio of their times says what all that costs
beside the mere bytes; above 1 ours is the quicker. Both run on the 32-bit MicroPython of this PC, with nothing loaded
but what each needs: our code lies in ROMFS, that of `requests` is frozen into the interpreter.
"""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from documents import derc_list
from machines import HERE, make_image, run_here, smallest

from sluice_tools.toolchain import image, interpreter
from sluice_wire.sep2 import MEDIA_TYPE

EVENTS = (58, 580)
STEP = 1024  # bytes, to which the smallest heap is found
ENOUGH = 8 << 20  # bytes of heap, ample for either
MODULES = {name: HERE / f"{name}.py" for name in ("device_fetch", "device_store", "stopwatch")}


@contextmanager
def serving(documents: dict[str, bytes]) -> Iterator[int]:
    """Serve each document at its path for as long as the `with` block lasts, one connection each; give the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = documents[self.path]
            self.send_response(200)
            self.send_header("Content-Type", MEDIA_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def http() -> dict[str, float]:
    """Give the smallest heap of both ways, in bytes, and the time of `requests` divided by that of ours."""
    lists = {f"/derc-{events}": derc_list(events) for events in EVENTS}
    micropython = interpreter.find()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, serving(lists) as port:
        rom = make_image(Path(folder) / "fetch.romfs", MODULES, {}, image.SIM)

        def device(way: str, events: int, heap: int = ENOUGH) -> dict[str, int]:
            path = f"/derc-{events}"
            arguments = [port, path] if way == "streaming" else [port, path, len(lists[path])]
            return run_here(micropython, rom, "device_fetch", way, *arguments, heapsize=str(heap))

        for events in EVENTS:
            for way in ("streaming", "requests"):
                can = partial(device, way, events)
                figures[f"http_{way}_heap_{events}_bytes"] = smallest(can, enough=ENOUGH, step=STEP)
        took = device("time", EVENTS[0])
        figures[f"http_time_vs_requests_{EVENTS[0]}"] = took["requests"] / took["streaming"]
    return figures


if __name__ == "__main__":
    print(json.dumps(http(), indent=2))
