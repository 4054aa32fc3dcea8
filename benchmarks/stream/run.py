"""Every contender on the same events and Kafka: `python -m benchmarks.stream.run`.

First it is checked, on a small load, that all come to the same alerts. Then each gets the load of
every size in turn, alone on one core; Kafka and this script have the other. Its CPU time, user
and system, is taken between a tenth of the alerts and the last of them (or the end of its
time), and divided by the events between. `ratio` is to Tidemark's CPU in the same run.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.stream.broker import Broker
from benchmarks.stream.contenders import CONTENDERS, REPOSITORY, Contender
from benchmarks.stream.load import ALERT_EVERY, Load, make_load
from benchmarks.stream.picture import draw
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from pipeline.settings import Settings

PARTITIONS = 4
WORKER_CORE = 1
KAFKA_CORE = 0
CHECKED_ASSETS, CHECKED_EVENTS = 500, 10_000


@dataclass(frozen=True)
class Result:
    """What one contender did with one load. `waited` is its share of time without a core."""

    name: str
    assets: int
    events: int
    seconds: float
    cpu_seconds: float
    rss_bytes: int
    waited: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cost(self) -> float:
        """CPU microseconds an event."""
        return self.cpu_seconds / self.events * 1e6


def main() -> None:
    """Check, measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="at most; 3 per asset at least"
    )
    parser.add_argument("--seconds", type=float, default=30, help="most for one contender and size")
    parser.add_argument("--only", nargs="+", default=[contender.name for contender in CONTENDERS])
    parser.add_argument("--unchecked", action="store_true", help="leave out the check of alerts")
    parser.add_argument("--picture", type=Path, help="where to draw, .svg or .png")
    given = parser.parse_args()
    chosen = [contender for contender in CONTENDERS if contender.name in given.only]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    if not given.unchecked:
        check(chosen)
    results = []
    for assets in given.assets:
        load = make_load(assets, max(given.events, 3 * assets), PARTITIONS)
        with loaded(load, chosen) as (broker, home):
            found = [measure(one, broker, load, home, given.seconds) for one in chosen]
        show(found)
        results += found
    print(json.dumps([asdict(result) for result in results]))
    if given.picture:
        draw(results, given.picture)


def check(contenders: list[Contender]) -> None:
    """End the run unless all contenders come to exactly the expected alerts."""
    load = make_load(CHECKED_ASSETS, CHECKED_EVENTS, PARTITIONS, seed=2)
    with loaded(load, contenders) as (broker, home):
        for contender in contenders:
            with running(contender, broker, home):
                expected = load.alerts.total()
                alerts = broker.alerts(contender.alerts_topic(broker), expected, 60)
            if alerts != load.alerts:
                missing, extra = load.alerts - alerts, alerts - load.alerts
                raise SystemExit(
                    f"{contender.name}: {missing.total()} missing, {extra.total()} too many, "
                    f"such as {next(iter(missing + extra))}\n{output(contender, home)}"
                )
            print(f"{contender.name}: all {expected} alerts, and no others", flush=True)


@contextmanager
def loaded(load: Load, contenders: list[Contender]) -> Iterator[tuple[Broker, Path]]:
    """A Kafka that holds the load, and a folder for states."""
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        home = Path(folder)
        kafka = KafkaServer(home / "kafka", kafka_libs(REPOSITORY / ".tidemark" / "kafka"))
        kafka.start()
        try:
            psutil.Process(kafka.pid).cpu_affinity([KAFKA_CORE])
            broker = Broker(Settings(kafka_brokers=kafka.brokers, topic_prefix="bench"))
            own = {contender.alerts_topic(broker) for contender in contenders}
            broker.create_topics(*(own - {"bench.alerts"}))
            broker.produce("bench.metrics", load)
            yield broker, home
        finally:
            kafka.stop()


@contextmanager
def running(contender: Contender, broker: Broker, home: Path) -> Iterator[psutil.Process]:
    """The contender's process."""
    process = contender.start(broker, home / contender.name, WORKER_CORE)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Sample:
    """How far a contender had come, and what it had used."""

    alerts: int
    at: float
    cpu: float
    waited: float


def measure(contender: Contender, broker: Broker, load: Load, home: Path, seconds: float) -> Result:
    """Run a contender over the load."""
    topic, total = contender.alerts_topic(broker), load.alerts.total()
    with running(contender, broker, home) as process:
        samples: list[Sample] = []
        first: Sample | None = None
        started = time.monotonic()
        while True:
            sample = Sample(broker.count(topic), time.monotonic(), cpu(process), waited(process))
            if not samples or sample.alerts > samples[-1].alerts:
                samples.append(sample)
            late = sample.alerts and sample.at - started > seconds / 3
            if first is None and (sample.alerts >= total * 0.1 or late):
                first = sample
            if sample.alerts >= total or (first and sample.at - first.at > seconds):
                break
            if sample.at - started > 120 + seconds or not process.is_running():
                raise SystemExit(f"{contender.name} comes to no end:\n{output(contender, home)}")
            time.sleep(0.05)
        last, rss = samples[-1], process.memory_info().rss
    assert first is not None
    span = last.at - first.at
    return Result(
        contender.name,
        load.assets,
        (last.alerts - first.alerts) * ALERT_EVERY,
        span,
        last.cpu - first.cpu,
        rss,
        (last.waited - first.waited) / span,
    )


def output(contender: Contender, home: Path) -> str:
    """Return the end of what a contender printed."""
    return (home / contender.name / "output.log").read_text()[-2000:]


def cpu(process: psutil.Process) -> float:
    """Return the CPU seconds, user and system, a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def waited(process: psutil.Process) -> float:
    """Return the seconds its threads were ready to run and others had the core."""
    total = 0
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        try:
            total += int((thread / "schedstat").read_text().split()[1])
        except FileNotFoundError:
            continue
    return total / 1e9


def show(results: list[Result]) -> None:
    """Print the results of one size."""
    base = next((one for one in results if one.name == "tidemark"), results[0])
    print(f"\n{results[0].assets:,} assets")
    print(f"{'':16}{'events/s':>10}{'CPU us/event':>14}{'ratio':>8}{'RSS MB':>8}{'waited':>8}")
    for one in results:
        print(
            f"{one.name:16}{one.rate:10,.0f}{one.cost:14.2f}{one.cost / base.cost:8.2f}"
            f"{one.rss_bytes / 1e6:8.0f}{one.waited:8.0%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
