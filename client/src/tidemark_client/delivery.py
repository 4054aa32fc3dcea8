"""The bounded buffer and the thread that empties it."""

import logging
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidemark_client import lifetime
from tidemark_client.buffering import Buffering
from tidemark_client.encode import Envelope
from tidemark_client.errors import BufferFull, TidemarkError
from tidemark_client.shown import shown
from tidemark_client.throttle import Warnings
from tidemark_client.transports import Refusal, Transport, Unavailable

log = logging.getLogger("tidemark_client")

FIRST_BACKOFF: Final = 0.1
MAX_BACKOFF: Final = 10.0
MAX_ASKED: Final = 300.0
"""A server's Retry-After counts up to here: a slip of its must not end all reports."""
KEPT_REASONS: Final = 100


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
    _closing: bool
    _untold: int
    _lost: int

    def __init__(self, transport: Transport, buffering: Buffering) -> None:
        self._transport = transport
        self._buffering = buffering
        self._warnings = Warnings()
        self._reset()
        lifetime.enrol(self)
        lifetime.watch_end()

    @property
    def close_timeout(self) -> float:
        """Seconds that `close` may take unless told otherwise."""
        return self._buffering.close_timeout

    def put(self, envelope: Envelope, *, wait: bool) -> None:
        """Queue an event.

        With `wait` a full buffer is waited for as long as `close_timeout`; without,
        the oldest event makes room. When the process is at its very end, where no thread
        can send it, the event is sent at once.

        Raises:
            BufferFull: no room became free in time (only with `wait`).
            TidemarkError: closed already (only with `wait`).
        """
        # A lock that another thread holds at the interpreter's end is never released.
        if not sys.is_finalizing():
            with self._changed:
                if not self._closing:
                    if len(self._queue) >= self._buffering.capacity:
                        self._make_room(wait)
                    self._queue.append(envelope)
                    self._start()
                    self._changed.notify_all()
                    return
                if not self._ended:
                    self._late(wait)
                    return
        self._send_last(envelope)

    def flush(self, timeout: float) -> bool:
        """Wait until everything queued has got through; False if it did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending(), _bounded(timeout))

    def begin_close(self, *, ended: bool = False) -> None:
        """Take nothing more in and hurry; what is left after `close_timeout` is given up.

        Does not wait. With `ended` it is the process that ends, not the reporter: what
        comes all the same is sent at once.
        """
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._ended = ended
            self._deadline = time.monotonic() + self.close_timeout
            self._changed.notify_all()

    def close(self, timeout: float) -> int:
        """Flush, then stop. What is left after `timeout` seconds is lost; return how many."""
        timeout = _bounded(timeout)
        deadline = time.monotonic() + timeout
        self.begin_close()
        with self._changed:
            self._deadline = max(deadline, self._deadline)
            if self._pending():
                self._start()
            self._changed.wait_for(lambda: not self._pending(), timeout)
            self._give_up()
            # The thread may have given up just before; who closes first is told.
            lost, self._lost = self._lost, 0
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()) + 0.1)
        return lost

    def stats(self) -> Stats:
        """Return the counts so far."""
        with self._changed:
            return Stats(self._sent, self._pending(), self._dropped, self._refused)

    def take_refusals(self) -> tuple[int, list[str]]:
        """Return how many refusals there were since the last call, and the last reasons."""
        with self._changed:
            fresh, self._untold = self._untold, 0
            return fresh, list(self._reasons)[-fresh:] if fresh else []

    def after_fork(self) -> None:
        """Start afresh in a child process: the parent sends what the parent queued."""
        self._transport.after_fork()
        self._reset()

    def _reset(self) -> None:
        self._sent = self._dropped = self._refused = self._untold = self._lost = 0
        self._reasons: deque[str] = deque(maxlen=KEPT_REASONS)
        self.trouble: str | None = None
        """Why events are being held back, while they are."""
        self._queue: deque[Envelope] = deque()
        self._in_flight = 0
        self._closing = self._ended = self._abandoned = False
        self._deadline = 0.0
        self._last_seconds = self._buffering.close_timeout
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
        seconds = self.close_timeout
        self._changed.wait_for(
            lambda: len(self._queue) < self._buffering.capacity or self._closing, seconds
        )
        if self._closing:
            raise TidemarkError("the reporter is closed")
        if len(self._queue) >= self._buffering.capacity:
            why = self.trouble or "events come too fast"
            raise BufferFull(f"no room for another event in {seconds:g} s: {why}")

    def _start(self) -> None:
        """Start the thread unless it runs; without one, events wait for the next attempt."""
        if self._thread is not None and self._thread.is_alive():
            return
        lifetime.watch_end()
        thread = threading.Thread(target=self._run, name="tidemark-client", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            # No more threads for this process, or the interpreter ends.
            self._thread = None
            self._troubled(str(error))
        else:
            self._thread = thread

    def _run(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)
        try:
            self._transport.close()
        except Exception:
            log.warning("the connection is not closed properly", exc_info=True)

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
                reason = f"{type(error).__name__}: {error}"
                log.warning("a batch of %d events is dropped: %s", len(batch), reason)
                log.debug("where it failed", exc_info=True)
                refusals, batch, pause = [Refusal(e, reason) for e in batch], [], 0.0
            if not self._sent and not self._closing:
                lifetime.end_before_others()
            self._settle(before, refusals, len(batch), pause)

    def _settle(self, before: int, refusals: Sequence[Refusal], left: int, pause: float) -> None:
        for refusal in refusals:
            self._warnings.say(
                "%s is refused: %s", shown(refusal.envelope.asset_id), refusal.reason
            )
        with self._changed:
            if self._abandoned:
                return
            self._sent += before - left - len(refusals)
            self._refused += len(refusals)
            self._untold += len(refusals)
            self._reasons.extend(refusal.reason for refusal in refusals)
            self._in_flight = left
            if not left:
                self.trouble = None
            self._changed.notify_all()
            if pause:
                self._pause(pause)
            if self._closing and left and time.monotonic() >= self._deadline:
                self._give_up()

    def _pause(self, seconds: float) -> None:
        """Wait before the next attempt; closing brings one forward and hurries the others."""
        closing = self._closing
        if closing:
            seconds = min(seconds, FIRST_BACKOFF)
        self._changed.wait_for(lambda: self._abandoned or self._closing != closing, seconds)

    def _give_up(self) -> None:
        """Let go of what has not got through."""
        if self._abandoned:
            return
        self._lost = lost = self._pending()
        self._abandoned = True
        self._dropped += lost
        self._queue.clear()
        self._in_flight = 0
        self._changed.notify_all()
        if lost:
            log.warning("closed with %d events undelivered: %s", lost, self.trouble or "too slow")
        if self._refused:
            log.warning("%d events were refused, last: %s", self._refused, self._reasons[-1])

    def _send_last(self, envelope: Envelope) -> None:
        """Send one event from this very thread, at the end of the process.

        The end is waited for: all these events together have `close_timeout`, and none is
        tried after one that failed.
        """
        send = getattr(self._transport, "send_last", None)
        reason = self.trouble
        if send is None:
            reason = "no thread can send it any more; close the reporter before"
        elif self._last_seconds <= 0:
            reason = "the time for closing is over"
        if reason is None and send is not None:
            started = time.monotonic()
            try:
                refusals = send([envelope], self._last_seconds)
                reason = refusals[0].reason if refusals else None
            except Exception as error:
                reason = self.trouble = str(error)
            self._last_seconds -= time.monotonic() - started
        if reason is None:
            self._sent += 1
        else:
            self._dropped += 1
            self._warnings.say("an event at the end of the process is lost: %s", reason)

    def _troubled(self, reason: str) -> None:
        self.trouble = reason
        if not self._abandoned:
            self._warnings.say("events are held back: %s", reason)


def _backoff(attempt: int, asked: float | None) -> float:
    """Return how long to wait: doubling, with jitter so that jobs do not return in step."""
    seconds = min(MAX_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempt - 1, 20))
    return max(min(asked or 0.0, MAX_ASKED), seconds * random.uniform(0.5, 1.0))  # noqa: S311


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), threading.TIMEOUT_MAX)
