"""The client against a real Kafka."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewTopic

from pipeline.operators.validate import check_key, decode_event
from tidemark_client import Buffering, DeliveryError, KafkaTransport, Reporter

if TYPE_CHECKING:
    from devstack.kafka import KafkaServer

PARTITIONS = 4


def create_topic(brokers: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    admin.close()


def read(brokers: str, topic: str, count: int) -> list[Any]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=brokers, auto_offset_reset="earliest", consumer_timeout_ms=10_000
    )
    records = []
    for record in consumer:
        records.append(record)
        if len(records) == count:
            break
    consumer.close()
    return records


@pytest.fixture
def topic(kafka_cluster: str, topic_prefix: str) -> str:
    name = f"{topic_prefix}.metrics"
    create_topic(kafka_cluster, name)
    return name


def test_events_arrive_keyed_ordered_and_as_the_pipeline_wants_them(
    kafka_cluster: str, topic: str
) -> None:
    with Reporter(transport=KafkaTransport(kafka_cluster, topic=topic), strict=True) as r:
        for number in range(2000):
            r.issues(f"asset-{number % 20}", number)
    records = read(kafka_cluster, topic, 2000)
    values: dict[str, list[float]] = {}
    partitions: dict[str, set[int]] = {}
    for record in records:
        event = decode_event(record.value, 65536)
        check_key(event, record.key)
        values.setdefault(event.asset_id, []).append(event.value)
        partitions.setdefault(event.asset_id, set()).add(record.partition)
    assert sum(map(len, values.values())) == 2000
    assert all(sent == sorted(sent) for sent in values.values())
    assert all(len(where) == 1 for where in partitions.values())
    assert set.union(*partitions.values()) == set(range(PARTITIONS))


async def test_keys_fall_into_the_partitions_the_edge_would_choose(
    kafka_cluster: str, topic: str
) -> None:
    from aiokafka import AIOKafkaProducer

    keys = [f"asset-{number}" for number in range(50)]
    with Reporter(transport=KafkaTransport(kafka_cluster, topic=topic), strict=True) as r:
        for key in keys:
            r.score(key, 1)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_cluster)
    await producer.start()
    theirs = {k: (await producer.send_and_wait(topic, b"{}", k.encode())).partition for k in keys}
    await producer.stop()
    ours = {
        r.key.decode(): r.partition for r in read(kafka_cluster, topic, 100) if r.value != b"{}"
    }
    assert ours == theirs


def test_a_missing_topic_is_waited_for_not_created(kafka_cluster: str, topic_prefix: str) -> None:
    name = f"{topic_prefix}.metrics"
    transport = KafkaTransport(kafka_cluster, topic=name, max_block_ms=500)
    r = Reporter(transport=transport, strict=True, buffering=Buffering(close_timeout=30))
    r.score("a", 1)
    with pytest.raises(DeliveryError, match="1 events undelivered, 0 refused: Kafka"):
        r.flush(2)
    create_topic(kafka_cluster, name)
    assert r.flush(30)
    r.close()
    assert len(read(kafka_cluster, name, 1)) == 1


JOB = """
import sys
from tidemark_client import Buffering, Reporter
with Reporter(strict=True, buffering=Buffering(close_timeout=60)) as r:
    for line in sys.stdin:
        r.score("a", int(line))
        if line == "0\\n":
            r.flush()
            print("connected", flush=True)
"""


def test_a_broker_that_goes_and_returns_loses_nothing(private_kafka: "KafkaServer") -> None:
    create_topic(private_kafka.brokers, "quality.metrics")
    # A process of its own: kafka-python leaves sockets that could not connect unclosed.
    with subprocess.Popen(
        [sys.executable, "-c", JOB],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TIDEMARK_BROKERS": private_kafka.brokers},
    ) as job:  # fmt: skip
        assert job.stdin is not None
        assert job.stdout is not None
        job.stdin.write("0\n")
        job.stdin.flush()
        assert job.stdout.readline() == "connected\n"
        private_kafka.stop()
        job.stdin.write("".join(f"{number}\n" for number in range(1, 50)))
        job.stdin.close()
        private_kafka.start()
        assert job.wait(60) == 0
    records = read(private_kafka.brokers, "quality.metrics", 50)
    events = {(event := decode_event(r.value, 65536)).event_id: event.value for r in records}
    assert sorted(events.values()) == list(range(50))


def test_a_script_that_just_ends_has_sent_everything(kafka_cluster: str, topic: str) -> None:
    script = (
        "from tidemark_client import Reporter, KafkaTransport\n"
        f"r = Reporter(transport=KafkaTransport({kafka_cluster!r}, topic={topic!r}))\n"
        "for n in range(100): r.score('a', n)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert len(read(kafka_cluster, topic, 100)) == 100
