"""The bounded buffer and the thread that empties it."""

import atexit
import logging
import os
import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidemark_client.encode import Envelope
from tidemark_client.errors import BufferFull, TidemarkError
from tidemark_client.transports import Refusal, Transport, Unavailable

log = logging.getLogger("tidemark_client")

FIRST_BACKOFF: Final = 0.1
MAX_BACKOFF: Final = 10.0
WARN_EVERY: Final = 60.0
KEPT_REASONS: Final = 100


@dataclass(frozen=True)
class Buffering:
    """How much is held and how it is sent.

    Attributes:
        capacity: events kept while the other side is away; beyond it the oldest go.
        batch_size: most events sent at once.
        linger: seconds the first event of a batch waits for company.
        close_timeout: seconds `close` and the end of the process wait for the rest.
    """

    capacity: int = 10_000
    batch_size: int = 500
    linger: float = 0.02
    close_timeout: float = 10.0


@dataclass(frozen=True)
class Stats:
    """What became of the events so far. `dropped` made room or came after closing."""

    sent: int
    pending: int
    dropped: int
    refused: int


class Delivery:
    """Sends in the background, in order, again and again until it gets through."""

    _changed: threading.Condition
    _thread: threading.Thread | None

    def __init__(self, transport: Transport, buffering: Buffering) -> None:
        self._transport = transport
        self._buffering = buffering
        self._warnings = _Warnings()
        self._reset()
        _living.add(self)

    def put(self, envelope: Envelope, *, wait: bool) -> None:
        """Queue an event.

        With `wait` a full buffer is waited for as long as `close_timeout`; without,
        the oldest event makes room.

        Raises:
            BufferFull: no room became free in time (only with `wait`).
            TidemarkError: closed already (only with `wait`).
        """
        with self._changed:
            if self._closing:
                self._late(wait)
                return
            if len(self._queue) >= self._buffering.capacity:
                self._make_room(wait)
            self._queue.append(envelope)
            self._start()
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until everything queued has got through; False if it did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending(), timeout)

    def close(self, timeout: float) -> int:
        """Flush, then stop. What is left after `timeout` seconds is lost; return how many."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._pending(), timeout)
            lost = self._pending()
            self._abandoned = True
            self._dropped += lost
            self._queue.clear()
            self._in_flight = 0
            self._changed.notify_all()
            thread = self._thread
        if lost:
            log.warning("closed with %d events undelivered: %s", lost, self.trouble or "too slow")
        if self._refused:
            log.warning("%d events were refused, last: %s", self._refused, self.refusals[-1])
        if thread is not None:
            thread.join(max(0.0, deadline - time.monotonic()) + 0.1)
        atexit.unregister(self._at_exit)
        _living.discard(self)
        return lost

    def stats(self) -> Stats:
        """Return the counts so far."""
        with self._changed:
            return Stats(self._sent, self._pending(), self._dropped, self._refused)

    def after_fork(self) -> None:
        """Start afresh in a child process: the parent sends what the parent queued."""
        self._transport.after_fork()
        self._reset()

    def _reset(self) -> None:
        self._sent = self._dropped = self._refused = 0
        self.refusals: deque[str] = deque(maxlen=KEPT_REASONS)
        """Reasons of the last refusals."""
        self.trouble: str | None = None
        """Why events are being held back, while they are."""
        self._queue: deque[Envelope] = deque()
        self._in_flight = 0
        self._closing = self._abandoned = False
        self._changed = threading.Condition()
        self._thread = None

    def _pending(self) -> int:
        return len(self._queue) + self._in_flight

    def _late(self, wait: bool) -> None:
        if wait:
            raise TidemarkError("the reporter is closed")
        self._dropped += 1
        self._warnings.say("an event came after the reporter was closed and is dropped")

    def _make_room(self, wait: bool) -> None:
        if not wait:
            self._queue.popleft()
            self._dropped += 1
            self._warnings.say(
                "the buffer of %d events is full, the oldest are dropped (%d so far): %s",
                self._buffering.capacity, self._dropped, self.trouble or "events come too fast",
            )  # fmt: skip
            return
        seconds = self._buffering.close_timeout
        room = self._changed.wait_for(
            lambda: len(self._queue) < self._buffering.capacity or self._closing, seconds
        )
        if not room:
            why = self.trouble or "events come too fast"
            raise BufferFull(f"no room for another event in {seconds:g} s: {why}")

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tidemark-client", daemon=True)
            self._thread.start()
            atexit.register(self._at_exit)

    def _at_exit(self) -> None:
        self.close(self._buffering.close_timeout)

    def _run(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)
        self._transport.close()

    def _next_batch(self) -> list[Envelope]:
        """Wait for events; an empty list means closed and done."""
        size, linger = self._buffering.batch_size, self._buffering.linger
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            self._changed.wait_for(lambda: len(self._queue) >= size or self._closing, linger)
            batch = [self._queue.popleft() for _ in range(min(size, len(self._queue)))]
            self._in_flight = len(batch)
            self._changed.notify_all()
            return batch

    def _deliver(self, batch: list[Envelope]) -> None:
        attempt = 0
        while batch and not self._abandoned:
            before = len(batch)
            try:
                refusals, batch, pause = list(self._transport.send(batch)), [], 0.0
            except Unavailable as error:
                attempt = 1 if len(error.undelivered) < before else attempt + 1
                refusals, batch = error.refusals, error.undelivered
                pause = _backoff(attempt, error.retry_after)
                self._troubled(str(error))
            except Exception as error:
                # A fault of ours: repeating it would hold up everything behind it.
                log.exception("a batch of %d events is dropped", len(batch))
                reason = f"{type(error).__name__}: {error}"
                refusals, batch, pause = [Refusal(e, reason) for e in batch], [], 0.0
            self._exit_before_transport()
            self._settle(before, refusals, len(batch), pause)

    def _settle(self, before: int, refusals: Sequence[Refusal], left: int, pause: float) -> None:
        for refusal in refusals:
            self._warnings.say("%s is refused: %s", refusal.envelope.asset_id, refusal.reason)
        with self._changed:
            if self._abandoned:
                return
            self._sent += before - left - len(refusals)
            self._refused += len(refusals)
            self.refusals.extend(refusal.reason for refusal in refusals)
            self._in_flight = left
            if not left:
                self.trouble = None
            self._changed.notify_all()
            if pause:
                self._pause(pause)

    def _pause(self, seconds: float) -> None:
        """Wait before the next attempt; closing brings one forward and hurries the others."""
        closing = self._closing
        if closing:
            seconds = min(seconds, FIRST_BACKOFF)
        self._changed.wait_for(lambda: self._abandoned or self._closing != closing, seconds)

    def _troubled(self, reason: str) -> None:
        self.trouble = reason
        self._warnings.say("events are held back: %s", reason)

    def _exit_before_transport(self) -> None:
        """Run our exit hook before the one a transport registers when it connects."""
        if not self._sent:
            atexit.unregister(self._at_exit)
            atexit.register(self._at_exit)


class _Warnings:
    """Says the same kind of thing once a minute, however often it happens."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def say(self, message: str, *arguments: object) -> None:
        now = time.monotonic()
        if now - self._last.get(message, -WARN_EVERY) >= WARN_EVERY:
            self._last[message] = now
            log.warning(message, *arguments)


def _backoff(attempt: int, asked: float | None) -> float:
    """Return how long to wait: doubling, with jitter so that jobs do not return in step."""
    seconds = min(MAX_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempt - 1, 20))
    return max(asked or 0.0, seconds * random.uniform(0.5, 1.0))  # noqa: S311


_living: Final["weakref.WeakSet[Delivery]"] = weakref.WeakSet()


def _after_fork() -> None:
    for delivery in list(_living):
        delivery.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
