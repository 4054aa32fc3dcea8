"""Can Kafka be reached as the settings say, and if not: why not.

aiokafka's clients try every broker and then say only that none would do. This asks each
broker as they do, and names what stands in the way.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.admin import SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

from pipeline.faults import ExitCode, Fault
from pipeline.kafka import client_options
from pipeline.settings import Settings

SECONDS: Final = 5.0
"""How long one broker may take to let us in."""
PROBE_SECONDS: Final = 2.0
PROTOCOL: Final = "TIDEMARK_KAFKA_SECURITY_PROTOCOL"
BROKERS: Final = "TIDEMARK_KAFKA_BROKERS"

# OpenSSL's X509_V_ERR_*; Python has no names for them.
NOT_YET_VALID, EXPIRED = 9, 10
UNKNOWN_ISSUER: Final = {2, 18, 19, 20, 21}
OTHER_NAME: Final = {62, 64}


async def connection_fault(settings: Settings) -> Fault | None:
    """Return why no broker lets us in, or None if one does.

    Of several reasons one that waiting does not mend comes first.

    Raises:
        SettingsError: the certificate authority's file can't be used.
    """
    faults = await broker_faults(settings)
    if None in faults:
        return None
    return min((fault for fault in faults if fault), key=lambda fault: not fault.lasts)


async def broker_faults(settings: Settings) -> list[Fault | None]:
    """Return for each listed broker why it does not let us in, None if it does.

    Raises:
        SettingsError: the certificate authority's file can't be used.
    """
    options = client_options(settings)
    hosts = collect_hosts(options.pop("bootstrap_servers"))
    return await asyncio.gather(
        *(_broker_fault(settings, host, port, options) for host, port, _ in hosts)
    )


async def _broker_fault(
    settings: Settings, host: str, port: int, options: dict[str, Any]
) -> Fault | None:
    try:
        async with asyncio.timeout(SECONDS), _connected(host, port, options) as connection:
            await connection.send(MetadataRequest([]))
    except (OSError, KafkaError, EOFError) as error:
        return await _explained(settings, host, port, error)
    return None


@asynccontextmanager
async def _connected(
    host: str, port: int, options: dict[str, Any]
) -> AsyncIterator[AIOKafkaConnection]:
    connection = AIOKafkaConnection(host, port, request_timeout_ms=int(SECONDS * 1000), **options)
    try:
        await connection.connect()
        yield connection
    finally:
        connection.close()


async def _explained(settings: Settings, host: str, port: int, error: Exception) -> Fault:
    where = f"Kafka at {host}:{port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_fault(settings, where, host, error)
    if isinstance(error, SaslAuthenticationFailed | AuthenticationFailedError):
        return Fault(
            f"{where} refuses the user {settings.kafka_username!r} or the password",
            "correct TIDEMARK_KAFKA_USERNAME, TIDEMARK_KAFKA_PASSWORD or "
            "TIDEMARK_KAFKA_SASL_MECHANISM",
            ExitCode.REFUSED,
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return Fault(
            f"{where} does not offer the SASL mechanism {settings.kafka_sasl_mechanism}",
            "set TIDEMARK_KAFKA_SASL_MECHANISM to one that the listener offers",
            ExitCode.MISFIT,
        )
    if isinstance(error, IllegalSaslStateError):
        return _wrong_protocol(settings, where, f"does not ask for a user: {PROTOCOL} is")
    if isinstance(error, socket.gaierror):
        return _unreachable(f"the name {host!r} of a Kafka broker can't be resolved")
    if isinstance(error, TimeoutError):
        return _unreachable(f"{where} does not answer within {SECONDS:g} s")
    if isinstance(error, ssl.SSLError | ConnectionResetError | KafkaConnectionError | EOFError):
        return await _cut_off(settings, host, port, error)
    return _unreachable(f"{where} can't be reached: {_reason(error)}")


def _certificate_fault(
    settings: Settings, where: str, host: str, error: ssl.SSLCertVerificationError
) -> Fault:
    if error.verify_code == EXPIRED:
        what, remedy = "has expired", "renew it on the broker"
    elif error.verify_code == NOT_YET_VALID:
        what, remedy = "is not valid yet", "see that the clocks of both machines are right"
    elif error.verify_code in UNKNOWN_ISSUER:
        ours = settings.kafka_ca_file
        known = f"is not in {ours}" if ours else "this system does not know"
        what = f"is signed by an authority that {known}"
        remedy = "set TIDEMARK_KAFKA_CA_FILE to the certificate of the authority that signed it"
    elif error.verify_code in OTHER_NAME:
        what = f"is not for the name {host}"
        remedy = f"use in {BROKERS} a name that the certificate has"
    else:
        what, remedy = f"is not accepted: {error.verify_message}", "replace it on the broker"
    return Fault(f"the certificate of {where} {what}", remedy, ExitCode.REFUSED)


async def _cut_off(settings: Settings, host: str, port: int, error: Exception) -> Fault:
    """Explain a connection that the broker closed without a word: find out what it speaks."""
    where, ours = f"Kafka at {host}:{port}", settings.kafka_security_protocol
    if "CERTIFICATE_REQUIRED" in str(error).upper():
        return Fault(
            f"{where} asks for a client's certificate, and Tidemark has none to show",
            "use a listener without ssl.client.auth=required",
            ExitCode.MISFIT,
        )
    if not await _listens(host, port):
        return _unreachable(f"{where} can't be reached: {_reason(error)}")
    speaks_tls = await _speaks_tls(host, port)
    if speaks_tls and not ours.endswith("SSL"):
        return _wrong_protocol(settings, where, f"speaks TLS, {PROTOCOL} is")
    if not speaks_tls and ours.endswith("SSL"):
        return _wrong_protocol(settings, where, f"does not speak TLS, {PROTOCOL} is")
    if not ours.startswith("SASL") and await _asks_for_user(settings, host, port):
        return _wrong_protocol(settings, where, f"asks for a user and a password, {PROTOCOL} is")
    return _unreachable(f"{where} closes the connection: {_reason(error)}")


async def _listens(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def _speaks_tls(host: str, port: int) -> bool:
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=anyone)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def _asks_for_user(settings: Settings, host: str, port: int) -> bool:
    options = client_options(settings)
    options.pop("bootstrap_servers")
    try:
        async with asyncio.timeout(PROBE_SECONDS), _connected(host, port, options) as connection:
            answer = await connection.send(SaslHandShakeRequest("PLAIN"))
    except (OSError, KafkaError, EOFError):
        return False
    return bool(answer.enabled_mechanisms)


def _wrong_protocol(settings: Settings, where: str, how: str) -> Fault:
    return Fault(
        f"{where} {how} {settings.kafka_security_protocol}",
        f"set {PROTOCOL} to the listener's protocol, or {BROKERS} to another listener",
        ExitCode.MISFIT,
    )


def _unreachable(what: str) -> Fault:
    return Fault(what, f"start Kafka, or correct {BROKERS}", ExitCode.UNAVAILABLE)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__
