"""Apache Kafka for development and tests: KRaft, on the loopback.

One node, unless the options say otherwise: several servers whose `BrokerOptions` name one
another in `controller.quorum.voters` are a cluster.
"""

import asyncio
import logging
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from devstack.errors import DevstackError
from devstack.jars import java
from devstack.ports import free_port, is_free
from devstack.process import Launch, ServerProcess, on_starter_thread, plain_environment
from pipeline.private import private_folder

_CLUSTER_ID = "dGlkZW1hcmstZGV2c3RhY2"
_LOG4J = Path(__file__).with_name("log4j2.properties")


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """What sets a broker apart from the plain one of development.

    Attributes:
        protocol: security protocol of the listener that clients use, which is called
            `CLIENTS`: settings of its own begin with `listener.name.clients.`.
        properties: lines of server.properties, added to ours or in place of ours.
        scram: accounts made when the data directory is, as `kafka-storage.sh --add-scram`
            takes them: `SCRAM-SHA-512=[name=me,password=secret]`.
        client: keyword arguments for an aiokafka client that may describe the cluster.
        heap_mebibytes: the most that Java may take for objects.
        start_seconds: how long the broker may take until it answers.
    """

    protocol: str = "PLAINTEXT"
    properties: Mapping[str, str] = field(default_factory=dict)
    scram: Sequence[str] = ()
    client: Mapping[str, Any] = field(default_factory=dict)
    heap_mebibytes: int = 512
    start_seconds: float = 60.0


class KafkaServer:
    """A broker on one data directory and port, to be started, killed, started again.

    Args:
        home: everything it keeps is below this folder.
        libs: the jars, see `devstack.jars.kafka_libs`.
        port: where clients connect; a free one by default.
        options: its security and settings of its own.
    """

    def __init__(
        self,
        home: Path,
        libs: Path,
        port: int | None = None,
        options: BrokerOptions | None = None,
    ) -> None:
        self._home = home.absolute()
        self._libs = libs.absolute()
        self.port = port or free_port()
        self._options = options or BrokerOptions()
        self._process: ServerProcess | None = None

    @property
    def brokers(self) -> str:
        """host:port for `TIDEMARK_KAFKA_BROKERS`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the running broker."""
        return self._running().pid

    def start(self) -> None:
        """Start on what the home folder holds and wait until the broker answers.

        Raises:
            DevstackError: no Java, a taken port, or the broker does not come up.
        """
        on_starter_thread(self._start)

    def stop(self) -> None:
        """Shut down cleanly."""
        if self._process:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """Kill with SIGKILL."""
        self._running().kill()
        self._process = None

    def wipe(self) -> None:
        """Lose everything a stopped broker holds."""
        shutil.rmtree(self._data)

    def pause(self) -> None:
        """Freeze the broker (SIGSTOP)."""
        self._running().pause()

    def resume(self) -> None:
        """Let a paused broker go on."""
        self._running().resume()

    def _start(self) -> None:
        launch = self._launch()
        private_folder(self._home)
        self._properties.write_text(self._configuration())
        if not (self._data / "meta.properties").exists():
            self._format()
        self._process = ServerProcess(launch)
        try:
            self._process.wait_until(self._answers, self._options.start_seconds)
        except DevstackError:
            self.stop()
            raise

    def _running(self) -> ServerProcess:
        if self._process is None:
            raise DevstackError("Kafka is not running")
        return self._process

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _properties(self) -> Path:
        return self._home / "server.properties"

    def _launch(self) -> Launch:
        return Launch(
            name="Kafka",
            command=[
                *self._java("-Xms256m", f"-Xmx{self._options.heap_mebibytes}m", "-XX:+UseSerialGC"),
                "kafka.Kafka",
                str(self._properties),
            ],
            mark=str(self._properties),
            pid_file=self._home / "kafka.pid",
            log_file=self._home / "kafka.log",
            stop_signal=signal.SIGTERM,
            environment=plain_environment(),
        )

    def _java(self, *options: str) -> list[str]:
        return [
            java(),
            *options,
            f"-Dlog4j2.configurationFile={_LOG4J}",
            "-cp",
            f"{self._libs}/*",
        ]

    def _format(self) -> None:
        run = subprocess.run(
            [
                *self._java("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                *("kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID),
                *("--config", str(self._properties)),
                *(word for account in self._options.scram for word in ("--add-scram", account)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise DevstackError(f"Kafka could not prepare {self._data}:\n{run.stderr[-2000:]}")

    def _configuration(self) -> str:
        controller, protocol = free_port(), self._options.protocol
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"CLIENTS://{self.brokers},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"CLIENTS://{self.brokers}",
            "listener.security.protocol.map": f"CLIENTS:{protocol},CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CLIENTS",
            "log.dirs": str(self._data),
            # Topics are made by `tidemark migrate` and Faust, never by a typing error.
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A killed broker may register again once its old session is over.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            # Small, for a small heap.
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            "num.network.threads": "2",
            "num.io.threads": "4",
            **self._options.properties,
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())

    def _answers(self) -> bool:
        # A port that nobody has bound yet would have the client log its failure.
        if is_free(self.port):
            return False
        return asyncio.run(_has_broker(self.brokers, self._options.client))


async def _has_broker(brokers: str, options: Mapping[str, Any]) -> bool:
    """Tell whether the cluster has a broker that takes partitions."""
    quiet = logging.getLogger("aiokafka")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers, request_timeout_ms=2000, **options)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
        quiet.setLevel(level)
