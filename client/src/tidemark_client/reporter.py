"""The reporters: what a job holds on to."""

import asyncio
import logging
import weakref
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self, SupportsFloat, TypedDict, Unpack

from tidemark_client.buffering import Buffering
from tidemark_client.config import choose_transport
from tidemark_client.delivery import Delivery, Stats
from tidemark_client.encode import encode, measurement
from tidemark_client.errors import ConfigurationError, DeliveryError
from tidemark_client.measures import Details, Measures
from tidemark_client.shown import shown
from tidemark_client.throttle import Warnings
from tidemark_client.transports import Transport
from tidemark_client.wire import MetricType

log = logging.getLogger("tidemark_client")


class Options(TypedDict, total=False):
    """The arguments of both reporters beside the address, see `Reporter`."""

    brokers: str | None
    token: str | None
    source: str | None
    strict: bool
    close_timeout: float | None
    buffering: Buffering | None
    transport: Transport | None


class Reporter(Measures[None]):
    """Reports measurements in the background.

    Unless `strict`, no report raises or waits: what can't be sent is kept, then
    dropped, and logged under `tidemark_client`. Only the end waits for what is pending:
    `close`, the end of `with` and that of the process, for `close_timeout` at most. A
    strict reporter raises on a wrong value, waits when its buffer is full, and raises
    `DeliveryError` from `flush`, `close` and the end of `with` when an event was refused
    or did not get through.

    It may be used from several threads, goes on in forked children, and can be pickled:
    the copy reports to the same place, with the same token, and starts afresh.

    Args:
        url: address of the edge (default: TIDEMARK_URL).
        brokers: Kafka's host:port, comma-separated (default: TIDEMARK_BROKERS).
        token: bearer token for HTTP (default: TIDEMARK_TOKEN).
        source: who measures, put into every event that names none.
        strict: raise and wait rather than drop.
        close_timeout: seconds the end may wait, 0 for not at all (default: the buffering's).
        buffering: sizes and times.
        transport: in place of an address.

    Raises:
        ConfigurationError: strict, and no usable address or token; or a time below 0.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        brokers: str | None = None,
        token: str | None = None,
        source: str | None = None,
        strict: bool = False,
        close_timeout: float | None = None,
        buffering: Buffering | None = None,
        transport: Transport | None = None,
    ) -> None:
        buffering = buffering or Buffering()
        if close_timeout is not None:
            buffering = replace(buffering, close_timeout=close_timeout)
        self._source = source
        self._strict = strict
        self._buffering = buffering
        self._warnings = Warnings()
        self._transport: Transport | None = None
        self._delivery: Delivery | None = None
        try:
            self._transport = choose_transport(url, brokers, token, transport)
        except ConfigurationError as error:
            if strict:
                raise
            log.warning("nothing will be reported: %s", error)
            return
        self._delivery = Delivery(self._transport, buffering)
        # One that is dropped without being closed sends its rest and ends its thread.
        weakref.finalize(self, self._delivery.begin_close).atexit = False

    def __reduce__(self) -> tuple[Callable[[], "Reporter"], tuple[()]]:
        restore = partial(_restore, self._transport, self._source, self._strict, self._buffering)
        return restore, ()

    def __repr__(self) -> str:
        where = "nowhere" if self._transport is None else repr(self._transport)
        return f"<{type(self).__name__} to {where}>"

    def report(
        self,
        asset_id: str,
        metric_type: MetricType | str,
        value: SupportsFloat,
        **details: Unpack[Details],
    ) -> None:
        """Report any metric of an asset.

        Raises:
            InvalidEvent: strict, and a field is outside its contract.
            BufferFull: strict, and no room became free in time.
        """
        try:
            if self._source is not None:
                details.setdefault("source", self._source)
            envelope = encode(measurement(asset_id, metric_type, value, **details))
        except Exception as error:
            # Not InvalidEvent alone: the values are the job's objects, and so are their faults.
            if self._strict:
                raise
            self._warnings.say("%s is not reported: %s", shown(asset_id), error)
            return
        if self._delivery is not None:
            self._delivery.put(envelope, wait=self._strict)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything reported so far has got through.

        Returns:
            Whether it did within `timeout` seconds (default: the close timeout).

        Raises:
            DeliveryError: strict, and it did not, or an event was refused.
        """
        if self._delivery is None:
            return True
        seconds = self._buffering.close_timeout if timeout is None else timeout
        done = self._delivery.flush(seconds)
        if self._strict:
            self._raise_for(0 if done else self._delivery.stats().pending)
        return done

    def close(self, timeout: float | None = None) -> None:
        """Flush and stop; calling it again does nothing.

        Waits `timeout` seconds at most (default: the close timeout), and then gives up
        what has not got through.

        Raises:
            DeliveryError: strict, and events were refused or did not get through.
        """
        if self._delivery is None:
            return
        seconds = self._buffering.close_timeout if timeout is None else timeout
        lost = self._delivery.close(seconds)
        if self._strict:
            self._raise_for(lost)

    @property
    def stats(self) -> Stats:
        """What became of the events so far."""
        return self._delivery.stats() if self._delivery else Stats(0, 0, 0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except DeliveryError as failure:
            if error is None:
                raise
            # The job's own error matters more.
            log.warning("%s", failure)

    def _raise_for(self, undelivered: int) -> None:
        delivery = self._delivery
        if delivery is None:
            return
        refused, reasons = delivery.take_refusals()
        if not undelivered and not refused:
            return
        why = delivery.trouble or (reasons[0] if reasons else "too slow")
        raise DeliveryError(
            f"{undelivered} events undelivered, {refused} refused: {why}",
            undelivered=undelivered,
            refused=reasons,
        )


def _restore(
    transport: Transport | None, source: str | None, strict: bool, buffering: Buffering
) -> Reporter:
    """Return the copy of a pickled reporter."""
    return Reporter(source=source, strict=strict, buffering=buffering, transport=transport)


class AsyncReporter(Measures[Coroutine[Any, Any, None]]):
    """`Reporter` for asyncio: takes the same arguments, and never blocks the loop.

    `await reporter.score(...)` returns at once, unless the reporter is strict and its
    buffer is full.
    """

    def __init__(self, url: str | None = None, **options: Unpack[Options]) -> None:
        self._reporter = Reporter(url, **options)
        self._strict = options.get("strict", False)

    def __repr__(self) -> str:
        return repr(self._reporter).replace("Reporter", type(self).__name__, 1)

    async def report(
        self,
        asset_id: str,
        metric_type: MetricType | str,
        value: SupportsFloat,
        **details: Unpack[Details],
    ) -> None:
        """Report any metric of an asset; raises as `Reporter.report` does."""
        if self._strict:
            # May wait for room.
            await asyncio.to_thread(self._reporter.report, asset_id, metric_type, value, **details)
        else:
            self._reporter.report(asset_id, metric_type, value, **details)

    async def flush(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109
        """Wait until everything reported so far has got through, as `Reporter.flush` does."""
        return await asyncio.to_thread(self._reporter.flush, timeout)

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Flush and stop, as `Reporter.close` does."""
        await asyncio.to_thread(self._reporter.close, timeout)

    @property
    def stats(self) -> Stats:
        """What became of the events so far."""
        return self._reporter.stats

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._reporter.__exit__, kind, error, trace)
