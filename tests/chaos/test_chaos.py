"""`make chaos`: every fault under load, on real servers; nothing lost, nothing doubled.

After each, all alerts, the history, the current values and the daily figures are those of the
events sent, and the lag is nothing. Each takes under a minute on a quiet machine.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from devstack.kafka import KafkaServer
from devstack.ports import free_port
from devstack.postgres import PostgresServer
from tests.chaos.conftest import Trial
from tests.chaos.table import tell
from tests.conftest import SettingsFactory
from tests.integration.stream.conftest import Stream, an_event, eventually, standby_lags
from tests.integration.stream.test_faults import ASSETS

pytestmark = pytest.mark.chaos
SESSION = 6.0
"""Seconds, as in the tests' settings."""
OWED = 500_000
"""Events, 130 MB of them."""
MAY_HOLD = 100 << 20
"""What a sink may take to have one batch in work and five of each partition waiting, 1 MiB each,
and what Python makes of them."""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


async def test_worker_killed_and_restarted(trial: Trial) -> None:
    worker = trial.stream.start("worker", instance_id="one")
    trial.stream.start("sink")
    async with trial.fault():
        worker.kill()
        trial.stream.start("worker", instance_id="one")


async def test_worker_killed_and_its_disk_lost(trial: Trial, tmp_path: Path) -> None:
    worker = trial.stream.start("worker", instance_id="one", state_dir=tmp_path / "first")
    trial.stream.start("sink")
    async with trial.fault():
        worker.kill()
        worker.wait()
        shutil.rmtree(tmp_path / "first")
        trial.stream.start("worker", instance_id="one", state_dir=tmp_path / "second")


async def test_worker_stopped_past_its_session_and_woken(trial: Trial, tmp_path: Path) -> None:
    """The zombie: its partitions are another's by the time it goes on writing.

    Who notices that two write to one partition ends; a supervisor starts it again.
    """
    first, second = ({"state_dir": tmp_path / name, "batch_records": 50} for name in "12")
    zombie = trial.stream.start("worker", **first)
    successor = trial.stream.start("worker", **second)
    trial.stream.start("sink")
    async with trial.fault():
        zombie.send_signal(signal.SIGSTOP)
        await asyncio.sleep(SESSION + 5)
        zombie.send_signal(signal.SIGCONT)
        await asyncio.sleep(6)
        for process, given in ((zombie, first), (successor, second)):
            if process.poll() is not None:
                trial.stream.start("worker", **given)


async def test_workers_joining_and_leaving(trial: Trial, tmp_path: Path) -> None:
    first = trial.stream.start("worker", state_dir=tmp_path / "1")
    trial.stream.start("sink")
    async with trial.fault():
        second = trial.stream.start("worker", state_dir=tmp_path / "2")
        await asyncio.sleep(4)
        third = trial.stream.start("worker", state_dir=tmp_path / "3")
        await asyncio.sleep(4)
        first.send_signal(signal.SIGTERM)
        await asyncio.sleep(3)
        third.kill()
        assert second.poll() is None


async def test_worker_killed_and_its_standby_takes_over(trial: Trial, tmp_path: Path) -> None:
    """Lasts until every partition of the one that is killed has alerted anew."""
    first, port = trial.stream.start("worker", state_dir=tmp_path / "1"), free_port()
    trial.stream.start("sink")
    # Each asset has a state, and the first worker all partitions, before the second comes.
    await trial.send(ASSETS)
    await trial.stream.stored(ASSETS)
    trial.stream.start("worker", state_dir=tmp_path / "2", metrics_port=port)

    async def copies() -> dict[int, float]:
        return await standby_lags(port)

    orphaned = await eventually(copies, what="the second worker has no copies")
    async with trial.fault():
        first.kill()
        first.wait()
        before = await alerts_by_partition(trial.stream)

        async def alerted() -> bool:
            now = await alerts_by_partition(trial.stream)
            return all(now[number] > before[number] for number in orphaned)

        await eventually(alerted, what="nobody took over")


async def alerts_by_partition(stream: Stream) -> Counter[int]:
    return Counter(record.partition for record in await stream.records(stream.topics.alerts))


async def test_sink_killed_and_restarted(trial: Trial) -> None:
    trial.stream.start("worker")
    sink = trial.stream.start("sink", instance_id="one")
    async with trial.fault():
        sink.kill()
        trial.stream.start("sink", instance_id="one")


async def test_postgresql_killed_and_restarted(
    private_postgres: PostgresServer,
    make_settings: SettingsFactory,
    make_stream: Callable[..., Any],
) -> None:
    stream: Stream = await make_stream(make_settings(database_url=private_postgres.url))
    stream.start("worker")
    stream.start("sink")
    async with Trial("postgresql killed and restarted", stream).fault():
        private_postgres.kill()
        await asyncio.sleep(3)
        private_postgres.start()


async def test_broker_killed_and_restarted(
    private_kafka: KafkaServer, make_settings: SettingsFactory, make_stream: Callable[..., Any]
) -> None:
    stream: Stream = await make_stream(make_settings(kafka_brokers=private_kafka.brokers))
    stream.start("worker")
    stream.start("sink")
    async with Trial("broker killed and restarted", stream).fault():
        private_kafka.kill()
        await asyncio.sleep(2)
        await asyncio.to_thread(private_kafka.start)


async def test_a_sink_whose_postgresql_stands_still(
    private_postgres: PostgresServer,
    make_settings: SettingsFactory,
    make_stream: Callable[..., Any],
) -> None:
    """What it is owed stays in Kafka; its memory doesn't grow by that."""
    stream: Stream = await make_stream(make_settings(database_url=private_postgres.url))
    events = [
        # No two so far apart that they alert.
        an_event(f"a{number % ASSETS}", 90 + number % 7 / 10, number / 1000)
        for number in range(OWED)
    ]
    stream.start("worker")
    sink = psutil.Process(stream.start("sink").pid)
    await stream.send(events[:1000])
    await stream.stored(1000)
    server = psutil.Process(private_postgres.pid)
    frozen = [server, *server.children(recursive=True)]
    for process in frozen:
        process.suspend()
    before = most = sink.memory_info().rss
    began = time.monotonic()
    for start in range(1000, OWED, 10_000):
        await stream.send(events[start : start + 10_000])
        most = max(most, sink.memory_info().rss)
    await stream.detected()
    for _ in range(50):
        most = max(most, sink.memory_info().rss)
        await asyncio.sleep(0.1)
    lasted = time.monotonic() - began
    for process in frozen:
        process.resume()
    over = time.monotonic()
    await stream.drained(300)
    tell("PostgreSQL stands still, its sink owed 500,000 events", lasted, time.monotonic() - over)
    sys.stdout.write(f"\nthe sink's memory: {before >> 20} MiB, at most {most >> 20} MiB\n")
    assert most - before < MAY_HOLD
    assert await stream.count("quality_metric_history") == OWED
    ((total,),) = await stream.rows("SELECT sum(count) FROM quality_metric_daily")
    assert total == OWED
    assert await stream.alerts() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 96 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


async def test_disk_full_under_a_running_worker(trial: Trial, small_disk: Path) -> None:
    """The worker ends rather than go on without its store; with room again it goes on.

    A window of 1000 values makes each state 18 kB, so that RocksDB writes to the disk all the time.
    """
    given: dict[str, Any] = {"instance_id": "one", "state_dir": small_disk, "recent_window": 1000}
    worker = trial.stream.start("worker", **given)
    trial.stream.start("sink")
    await trial.send(ASSETS * 1000)
    async with trial.fault():
        filler = fill(small_disk)

        async def ended() -> bool:
            return worker.poll() is not None

        await eventually(ended, 120, "the worker runs on a full disk")
        assert worker.returncode != 0
        filler.unlink()
        trial.stream.start("worker", **given)


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return what takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return filler


async def test_disk_full_at_the_start(trial: Trial, small_disk: Path) -> None:
    """The worker ends and says why; with room again it goes on from the changelog."""
    given: dict[str, Any] = {"instance_id": "one", "state_dir": small_disk}
    worker = trial.stream.start("worker", **given)
    trial.stream.start("sink")
    async with trial.fault():
        worker.kill()
        worker.wait()
        filler = fill(small_disk)
        worker = trial.stream.start("worker", **given)

        async def ended() -> bool:
            return worker.poll() is not None

        await eventually(ended, 60, "the worker runs on a full disk")
        assert worker.returncode != 0
        filler.unlink()
        trial.stream.start("worker", **given)


@pytest.mark.skipif(not FAKETIME.exists(), reason="Debian's faketime is not installed")
async def test_clock_jumps(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hours back, then a day ahead: the broker's clock counts, not the worker's."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    monkeypatch.setenv("LD_PRELOAD", str(FAKETIME))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(clock))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("DONT_FAKE_MONOTONIC", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    trial.stream.start("worker")
    monkeypatch.undo()
    trial.stream.start("sink")
    async with trial.fault():
        clock.write_text("-7200")
        await asyncio.sleep(2)
        clock.write_text("+86400")
        await asyncio.sleep(2)
