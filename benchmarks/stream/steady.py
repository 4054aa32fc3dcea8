"""How soon alerts come at a steady rate: `python -m benchmarks.stream.steady`.

Events are written at so many a second and carry the time they were made; one in a hundred must
become an alert. Its delay is from that time until this script has it from the alerts' topic: both
ways through Kafka and the worker's are in it. The worker has one core, Kafka, the source of the
events and this script have the other. `--seconds 600` makes it a soak: the worker's memory is
told as it goes.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import Process, SimpleQueue
from pathlib import Path

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.stream.broker import QUIET, Broker
from benchmarks.stream.contenders import REPOSITORY, TIDEMARK
from benchmarks.stream.load import steps
from benchmarks.stream.run import KAFKA_CORE, PARTITIONS, cpu, running
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from pipeline.settings import Settings

TICK_SECONDS = 0.005
WARM_SECONDS = 5
"""At first many assets are new, and the worker's caches empty: not counted."""
LAST_ALERT_SECONDS = 5
MEMORY_SECONDS = 30


def main() -> None:
    """Measure each rate on a Kafka of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, nargs="+", default=[100, 1_000, 20_000])
    parser.add_argument("--assets", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print(f"{given.assets:,} assets, {given.seconds:.0f} s each; event to alert, ms:")
    heads = ("events/s", "alerts", "p50", "p95", "p99", "p99.9", "most", "CPU", "RSS MB")
    print("".join(f"{head:>10}" for head in heads), flush=True)
    for rate in given.rate:
        with loaded() as (broker, home), running(TIDEMARK, broker, home) as worker:
            await_worker(broker)
            measure(broker, worker, rate, given.assets, given.seconds)


@contextmanager
def loaded() -> Iterator[tuple[Broker, Path]]:
    """A Kafka with Tidemark's topics, and a folder for the state."""
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        home = Path(folder)
        kafka = KafkaServer(home / "kafka", kafka_libs(REPOSITORY / ".tidemark" / "kafka"))
        kafka.start()
        try:
            for process in (psutil.Process(), psutil.Process(kafka.pid)):
                process.cpu_affinity([KAFKA_CORE])
            broker = Broker(Settings(kafka_brokers=kafka.brokers, topic_prefix="bench"))
            broker.create_topics()
            yield broker, home
        finally:
            kafka.stop()


def await_worker(broker: Broker) -> None:
    """Wait until two events have become an alert."""
    producer = Producer({"bootstrap.servers": broker.settings.kafka_brokers} | QUIET)
    for value in (90, 50):
        event = {"assetId": "waiting", "metricType": "score", "value": value}
        event["timestamp"] = datetime.now(UTC).isoformat()
        producer.produce("bench.metrics", json.dumps(event).encode(), b"waiting", 0)
    producer.flush()
    while broker.count("bench.alerts") == 0:
        time.sleep(0.1)


def measure(broker: Broker, worker: psutil.Process, rate: int, assets: int, seconds: float) -> None:
    """Have the events written, follow the alerts, print."""
    sent: SimpleQueue[tuple[int, int]] = SimpleQueue()
    consumer = following(broker)
    source = Process(target=write, args=(broker.settings, rate, assets, seconds, sent))
    source.start()
    started, used, memory = time.monotonic(), cpu(worker), [worker.memory_info().rss]
    delays: list[float] = []
    count, last = 0, started
    while source.is_alive() or time.monotonic() - last < LAST_ALERT_SECONDS:
        message = consumer.poll(0.2)
        now = time.monotonic()
        if now - started > MEMORY_SECONDS * len(memory):
            memory.append(worker.memory_info().rss)
        if message is None:
            continue
        made = datetime.fromisoformat(json.loads(message.value())["timestamp"])
        count, last = count + 1, now
        if now - started > WARM_SECONDS:
            delays.append((datetime.now(UTC) - made).total_seconds() * 1000)
    consumer.close()
    events, due = sent.get()
    share = (cpu(worker) - used) / (last - started)
    delays.sort()
    worst = len(delays) - 1
    told = "".join(f"{delays[round(worst * part)]:10.1f}" for part in (0.5, 0.95, 0.99, 0.999, 1))
    rss = worker.memory_info().rss / 1e6
    print(f"{events / seconds:10,.0f}{count:10,}{told}{share:10.0%}{rss:10.0f}", flush=True)
    if len(memory) > 2:
        print("RSS MB: " + " ".join(f"{one / 1e6:.0f}" for one in memory), flush=True)
    if count != due:
        raise SystemExit(f"{due:,} alerts were due")


def following(broker: Broker) -> Consumer:
    """A consumer of the alerts to come."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.settings.kafka_brokers,
            "group.id": "benchmark-steady",
            "fetch.wait.max.ms": 10,
        }
        | QUIET
    )
    places = [TopicPartition("bench.alerts", number) for number in range(PARTITIONS)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place)[1]
    consumer.assign(places)
    return consumer


def write(
    settings: Settings, rate: int, assets: int, seconds: float, sent: "SimpleQueue[tuple[int, int]]"
) -> None:
    """Write events at the rate, and tell how many there were and how many must be alerts."""
    producer = Producer(
        {"bootstrap.servers": settings.kafka_brokers, "enable.idempotence": True, "linger.ms": 2}
        | QUIET
    )
    source = steps(assets)
    started, events, due = time.monotonic(), 0, 0
    while (passed := time.monotonic() - started) < seconds:
        now = datetime.now(UTC)
        second, micros = f"{now:%Y-%m-%dT%H:%M:%S}", now.microsecond
        for more in range(int(rate * passed) - events):
            step = next(source)
            due += step.alert is not None
            events += 1
            value = step.value(f"{second}.{min(micros + more, 999_999):06d}Z")
            while True:
                try:
                    producer.produce("bench.metrics", value, step.name, step.asset % PARTITIONS)
                    break
                except BufferError:
                    producer.poll(0.01)
        producer.poll(0)
        time.sleep(TICK_SECONDS)
    producer.flush()
    sent.put((events, due))


if __name__ == "__main__":
    main()
