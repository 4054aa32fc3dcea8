"""Events straight to Kafka, through kafka-python."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from tidemark_client.encode import Envelope
from tidemark_client.errors import ConfigurationError
from tidemark_client.shown import shown
from tidemark_client.transports import Refusal, Unavailable

CLOSE_SECONDS: Final = 5.0
BROKERS: Final = "bootstrap_servers"
_abandoned: Final[list[Any]] = []
"""Producers of a parent process: neither to be used nor to be closed in this one."""


class KafkaTransport:
    """Produces to the metrics topic, keyed by asset.

    kafka-python's default partitioner is murmur2, as every other client's here, so
    the events of one asset stay in order whoever sends them.

    Args:
        brokers: host:port, comma-separated.
        topic: where the pipeline reads, `<prefix>.metrics`.
        options: passed to `kafka.KafkaProducer`, e.g. `security_protocol="SASL_SSL"`.

    Raises:
        ConfigurationError: kafka-python is not installed.
    """

    def __init__(self, brokers: str, *, topic: str = "quality.metrics", **options: Any) -> None:
        try:
            import kafka  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            raise ConfigurationError(
                "Kafka needs kafka-python: pip install 'tidemark-client[kafka]'"
            ) from None
        if not isinstance(brokers, str) or not brokers.strip(" ,"):
            raise ConfigurationError(
                f"brokers must be host:port, comma-separated, got {shown(brokers)}"
            )
        self._kafka = kafka
        self._topic = topic
        self._options = {
            BROKERS: brokers.strip(),
            "acks": "all",
            "linger_ms": 0,  # batched already
            "allow_auto_create_topics": False,  # it would have the wrong number of partitions
            "bootstrap_timeout_ms": 5_000,
            "max_block_ms": 5_000,
            "request_timeout_ms": 10_000,
            "delivery_timeout_ms": 30_000,
            **options,
        }
        self._producer: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        brokers = self._options[BROKERS]
        given = {name: self._options[name] for name in self._options if name != BROKERS}
        return partial(KafkaTransport, brokers, topic=self._topic, **given), ()

    def __repr__(self) -> str:
        # The options hold passwords.
        return f"<Kafka topic {self._topic} at {self._options[BROKERS]}>"

    def send(self, batch: Sequence[Envelope]) -> list[Refusal]:
        """Deliver a batch and wait for the brokers' word on every event."""
        outcome = _Outcome(self._kafka.errors)
        producer = self._connected(batch)
        futures = [
            (envelope, future)
            for index, envelope in enumerate(batch)
            if (future := self._enqueue(producer, batch, index, outcome)) is not None
        ]
        for envelope, future in futures:
            try:
                future.get(timeout=self._options["delivery_timeout_ms"] / 1000 + CLOSE_SECONDS)
            except self._kafka.errors.KafkaError as error:
                outcome.failed(envelope, error)
        if outcome.cause is None:
            return outcome.refusals
        if not isinstance(outcome.cause, self._kafka.errors.RetriableError):
            # An idempotent producer may not go on after it; a new one may.
            self.close()
        order = {envelope.event_id: index for index, envelope in enumerate(batch)}
        undelivered = sorted(outcome.undelivered, key=lambda e: order[e.event_id])
        raise Unavailable(
            f"Kafka: {_said(outcome.cause)}", undelivered, refusals=outcome.refusals
        ) from outcome.cause

    def _enqueue(
        self, producer: Any, batch: Sequence[Envelope], index: int, outcome: "_Outcome"
    ) -> Any:
        envelope = batch[index]
        if isinstance(outcome.cause, self._kafka.errors.KafkaTimeoutError):
            # Waiting for metadata again, event by event, would take minutes.
            outcome.undelivered.append(envelope)
            return None
        try:
            return producer.send(self._topic, envelope.body, envelope.asset_id.encode())
        except self._kafka.errors.KafkaError as error:
            outcome.failed(envelope, error)
            return None

    def close(self) -> None:
        """Close the producer; whatever it held has been waited for."""
        if self._producer is not None:
            self._producer.close(timeout=CLOSE_SECONDS)
            self._producer = None

    def after_fork(self) -> None:
        """Drop the parent's producer; a new one is made when needed."""
        if self._producer is not None:
            _abandoned.append(self._producer)
            self._producer = None

    def _connected(self, batch: Sequence[Envelope]) -> Any:
        if self._producer is None:
            try:
                self._producer = self._kafka.KafkaProducer(**self._options)
            except (self._kafka.errors.KafkaError, OSError) as error:
                where = self._options[BROKERS]
                raise Unavailable(f"Kafka at {where}: {_said(error)}", batch) from error
        return self._producer


class _Outcome:
    """What went wrong within one batch."""

    def __init__(self, errors: Any) -> None:
        self._permanent = (
            errors.MessageSizeTooLargeError,
            errors.AuthorizationError,
            errors.InvalidTopicError,
        )
        self.refusals: list[Refusal] = []
        self.undelivered: list[Envelope] = []
        self.cause: Exception | None = None

    def failed(self, envelope: Envelope, error: Exception) -> None:
        if isinstance(error, self._permanent):
            self.refusals.append(Refusal(envelope, _said(error)))
        else:
            self.cause = error
            self.undelivered.append(envelope)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
