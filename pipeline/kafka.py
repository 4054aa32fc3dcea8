"""Connection options that every aiokafka client of Tidemark shares."""

import ssl
from typing import Any

from pipeline.lenient_records import read_leniently
from pipeline.settings import Settings, SettingsError

# Here, since no client of ours is made without this module.
read_leniently()


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments for an aiokafka consumer, producer or admin client.

    Raises:
        SettingsError: a setting that secures the connection is missing or can't be used.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_brokers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"], options["sasl_plain_password"] = account(settings)
    return options


def account(settings: Settings) -> tuple[str, str]:
    """Return user and password for SASL.

    Raises:
        SettingsError: one of them is missing.
    """
    if not settings.kafka_username or settings.kafka_password is None:
        missing = "PASSWORD" if settings.kafka_username else "USERNAME"
        raise SettingsError(
            f"TIDEMARK_KAFKA_{missing}: must be set, since TIDEMARK_KAFKA_SECURITY_PROTOCOL is "
            f"{settings.kafka_security_protocol}"
        )
    return settings.kafka_username, settings.kafka_password.get_secret_value()


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Return a context that trusts `kafka_ca_file`, or the system's authorities.

    Raises:
        SettingsError: the file can't be read, or holds no certificate.
    """
    file = settings.kafka_ca_file
    try:
        return ssl.create_default_context(cafile=str(file) if file else None)
    except ssl.SSLError:
        why = "holds no certificate in PEM format"
    except OSError as error:
        why = error.strerror or str(error)
    raise SettingsError(f"TIDEMARK_KAFKA_CA_FILE: {file}: {why}")
