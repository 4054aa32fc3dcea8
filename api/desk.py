"""Work on what was sent, beside the event loop: a few pieces at once, a few more waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

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

    They are daemons, which an executor's are not: an edge that is to stop does not wait
    for a document.

    Args:
        at_once: pieces of work that go on at the same time.
        waiting: further ones that may wait for their turn.
    """

    def __init__(self, at_once: int = AT_ONCE, waiting: int = MOST_WAITING) -> None:
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._unstarted = at_once
        """Threads that are yet to be started."""
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
        done: Future[T] = Future()
        self._waiting.put((done, work))
        if self._unstarted:
            self._unstarted -= 1
            Thread(target=self._work, name="desk", daemon=True).start()
        task = asyncio.wrap_future(done)
        task.add_done_callback(self._done)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asyncio.shield(task)
        except TimeoutError:
            raise unavailable(
                f"the document was not read within {WAIT_SECONDS:g} s", RETRY_SECONDS
            ) from None

    def _work(self) -> None:
        while True:
            done, work = self._waiting.get()
            done.set_running_or_notify_cancel()
            try:
                result = work()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(result)
            # What was made is not kept until the next piece comes.
            del done, work

    def _done(self, task: "asyncio.Future[T]") -> None:
        self._held -= 1
        monitor.DESK.set(self._held)
        if not task.cancelled():
            task.exception()  # told to who asked, if they are still there
