"""Connection options that every aiokafka client of Tidemark shares."""

import ssl
from typing import Any

from pipeline.settings import Settings


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments for an aiokafka consumer, producer or admin client."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_brokers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = (
            settings.kafka_password.get_secret_value() if settings.kafka_password else None
        )
    return options


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Return a context that trusts `kafka_ca_file`, or the system's authorities."""
    cafile = str(settings.kafka_ca_file) if settings.kafka_ca_file else None
    return ssl.create_default_context(cafile=cafile)
