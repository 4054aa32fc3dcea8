"""Where feeds send: the client, pointed at what the settings name."""

import asyncio
import sys
from typing import Any, Final

from kafka.partitioner import Partitioner

from pipeline.cluster.inspection import inspect
from pipeline.cluster.layout import Layout
from pipeline.settings import Settings
from pipeline.topics import Topics
from tidemark_client import Buffering, HttpTransport, KafkaTransport, Reporter, Transport

PATIENCE: Final = 60.0
"""Seconds a feed waits for its events to get through before it gives up."""


def open_reporter(
    settings: Settings,
    *,
    url: str | None,
    token: str | None,
    source: str | None = None,
    patience: float = PATIENCE,
) -> Reporter:
    """Return a strict reporter: over HTTP to `url` where given, else to the settings' Kafka.

    Raises:
        ConfigurationError: the address is no http(s) URL.
    """
    transport: Transport = HttpTransport(url, token) if url else kafka_transport(settings)
    buffering = Buffering(close_timeout=patience)
    return Reporter(transport=transport, source=source, strict=True, buffering=buffering)


def kafka_transport(settings: Settings) -> KafkaTransport:
    """Return a transport to the metrics topic, with the settings' security.

    Raises:
        Fault: Kafka does not let us write there, and waiting would be of no use.
        SettingsError: what secures the connection can't be used.
    """
    placement = _Placement(settings)
    placement.check()
    options: dict[str, Any] = {
        "security_protocol": settings.kafka_security_protocol,
        "partitioner": placement,
    }
    if settings.kafka_security_protocol.endswith("SSL") and settings.kafka_ca_file:
        options["ssl_cafile"] = str(settings.kafka_ca_file)
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        if settings.kafka_password:
            options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    topic = Topics(settings.topic_prefix).metrics
    return KafkaTransport(settings.kafka_brokers, topic=topic, **options)


class _Placement(Partitioner):  # type: ignore[misc]
    """Puts each event into the partition that holds the state of its asset.

    That is not any partition of the topic where somebody has added some.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._layout: Layout | None = None

    def check(self) -> None:
        """Look at Kafka; say on standard error what is waited for."""
        found = asyncio.run(inspect(self._settings, "feed"))
        self._layout = found.layout if found.layout and found.layout.home else None
        if found.fault is None or (self._layout and self._layout.takes_events):
            return
        if found.fault.lasts:
            raise found.fault
        sys.stderr.write(f"tidemark: waiting: {found.fault}\n")

    def partition(
        self,
        topic: str,
        key: object,  # noqa: ARG002
        serialized_key: bytes | None,
        value: object,  # noqa: ARG002
        serialized_value: bytes | None,  # noqa: ARG002
        cluster: Any,
    ) -> int:
        """Return the partition of a record; called when Kafka has told of its partitions."""
        if self._layout is None:
            # Kafka was away at the start. What can't be seen now is no reason to ask again.
            self.check()
            self._layout = self._layout or Layout(len(cluster.partitions_for_topic(topic)))
        return self._layout.partition_of(serialized_key or b"")
