"""The reporters: what a job holds on to."""

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, SupportsFloat, TypedDict, Unpack

from tidemark_client.config import choose_transport
from tidemark_client.delivery import Buffering, Delivery, Stats
from tidemark_client.encode import encode, measurement
from tidemark_client.errors import ConfigurationError, DeliveryError, InvalidEvent
from tidemark_client.measures import Details, Measures
from tidemark_client.transports import Transport
from tidemark_client.wire import MetricType

log = logging.getLogger("tidemark_client")


class Options(TypedDict, total=False):
    """The arguments of both reporters, see `Reporter`."""

    url: str | None
    brokers: str | None
    token: str | None
    source: str | None
    strict: bool
    buffering: Buffering | None
    transport: Transport | None


class Reporter(Measures[None]):
    """Reports measurements in the background.

    Unless `strict`, nothing here raises or waits: what can't be sent is kept, then
    dropped, and logged under `tidemark_client`. A strict reporter raises on a wrong
    value, waits when its buffer is full, and raises `DeliveryError` from `flush`,
    `close` and the end of `with` when an event was refused or did not get through.

    Args:
        url: address of the edge (default: TIDEMARK_URL).
        brokers: Kafka's host:port, comma-separated (default: TIDEMARK_BROKERS).
        token: bearer token for HTTP (default: TIDEMARK_TOKEN).
        source: who measures, put into every event that names none.
        strict: raise and wait rather than drop.
        buffering: sizes and times.
        transport: in place of an address.

    Raises:
        ConfigurationError: strict, and no usable address.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        brokers: str | None = None,
        token: str | None = None,
        source: str | None = None,
        strict: bool = False,
        buffering: Buffering | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._source = source
        self._strict = strict
        self._buffering = buffering or Buffering()
        self._reported_refusals = 0
        self._delivery: Delivery | None = None
        try:
            chosen = transport or choose_transport(url, brokers, token)
        except ConfigurationError as error:
            if strict:
                raise
            log.warning("nothing will be reported: %s", error)
        else:
            self._delivery = Delivery(chosen, self._buffering)

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
        if self._source is not None:
            details.setdefault("source", self._source)
        try:
            envelope = encode(measurement(asset_id, metric_type, value, **details))
        except InvalidEvent as error:
            if self._strict:
                raise
            log.warning("%s: not reported: %s", asset_id, error)
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

    def close(self) -> None:
        """Flush and stop; calling it again does nothing.

        Raises:
            DeliveryError: strict, and events were refused or did not get through.
        """
        if self._delivery is None:
            return
        lost = self._delivery.close(self._buffering.close_timeout)
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
        refused = delivery.stats().refused - self._reported_refusals
        if not undelivered and not refused:
            return
        self._reported_refusals += refused
        reasons = list(delivery.refusals)[-refused:] if refused else []
        why = delivery.trouble or (reasons[0] if reasons else "too slow")
        raise DeliveryError(
            f"{undelivered} events undelivered, {refused} refused: {why}",
            undelivered=undelivered,
            refused=reasons,
        )


class AsyncReporter(Measures[Coroutine[Any, Any, None]]):
    """`Reporter` for asyncio: takes the same arguments, and never blocks the loop.

    `await reporter.score(...)` returns at once, unless the reporter is strict and its
    buffer is full.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._reporter = Reporter(**options)
        self._strict = options.get("strict", False)

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

    async def close(self) -> None:
        """Flush and stop, as `Reporter.close` does."""
        await asyncio.to_thread(self._reporter.close)

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
