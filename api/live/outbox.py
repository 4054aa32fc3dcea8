"""What a client has yet to be sent: bounded, in order, without a task of its own.

Frames go straight to the line while it takes them. When it does not, they wait; a
metric change moves to the back when a newer one of its asset and metric takes its
place. Order is kept so that the position on any message tells the truth about all
that went before it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable

from api.live.line import Line


class LineLost(Exception):
    """The connection went while somebody waited to write to it."""


class Outbox:
    """The frames of one line.

    Args:
        line: where they go.
        limit: how many may wait.
        overflow: called instead of taking one more.
    """

    __slots__ = (
        "_held",
        "_limit",
        "_line",
        "_lost",
        "_overflow",
        "_serial",
        "_waiting",
        "conflated",
        "direct",
        "pending",
        "sent",
        "stalled_since",
    )

    def __init__(self, line: Line, limit: int, overflow: Callable[[], None]) -> None:
        self._line = line
        self._limit = limit
        self._overflow = overflow
        self._held = False
        self._lost = False
        self._serial = 0
        self._waiting: list[asyncio.Future[None]] = []
        self.pending: OrderedDict[Hashable, bytes] = OrderedDict()
        self.direct: Callable[[bytes], None] | None = line.write
        """Writes to the line while nothing stands in the way, None while something does."""
        self.sent = 0
        """Frames written, those written through `direct` by others left out."""
        self.conflated = 0
        self.stalled_since: float | None = None
        """Loop time since when the line has taken nothing; None while it does."""
        line.on_paused = self._on_paused
        line.on_writable = self._on_writable

    def push(self, frame: bytes, slot: Hashable = None) -> None:
        """Send `frame` now or when its turn comes."""
        if self.direct is not None:
            self.sent += 1
            self.direct(frame)
        elif self._lost:
            return
        elif slot is not None and self.pending.pop(slot, None) is not None:
            self.conflated += 1
            self._append(frame, slot)
        elif len(self.pending) >= self._limit:
            self._overflow()
        else:
            self._append(frame, slot)

    async def send_ahead(self, frame: bytes) -> None:
        """While held: send `frame` before all that waits, at the reader's pace.

        Raises:
            LineLost: the connection went meanwhile.
        """
        while not self._line.is_writable:
            await self._writable()
        if self._lost:
            raise LineLost
        self.sent += 1
        self._line.write(frame)

    async def drained(self) -> None:
        """Wait until nothing waits.

        Raises:
            LineLost: the connection went meanwhile.
        """
        while self.pending:
            await self._writable()

    def hold(self) -> None:
        """Let everything wait until `release`."""
        self._held = True
        self.direct = None

    def release(self) -> None:
        """Send what waits and go on as usual."""
        self._held = False
        self._drain()

    def flush(self) -> None:
        """Write all that waits, whatever the line says: the last act before a close.

        What is held stays unsaid: it would tell a position as reached that is not.
        """
        while self.pending and not self._held:
            self._line.write(self.pending.popitem(last=False)[1])

    def discard(self) -> None:
        """Forget what waits and take no more; whoever waits in `send_ahead` is told."""
        self._lost = True
        self.direct = None
        self.pending.clear()
        self.stalled_since = None
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(LineLost())
        self._waiting.clear()

    async def _writable(self) -> None:
        self._mark_stalled()
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def _append(self, frame: bytes, slot: Hashable) -> None:
        self._serial += 1
        self.pending[self._serial if slot is None else slot] = frame
        self._mark_stalled()

    def _on_paused(self) -> None:
        self.direct = None

    def _on_writable(self) -> None:
        self.stalled_since = None
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()
        self._drain()

    def _drain(self) -> None:
        if self._held or self._lost:
            return
        pending, line = self.pending, self._line
        while pending and line.is_writable:
            self.sent += 1
            line.write(pending.popitem(last=False)[1])
        if pending:
            self._mark_stalled()
        elif line.is_writable:
            self.direct = line.write

    def _mark_stalled(self) -> None:
        if self.stalled_since is None and not self._line.is_writable:
            self.stalled_since = asyncio.get_running_loop().time()
