"""An event loop whose clock stands still, and in which nothing happens of its own accord."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Nothing(selectors.SelectSelector):
    def select(self, timeout: float | None = None) -> list[Any]:
        return []


class StillLoop(asyncio.SelectorEventLoop):
    """Runs what is ready; time passes only by `pass_time`."""

    def __init__(self) -> None:
        super().__init__(_Nothing())
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def settle(self) -> None:
        """Run until everything waits for something from outside."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:  # type: ignore[attr-defined]
                return

    def pass_time(self, seconds: float) -> None:
        self._now += seconds
        self.settle()


class Gates:
    """Calls to the outside, held until the explorer lets one of them go on."""

    def __init__(self, loop: StillLoop) -> None:
        self._loop = loop
        self.waiting: dict[str, asyncio.Future[bool]] = {}

    async def passing(self, name: str) -> bool:
        """Wait to be let through; return whether the call is to succeed."""
        self.waiting[name] = gate = self._loop.create_future()
        try:
            return await gate
        finally:
            if self.waiting.get(name) is gate:
                del self.waiting[name]

    def open(self, name: str, *, well: bool = True) -> None:
        self.waiting.pop(name).set_result(well)
        self._loop.settle()


def started(loop: StillLoop, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    """Begin `work` and run it as far as it goes."""
    task = loop.create_task(work)
    loop.settle()
    return task
