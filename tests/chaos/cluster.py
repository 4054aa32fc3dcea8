"""Three Kafka brokers on this machine, with TLS, passwords and ACLs, to be broken."""

from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code

from devstack.kafka import KafkaServer
from devstack.ports import free_port
from tests.chaos.elections import ElectLeadersRequest
from tests.chaos.polling import wait_for
from tests.secured_kafka import ADMIN, MECHANISM, Authority, documented, grant, sasl_ssl

BROKERS: Final = 3
START_SECONDS: Final = 240.0
"""Brokers start side by side, beside everything else, on a machine that may be busy."""
USER: Final = "tidemark"
PASSWORDS: Final = {ADMIN: "admin-secret", USER: "tidemark-secret"}
PROPERTIES: Final = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    # Elections are the scenarios', not the controller's own after five minutes.
    "auto.leader.rebalance.enable": "false",
    "replica.lag.time.max.ms": "10000",
}


class Cluster:
    """Brokers that are controllers too; a majority of two is needed for either part."""

    def __init__(self, home: Path, libs: Path) -> None:
        self.authority = Authority.make(home / "certificates")
        ports = [free_port() for _ in range(2 * BROKERS)]
        clients, controllers = ports[:BROKERS], ports[BROKERS:]
        voters = ",".join(f"{n + 1}@127.0.0.1:{port}" for n, port in enumerate(controllers))
        options = sasl_ssl(self.authority, PASSWORDS, PROPERTIES)
        self._client = options.client
        self.servers = [
            KafkaServer(
                home / f"broker-{number + 1}",
                libs,
                port,
                replace(
                    options,
                    heap_mebibytes=320,
                    start_seconds=START_SECONDS,
                    properties={
                        **options.properties,
                        "node.id": str(number + 1),
                        "controller.quorum.voters": voters,
                        "listeners": (
                            f"CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"
                        ),
                    },
                ),
            )
            for number, (port, controller) in enumerate(zip(clients, controllers, strict=True))
        ]

    @property
    def settings(self) -> dict[str, Any]:
        """What Tidemark's settings say of it."""
        return {
            "kafka_brokers": ",".join(server.brokers for server in self.servers),
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": MECHANISM,
            "kafka_username": USER,
            "kafka_password": PASSWORDS[USER],
            "kafka_ca_file": self.authority.ca_file,
            "topic_replication": BROKERS,
        }

    def start(self, servers: Iterable[KafkaServer] | None = None) -> None:
        """Start brokers (all of them unless told which) side by side: one alone has no majority."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(KafkaServer.start, servers or self.servers))

    def stop(self) -> None:
        """Stop all."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(KafkaServer.stop, self.servers))

    async def permit(self, prefix: str) -> None:
        """Allow Tidemark what docs/kafka.md says that it needs, and nothing else."""
        async with self.admin() as admin:
            await grant(admin, USER, documented(prefix))

    async def leader(self, topic: str, partition: int = 0) -> KafkaServer:
        """Return the broker that leads a partition."""
        async with self.admin() as admin:
            (described,) = await admin.describe_topics([topic])
        (leader,) = (p["leader"] for p in described["partitions"] if p["partition"] == partition)
        return self.servers[leader - 1]

    async def elect_preferred(self) -> None:
        """Give every partition back to the replica that is named first."""
        async with self.admin() as admin:
            answer = await admin._send_request(ElectLeadersRequest())
        if answer.error_code:
            raise for_code(answer.error_code)

    async def remove(self, prefix: str) -> None:
        """Delete the topics with a prefix, Tidemark's changelogs of them too."""
        async with self.admin() as admin:
            topics = [name for name in await admin.list_topics() if prefix in name]
            if topics:
                await admin.delete_topics(topics)

    async def whole(self, seconds: float = 120) -> None:
        """Wait until every replica of every partition is in sync."""
        await wait_for(self._is_whole, seconds, "every replica in sync")

    async def _is_whole(self) -> bool:
        try:
            async with self.admin() as admin:
                topics = await admin.describe_topics(None)
        except (KafkaError, OSError):
            return False
        parts = [part for topic in topics for part in topic["partitions"]]
        return all(len(part["isr"]) == BROKERS for part in parts)

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """A client that may do everything."""
        brokers = self.settings["kafka_brokers"]
        admin = AIOKafkaAdminClient(bootstrap_servers=brokers, **self._client)
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()
