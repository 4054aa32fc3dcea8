"""What everything takes at one moment."""

import asyncio
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks.soak.stack import SoakStack
from pipeline.topics import Topics
from tests.chaos.groups import lags

MIB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """Bytes, counts and seconds; `memory` and `descriptors` by process, `kafka` by topic.

    `cpu` is the seconds each process has had. `tables` are PostgreSQL's, indexes among them.
    """

    seconds: float
    load: float
    events: int
    lag: int
    memory: dict[str, int]
    descriptors: dict[str, int]
    cpu: dict[str, float]
    state: int
    kafka: dict[str, int]
    tables: dict[str, int]
    sockets: int
    heard: int

    @staticmethod
    def head(names: Iterable[str]) -> str:
        """Return the line above the lines of samples."""
        columns = "".join(f"{name + ' MiB':>12}" for name in names)
        return (
            f"{'s':>6}{'load':>6}{'stored':>11}{'lag':>8}{columns}{'state MiB':>11}{'sockets':>9}"
        )

    def __str__(self) -> str:
        memory = "".join(f"{size / MIB:12.0f}" for size in self.memory.values())
        return (
            f"{self.seconds:6.0f}{self.load:6.1f}{self.events:11,}{self.lag:8,}{memory}"
            f"{self.state / MIB:11.1f}{self.sockets:9,}"
        )


class Sampler:
    """Takes samples of a stack."""

    def __init__(self, stack: SoakStack) -> None:
        self._stack = stack
        self._began = time.monotonic()

    @property
    def names(self) -> list[str]:
        """The processes whose memory is told."""
        return [*self._stack.processes, "postgres"]

    def take(self) -> Sample:
        """Measure everything now."""
        stack = self._stack
        stack.check()
        sockets, heard = stack.sockets()
        alive = stack.processes
        tables = table_sizes(stack.settings.database_url.get_secret_value())
        return Sample(
            seconds=time.monotonic() - self._began,
            load=os.getloadavg()[0],
            events=tables.pop("rows"),
            lag=sum(asyncio.run(lags(stack.settings)).values()),
            memory={name: one.memory_info().rss for name, one in alive.items()}
            | {"postgres": private_memory(psutil.Process(stack.postgres.pid))},
            descriptors={name: one.num_fds() for name, one in alive.items()},
            cpu={name: sum(one.cpu_times()[:2]) for name, one in alive.items()},
            state=folder_size(stack.state),
            kafka=topic_sizes(stack.logs, topics_of(stack)),
            tables=tables,
            sockets=sockets,
            heard=heard,
        )


def topics_of(stack: SoakStack) -> list[str]:
    """Return the topics whose size is told."""
    settings = stack.settings
    names = Topics(settings.topic_prefix).all()
    return [*names, f"{settings.worker_group}-assets-changelog"]


def private_memory(server: psutil.Process) -> int:
    """Return what the processes of a server hold, shared pages once (PSS)."""
    total = 0
    for process in (server, *server.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def table_sizes(url: str) -> dict[str, int]:
    """Return bytes by table (partitions with their parents), and the `rows` of the history."""
    query = """
        SELECT coalesce(inhparent, oid)::regclass::text, sum(pg_total_relation_size(oid))::bigint
        FROM pg_class LEFT JOIN pg_inherits ON inhrelid = oid
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY 1
    """
    with psycopg.connect(url) as connection:
        found: dict[str, int] = dict(connection.execute(query).fetchall())
        rows: Any = connection.execute(
            "SELECT sum(count) FROM quality_group_daily WHERE kind = 'overall'"
        ).fetchone()
    return found | {"rows": int(rows[0] or 0)}


def topic_sizes(logs: Path, topics: Iterable[str]) -> dict[str, int]:
    """Return the bytes of the log segments of each topic, without preallocated indexes."""
    return {
        topic: sum(
            segment.stat().st_size
            for folder in logs.glob(f"{topic}-[0-9]*")
            for segment in folder.glob("*.log")
        )
        for topic in topics
    }


def folder_size(folder: Path) -> int:
    """Return what a folder's files take on the disk."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:  # RocksDB has just compacted it
            continue
    return total
