"""How long an empty disk takes to fill from the changelog: `python -m benchmarks.stream.recovery`.

A changelog of so many assets, one metric and a full window each, is written; then a worker starts
with an empty disk, and is ready when an event that waits for it has become an alert. The same
with an empty changelog is what starting takes by itself.
"""

import argparse
import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.stream.broker import QUIET, Broker
from benchmarks.stream.contenders import REPOSITORY, TIDEMARK
from benchmarks.stream.run import cpu, running
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from pipeline.operators.state import AssetState, MetricState
from pipeline.settings import Settings
from schemas.metrics import MetricType
from tables import codec
from tables.assets import TABLE_NAME

PARTITIONS = 4


def main() -> None:
    """Measure for no assets and for as many as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=1_000_000)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    for assets in (0, given.assets):
        seconds, used, rss = recover(assets)
        print(f"{assets:,} assets: ready after {seconds:.1f} s, {used:.1f} s CPU, {rss >> 20} MiB")


def recover(assets: int) -> tuple[float, float, int]:
    """Return the seconds until the worker is ready, its CPU seconds and its memory."""
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        home = Path(folder)
        kafka = KafkaServer(home / "kafka", kafka_libs(REPOSITORY / ".tidemark" / "kafka"))
        kafka.start()
        try:
            broker = Broker(Settings(kafka_brokers=kafka.brokers, topic_prefix="bench"))
            broker.create_topics()
            prepare(broker, assets)
            started = time.monotonic()
            with running(TIDEMARK, broker, home) as process:
                while broker.count("bench.alerts") == 0:
                    time.sleep(0.1)
                return time.monotonic() - started, cpu(process), process.memory_info().rss
        finally:
            kafka.stop()


def prepare(broker: Broker, assets: int) -> None:
    """Write the changelog, and the two events that make an alert."""
    options = {"bootstrap.servers": broker.settings.kafka_brokers} | QUIET
    changelog = f"{broker.settings.worker_group}-{TABLE_NAME}-changelog"
    admin = AdminClient(options)
    topic = NewTopic(changelog, PARTITIONS, 1, config={"cleanup.policy": "compact"})
    for made in admin.create_topics([topic]).values():
        made.result()
    producer = Producer(
        options | {"linger.ms": 50, "batch.size": 1 << 20, "enable.idempotence": True}
    )
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    for number in range(assets):
        metric = MetricState(0.0, 0)
        for step in range(8):
            time_of = int(moment.timestamp() * 1_000_000) + step
            metric.observe(time_of, 90.0 + step / 10, number * 8 + step, 8)
        state = AssetState(offset=number, source="nightly-load", metrics={MetricType.SCORE: metric})
        key = f"warehouse.sales.table_{number:07d}".encode()
        producer.produce(changelog, codec.encode(state), key, number % PARTITIONS)
        if number % 1000 == 0:
            producer.poll(0)
            while len(producer) > 90_000:
                producer.poll(0.05)
    for value in (90, 50):
        event = {"assetId": "waiting", "metricType": "score", "value": value}
        event["timestamp"] = moment.isoformat()
        producer.produce("bench.metrics", json.dumps(event).encode(), b"waiting", 0)
    producer.flush()


if __name__ == "__main__":
    main()
