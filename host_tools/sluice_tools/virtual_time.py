"""Time that passes only when there is nothing left to do: an event loop whose clock jumps to the next timer."""

import asyncio
import selectors


class Deadlock(Exception):
    """Every task waits for another one and no timer runs."""


class _Selector(selectors.DefaultSelector):
    """Never waits: moves the loop's clock to the next timer instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # The loop's own wake-up pipe is always there; without another file there is nothing to ask the system for.
        ready = super().select(0) if len(self.get_map()) > 1 else []
        if not ready:
            if timeout is None:
                raise Deadlock
            self.loop.seconds += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is `seconds`, and goes as fast as there is something to do."""

    def __init__(self) -> None:
        self.seconds = 0.0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self.seconds


class Pipe:
    """Bytes one way, in memory."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._rest = b""

    def put(self, data: bytes) -> None:
        self._pieces.put_nowait(data)

    async def get(self, n: int) -> bytes:
        """Give up to `n` bytes, none when the other side has closed."""
        if not self._rest:
            self._rest = await self._pieces.get()
        data, self._rest = self._rest[:n], self._rest[n:]
        return data
