"""From an event in Kafka to a browser's socket: `python -m benchmarks.fanout.latency`.

Real Kafka, one worker and one edge, both held to two cores (`taskset`). 1,000 events a second
over 1,000 assets, each event a change; 500 clients with 20 assets each, so that every event is
delivered ten times. The delay is from the event's timestamp, taken before it is produced, to its
message being read by the client's process. What it came to in each stage is told by `stages`.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.fanout.stages import journeys, report
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from devstack.ports import free_port
from pipeline.settings import Settings
from pipeline.topics import Topics, topic_specs

REPOSITORY = Path(__file__).parents[2]
ASSETS = 1000
PER_CLIENT = 20


async def main() -> None:
    """Run once and print the percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--cores", default="0,1")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kafka = KafkaServer(Path(folder) / "kafka", kafka_libs(REPOSITORY / ".tidemark/kafka"))
        kafka.start()
        settings = Settings(
            kafka_brokers=kafka.brokers, http_port=free_port(), state_dir=Path(folder) / "state"
        )
        await create_topics(settings)
        processes = [await start(settings, name, given.cores) for name in ("worker", "edge")]
        try:
            await run(settings, given, [process.pid for process in processes])
        finally:
            for process in processes:
                process.kill()
                await process.wait()
            kafka.stop()


async def create_topics(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    await admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=spec.config)
            for spec in topic_specs(settings)
        ]
    )
    await admin.close()


async def start(settings: Settings, name: str, cores: str) -> asyncio.subprocess.Process:
    environment = os.environ | {
        "TIDEMARK_KAFKA_BROKERS": settings.kafka_brokers,
        "TIDEMARK_HTTP_PORT": str(settings.http_port),
        "TIDEMARK_STATE_DIR": str(settings.state_dir),
        # PostgreSQL is not on this path; the edge does without.
        "TIDEMARK_LOG_LEVEL": "error",
    }
    return await asyncio.create_subprocess_exec(
        "taskset", "-c", cores, sys.executable, "-m", "cli.main", name,
        cwd=REPOSITORY, env=environment,
    )  # fmt: skip


@dataclass
class Measured:
    """When events were made and read, by their timestamps; Unix time in seconds."""

    made: dict[str, float] = field(default_factory=dict)
    delivered: dict[str, float] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    """Of each delivery."""

    def read(self, stamp: str) -> None:
        """Take down that a client has just read the change of an event."""
        then = self.made.get(stamp)
        if then is not None:
            now = self.delivered[stamp] = time.time()
            self.delays.append(now - then)


async def run(settings: Settings, given: argparse.Namespace, pids: list[int]) -> None:
    measured = Measured()
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
    await producer.start()
    await until_it_flows(settings, producer)
    clients = [
        asyncio.create_task(follow(settings, number, measured)) for number in range(given.clients)
    ]
    await asyncio.sleep(3)
    # A fresh broker and its clients take a while to settle.
    await produce(settings, producer, given.rate, 10, {})
    before = [cpu(pid) for pid in pids]
    started = time.monotonic()
    await produce(settings, producer, given.rate, given.seconds, measured.made)
    await asyncio.sleep(1)
    took = time.monotonic() - started
    used = [cpu(pid) - then for pid, then in zip(pids, before, strict=True)]
    print(await push_seconds(settings))
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    await producer.stop()
    delays = measured.delays
    cuts = statistics.quantiles(delays, n=1000)
    print(
        f"{given.rate} events/s, {given.clients} clients, {len(delays)} deliveries "
        f"({len(delays) / given.seconds:.0f}/s), load {os.getloadavg()[0]:.1f}\n"
        f"event to socket: p50 {cuts[499] * 1e3:.1f} ms, p95 {cuts[949] * 1e3:.1f} ms, "
        f"p99 {cuts[989] * 1e3:.1f} ms, p99.9 {cuts[998] * 1e3:.1f} ms, "
        f"max {max(delays) * 1e3:.0f} ms\n"
        f"CPU of one core: worker {used[0] / took:.0%}, edge {used[1] / took:.0%}"
    )
    report(await journeys(settings, measured.made, measured.delivered))


async def push_seconds(settings: Settings) -> str:
    """Return how long the edge takes, from a change's Kafka timestamp to its last socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.http_port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    bucket = "tidemark_edge_push_seconds_bucket"
    lines = [line.removeprefix(bucket) for line in text.splitlines() if line.startswith(bucket)]
    return "change in Kafka to sockets, cumulative: " + ", ".join(lines)


async def until_it_flows(settings: Settings, producer: AIOKafkaProducer) -> None:
    """Set every asset's baseline, and wait for the edge and the worker."""
    topics = Topics(settings.topic_prefix)
    for number in range(ASSETS):
        key = f"asset-{number}"
        await producer.send(topics.metrics, event(key, 90.0, datetime.now(UTC)), key.encode())
    await producer.flush()
    async with asyncio.timeout(60):
        while True:
            try:
                reader, writer = await connect(settings, "/ws/quality?assets=warm")
                break
            except OSError:
                await asyncio.sleep(0.2)
        waiting = asyncio.create_task(reader.readuntil(b'"metric_change"'))
        value = 50.0
        while not waiting.done():
            value += 2
            warm = event("warm", value % 100, datetime.now(UTC))
            await producer.send(topics.metrics, warm, b"warm")
            await asyncio.sleep(0.5)
        writer.close()


async def produce(
    settings: Settings, producer: AIOKafkaProducer, rate: int, seconds: int, made: dict[str, float]
) -> None:
    """Write evenly, in steps of 10 ms; values alternate so that each event is a change."""
    topics = Topics(settings.topic_prefix)
    step = rate // 100
    started = time.monotonic()
    for tick in range(seconds * 100):
        for _ in range(step):
            count = produced[0] = produced[0] + 1
            number = count % ASSETS
            value = 90.0 + 2 * ((count // ASSETS) % 2 == 0)
            now = datetime.now(UTC)
            made[text_of(now)] = now.timestamp()
            key = f"asset-{number}"
            await producer.send(topics.metrics, event(key, value, now), key.encode())
        await asyncio.sleep(max(0.0, started + (tick + 1) / 100 - time.monotonic()))


produced = [0]


def event(asset: str, value: float, moment: datetime) -> bytes:
    return msgspec.json.encode(
        {"assetId": asset, "metricType": "score", "value": value, "timestamp": moment}
    )


def text_of(moment: datetime) -> str:
    """Return a time as it stands in events and changes."""
    return str(msgspec.to_builtins(moment))


async def connect(
    settings: Settings, path: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.http_port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def follow(settings: Settings, number: int, measured: Measured) -> None:
    """Read frames, and take down each change."""
    wanted = ",".join(f"asset-{(number * PER_CLIENT + n) % ASSETS}" for n in range(PER_CLIENT))
    reader, _ = await connect(settings, f"/ws/quality?assets={wanted}")
    key = b'"timestamp":"'
    while True:
        header = await reader.readexactly(2)
        size = header[1]
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2), "big")
        text = await reader.readexactly(size)
        if b'"metric_change"' in text:
            # The first is the event's, in the payload.
            at = text.index(key) + len(key)
            measured.read(text[at : text.index(b'"', at)].decode())


def cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    asyncio.run(main())
