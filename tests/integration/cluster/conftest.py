"""One broker with TLS, passwords and ACLs, whose listeners have a fault each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from devstack.ports import free_port
from tests.conftest import ROOT
from tests.secured_kafka import ADMIN, MECHANISM, Authority, Right, grant, keystore, sasl_ssl

OTHERS: Final = {
    "expired": "SSL", "othername": "SSL", "tls": "SSL", "plain": "PLAINTEXT",
    "password": "SASL_PLAINTEXT",
}  # fmt: skip
"""Listeners beside the right one, by their security protocol."""
PERMITTED: Final = ("permitted", "groupless", "topicless", "readonly", "stranger")
"""Accounts, which differ in what ACLs let them do."""


@dataclass
class Secured:
    """The broker, the ports of its other listeners, and two certificates of authorities."""

    server: KafkaServer
    ports: dict[str, int]
    ca_file: Path
    other_ca_file: Path
    client: dict[str, Any]

    def settings(self, user: str = "permitted", **overrides: Any) -> dict[str, Any]:
        """Return settings that are right, apart from what is overridden."""
        return {
            "kafka_brokers": self.server.brokers,
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": MECHANISM,
            "kafka_username": user,
            "kafka_password": f"{user}-secret",
            "kafka_ca_file": self.ca_file,
            **overrides,
        }

    def at(self, listener: str, protocol: str | None = None) -> dict[str, Any]:
        """Return settings for one of the other listeners."""
        brokers = f"127.0.0.1:{self.ports[listener]}"
        return self.settings(
            kafka_brokers=brokers, kafka_security_protocol=protocol or OTHERS[listener]
        )

    async def permit(self, user: str, rights: Iterable[Right]) -> None:
        """Add ACLs: of (resource type, prefix, operations) each."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.server.brokers, **self.client)
        await admin.start()
        try:
            await grant(admin, user, rights)
        finally:
            await admin.close()


@pytest.fixture(scope="session")
def secured(server_home: Path) -> Iterator[Secured]:
    """The started broker; only `ADMIN` may do anything before a test adds ACLs."""
    home = server_home / f"secured-{uuid4().hex[:8]}"
    authority = Authority.make(home / "authority")
    other = Authority.make(home / "other", "another authority")
    accounts = {ADMIN: "admin-secret"} | {name: f"{name}-secret" for name in PERMITTED}
    options = sasl_ssl(authority, accounts)
    ports = {name: free_port() for name in (*OTHERS, "clients", "controller")}
    named = {name: f"{name.upper()}://127.0.0.1:{port}" for name, port in ports.items()}
    advertised = [named[name] for name in ("clients", *OTHERS)]
    jaas = "listener.name.clients.plain.sasl.jaas.config"
    server = KafkaServer(
        home / "broker",
        kafka_libs(ROOT / ".tidemark" / "kafka"),
        ports["clients"],
        replace(
            options,
            properties={
                **options.properties,
                "listeners": ",".join([*advertised, named["controller"]]),
                "advertised.listeners": ",".join(advertised),
                "controller.quorum.voters": f"1@127.0.0.1:{ports['controller']}",
                "listener.security.protocol.map": ",".join(
                    f"{name.upper()}:{protocol}"
                    for name, protocol in {
                        "clients": "SASL_SSL", "controller": "PLAINTEXT", **OTHERS
                    }.items()
                ),
                **keystore("listener.name.expired", authority.issue("expired", days=-1)),
                **keystore(
                    "listener.name.othername", authority.issue("other", ["kafka.example.org"])
                ),
                **keystore("listener.name.tls", authority.issue("tls")),
                "listener.name.password.sasl.enabled.mechanisms": "PLAIN",
                "listener.name.password.plain.sasl.jaas.config": options.properties[jaas],
            },
        ),
    )  # fmt: skip
    server.start()
    yield Secured(server, ports, authority.ca_file, other.ca_file, dict(options.client))
    server.stop()


Run = Callable[..., tuple[int, str]]
