"""What the benchmark asks of Kafka: topics, the load in, progress and alerts out."""

import json
import time
from collections import Counter
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.stream.load import Expected, Load
from pipeline.settings import Settings
from pipeline.topics import topic_specs

QUIET = {"log_level": 0}


class Broker:
    """Topics of one load on one Kafka."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._options = {"bootstrap.servers": settings.kafka_brokers} | QUIET
        self._consumer = Consumer(self._options | {"group.id": "benchmark"})

    def create_topics(self, *more: str) -> None:
        """Create Tidemark's topics and `more` with as many partitions."""
        specs = topic_specs(self.settings)
        topics = [NewTopic(spec.name, spec.partitions, 1, config=spec.config) for spec in specs]
        topics += [NewTopic(name, self.settings.topic_partitions, 1) for name in more]
        admin = AdminClient(self._options)  # gives up when it is no longer referred to
        for made in admin.create_topics(topics).values():
            made.result()

    def produce(self, topic: str, load: Load) -> None:
        """Write the load, in order even where Kafka has it sent again."""
        producer = Producer(
            self._options
            | {
                "enable.idempotence": True,
                "linger.ms": 50,
                "batch.size": 1 << 20,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        for partition, key, value in load.events:
            while True:
                try:
                    producer.produce(topic, value, key, partition)
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush()

    def count(self, topic: str) -> int:
        """Return how many records a topic holds."""
        return sum(self._end(topic, number) for number in range(self.settings.topic_partitions))

    def _end(self, topic: str, partition: int) -> int:
        for _ in range(50):
            try:
                place = TopicPartition(topic, partition)
                return int(self._consumer.get_watermark_offsets(place, cached=False)[1])
            except KafkaException as error:  # a new topic has no leader yet
                failure = error
                time.sleep(0.2)
        raise failure

    def alerts(self, topic: str, expected: int, seconds: float) -> Counter[Expected]:
        """Return the alerts in a topic: when `expected` are there and no more come."""
        deadline = time.monotonic() + seconds
        while self.count(topic) < expected and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        return Counter(_identify(json.loads(value)) for value in self._values(topic))

    def _values(self, topic: str) -> Iterator[bytes]:
        consumer = Consumer(self._options | {"group.id": "benchmark-alerts"})
        numbers = range(self.settings.topic_partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        for _ in range(self.count(topic)):
            message = consumer.poll(10)
            if message is None:
                raise SystemExit(f"{topic} can't be read to its end")
            yield message.value()
        consumer.close()


def _identify(alert: dict[str, object]) -> Expected:
    values = alert.get("metadata", alert)
    return Expected(
        alert["assetId"], alert["alertType"], alert["severity"],
        values["previousValue"], values["currentValue"],
    )  # fmt: skip
