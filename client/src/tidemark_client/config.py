"""Where to send: by argument, else by environment."""

import os
from typing import Final

from tidemark_client.errors import ConfigurationError
from tidemark_client.transports import Transport
from tidemark_client.transports.http import HttpTransport
from tidemark_client.transports.kafka import KafkaTransport

URL: Final = "TIDEMARK_URL"
BROKERS: Final = "TIDEMARK_BROKERS"
TOKEN: Final = "TIDEMARK_TOKEN"  # noqa: S105 - the name of a variable
TOPIC_PREFIX: Final = "TIDEMARK_TOPIC_PREFIX"


def choose_transport(
    url: str | None,
    brokers: str | None,
    token: str | None,
    transport: Transport | None = None,
) -> Transport:
    """Return where to send: what is given, else Kafka where brokers are known, else HTTP.

    Raises:
        ConfigurationError: no address, several, or one that can't be used.
    """
    if sum(bool(given) for given in (url, brokers, transport is not None)) > 1:
        raise ConfigurationError("give one of url, brokers and transport, not both")
    if transport is not None:
        return transport
    if not url and not brokers:
        brokers, url = os.environ.get(BROKERS), os.environ.get(URL)
    if brokers:
        prefix = os.environ.get(TOPIC_PREFIX) or "quality"
        return KafkaTransport(brokers, topic=f"{prefix}.metrics")
    if url:
        return HttpTransport(url, token or os.environ.get(TOKEN))
    raise ConfigurationError(
        f"no address: give url or brokers, or set {URL} (http://host:port) or {BROKERS} (host:port)"
    )
