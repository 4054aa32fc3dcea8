"""Where feeds send: the client, pointed at what the settings name."""

from typing import Any, Final

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
    from feeds.placement import Placement  # kafka-python: slow to import, and seldom needed

    placement = Placement(settings)
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
