"""The stream processors to compare, and how each is started."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stream.broker import Broker

PEERS = Path(__file__).parent / "peers"
REPOSITORY = PEERS.parents[2]
PYTHON = str(REPOSITORY / ".venv-peers" / "bin" / "python")
JAVA_HOME = REPOSITORY / ".tidemark" / "bench" / "kafka-streams"


@dataclass(frozen=True)
class Contender:
    """A stream processor doing the benchmark's work.

    `command` returns what to run, given the folder for its state.
    """

    name: str
    command: Callable[[Path], list[str]]

    def alerts_topic(self, broker: Broker) -> str:
        """Return where its alerts go."""
        prefix = broker.settings.topic_prefix
        return f"{prefix}.alerts" if self is TIDEMARK else f"{prefix}.by-{self.name}"

    def start(self, broker: Broker, state: Path, core: int) -> subprocess.Popen[bytes]:
        """Start it on one core."""
        state.mkdir(parents=True)
        with (state / "output.log").open("wb") as log:
            return subprocess.Popen(
                ["taskset", "-c", str(core), *self.command(state)],
                cwd=REPOSITORY,
                env=os.environ | self._environment(broker, state),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _environment(self, broker: Broker, state: Path) -> Mapping[str, str]:
        settings = broker.settings
        return {
            "TIDEMARK_KAFKA_BROKERS": settings.kafka_brokers,
            "TIDEMARK_TOPIC_PREFIX": settings.topic_prefix,
            "TIDEMARK_STATE_DIR": str(state),
            "TIDEMARK_LOG_LEVEL": "warning",
            "PYTHONPATH": str(PEERS),
            "BENCH_BROKERS": settings.kafka_brokers,
            "BENCH_SOURCE": f"{settings.topic_prefix}.metrics",
            "BENCH_ALERTS": self.alerts_topic(broker),
            "BENCH_GROUP": f"bench-{self.name}",
            "BENCH_STATE": str(state),
        }


def _bytewax(state: Path) -> list[str]:
    store = state / "recovery"
    store.mkdir()
    subprocess.run([PYTHON, "-m", "bytewax.recovery", str(store), "1"], check=True)
    flow = f"{PEERS / 'bytewax_flow.py'}:flow"
    return [PYTHON, "-m", "bytewax.run", flow, "-r", str(store), "-s", "10", "-b", "0"]


def _kafka_streams(_state: Path) -> list[str]:
    jars = JAVA_HOME / "libs"
    if not jars.exists():
        subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "--strict-checksums",
             "--file", str(PEERS / "kafka_streams/pom.xml"), "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={jars}"],
            check=True,
        )  # fmt: skip
    classes, source = JAVA_HOME / "classes", PEERS / "kafka_streams/Detect.java"
    shutil.rmtree(classes, ignore_errors=True)
    path = f"{jars}/*"
    subprocess.run(["javac", "-cp", path, "-d", str(classes), str(source)], check=True)
    return ["java", "-Xmx1g", "-XX:+UseSerialGC", "-cp", f"{classes}:{path}", "Detect"]


TIDEMARK = Contender("tidemark", lambda _: [sys.executable, "-m", "cli.main", "worker"])
CONTENDERS = (
    TIDEMARK,
    Contender("faust", lambda _: [sys.executable, str(PEERS / "stock_faust.py"), "worker"]),
    Contender("quix", lambda _: [PYTHON, str(PEERS / "quix.py")]),
    Contender("bytewax", _bytewax),
    Contender("kafka-streams", _kafka_streams),
)
