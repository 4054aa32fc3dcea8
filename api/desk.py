"""Work on what was sent, beside the event loop: a few pieces at once, a few more waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from api import monitor
from api.problems import unavailable

T = TypeVar("T")

AT_ONCE: Final = 2
MOST_WAITING: Final = 16
RETRY_SECONDS: Final = 2
WAIT_SECONDS: Final = 30.0
"""How long who asked is kept waiting."""


class Desk:
    """Threads that take what would hold the event loop.

    Args:
        at_once: pieces of work that go on at the same time.
        waiting: further ones that may wait for their turn.
    """

    def __init__(self, at_once: int = AT_ONCE, waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="desk")
        self._most = at_once + waiting
        self._held = 0

    async def do(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, from a thread.

        Raises:
            Refusal: too much waits already, or it was not done in time.
        """
        if self._held >= self._most:
            raise unavailable(
                "more documents wait to be read than the edge takes on", RETRY_SECONDS
            )
        self._held += 1
        monitor.DESK.set(self._held)
        # Who asked may leave; the thread is taken until the work is done all the same.
        task = asyncio.wrap_future(self._threads.submit(work))
        task.add_done_callback(self._done)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asyncio.shield(task)
        except TimeoutError:
            raise unavailable(
                f"the document was not read within {WAIT_SECONDS:g} s", RETRY_SECONDS
            ) from None

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self, task: "asyncio.Future[T]") -> None:
        self._held -= 1
        monitor.DESK.set(self._held)
        if not task.cancelled():
            task.exception()  # told to who asked, if they are still there
