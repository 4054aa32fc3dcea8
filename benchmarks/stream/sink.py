"""What the sink stores a second: `python -m benchmarks.stream.sink`.

A real PostgreSQL with its defaults (each commit reaches the disk) takes in the same measurements,
in batches as Kafka hands them over, three times: by a bare COPY of ready rows into a table with the
history's columns and key, which is as fast as PostgreSQL can be had from Python; by what the sink
does without its roll-ups; and by all it does, from the record in Kafka on. Assets are drawn at
random: with as many assets as rows every row is a row in five tables.
"""

import argparse
import asyncio
import gc
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import psutil
from msgspec import Raw
from msgspec.json import Encoder

from agents.store_history import BATCHES_AT_ONCE
from benchmarks.stream.load import make_load
from devstack.postgres import PostgresServer
from pipeline.app import GC_ALLOCATIONS
from pipeline.postgres.pool import Pool
from pipeline.settings import Settings
from schemas.metrics import HistoryBatch
from sinks import history
from sinks.database import create_pool, write_all
from sinks.migrations import migrate

RECORD_EVENTS = 1000
"""Some 256 kB, as the worker packs them."""
PARTITIONS = 4
_encode = Encoder().encode


async def main() -> None:
    """Measure for each number of assets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--batch", type=int, default=4, help="records a batch")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    for assets in given.assets:
        batches = packed(assets, given.rows, given.batch)
        gc.freeze()  # as in the sink
        gc.set_threshold(GC_ALLOCATIONS, 10, 10)
        print(f"\n{assets:,} assets, {given.rows:,} rows, {len(batches)} batches")
        print(f"{'':24}{'rows/s':>10}{'us Python':>12}{'us PostgreSQL':>15}")
        for name, way in (("bare COPY", bare), ("without roll-ups", plain), ("all", whole)):
            await measure(name, way, batches, given.rows)


def packed(assets: int, rows: int, size: int) -> list[tuple[int, list[bytes]]]:
    """Return (partition, records of the history topic) for each batch, partitions in turn."""
    load = make_load(assets, rows, PARTITIONS)
    waiting: dict[int, list[bytes]] = {number: [] for number in range(PARTITIONS)}
    batches = []
    for offset, (partition, _key, value) in enumerate(load.events):
        waiting[partition].append(value)
        if len(waiting[partition]) == RECORD_EVENTS * size or offset >= rows - 1:
            batches.append((partition, waiting[partition]))
            waiting[partition] = []
    batches += [(partition, rest) for partition, rest in waiting.items() if rest]
    return [(partition, _records(partition, values)) for partition, values in batches]


def _records(partition: int, values: list[bytes]) -> list[bytes]:
    records = []
    for start in range(0, len(values), RECORD_EVENTS):
        events = [Raw(value) for value in values[start : start + RECORD_EVENTS]]
        offsets = list(range(start, start + len(events)))
        records.append(
            _encode(
                HistoryBatch(
                    topic="bench.metrics",
                    partition=partition,
                    offsets=offsets,
                    late=[],
                    events=events,
                )
            )
        )
    return records


Way = Callable[[Pool, list[tuple[int, list[bytes]]]], Awaitable[float]]


async def measure(name: str, way: Way, batches: list[tuple[int, list[bytes]]], rows: int) -> None:
    """Run one way on a fresh server, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        server = PostgresServer(Path(folder) / "postgres")
        server.start()
        try:
            migrate(server.url)
            settings = Settings(database_url=server.url)
            async with create_pool(settings) as pool:
                own, others = psutil.Process(), psutil.Process(server.pid)
                used, theirs = cpu(own), cpu_of_all(others)
                seconds = await way(pool, batches)
                used, theirs = cpu(own) - used, cpu_of_all(others) - theirs
        finally:
            server.remove()
    print(
        f"{name:24}{rows / seconds:10,.0f}{used / rows * 1e6:12.1f}{theirs / rows * 1e6:15.1f}",
        flush=True,
    )


async def bare(pool: Pool, batches: list[tuple[int, list[bytes]]]) -> float:
    """Copy ready rows; what it takes to make them is not counted."""
    columns = "asset_id, metric_type, value, timestamp, event_id, late, metadata"
    kinds = ["text", "text", "float8", "timestamptz", "uuid", "bool", "text"]
    async with pool.connection() as connection:
        await connection.execute(
            "CREATE TABLE bare (asset_id text, metric_type text, value float8, "
            "timestamp timestamptz, event_id uuid, late bool, metadata json, "
            "PRIMARY KEY (asset_id, timestamp, event_id, metric_type))"
        )
    ready = [[history._history_row(one) for one in decoded(records)] for _, records in batches]
    started = time.monotonic()
    for rows in ready:
        async with (
            pool.connection() as connection,
            connection.cursor() as cursor,
            cursor.copy(f"COPY bare ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(kinds)
            for row in rows:
                await copy.write_row(row)
    return time.monotonic() - started


async def plain(pool: Pool, batches: list[tuple[int, list[bytes]]]) -> float:
    """Do what the sink does, but sum nothing up."""

    async def nothing(*_: object) -> None:
        return

    with patch.object(history.rollups, "add", nothing):
        return await whole(pool, batches)


async def whole(pool: Pool, batches: list[tuple[int, list[bytes]]]) -> float:
    """Do what the sink does: each partition's batches in turn, partitions at once."""
    turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
    free = asyncio.Semaphore(BATCHES_AT_ONCE)

    async def one(partition: int, records: list[bytes]) -> None:
        async with turns[partition], free:
            assert not await write_all(pool, history.store, decoded(records))

    started = time.monotonic()
    await asyncio.gather(*(one(*batch) for batch in batches))
    return time.monotonic() - started


def decoded(records: list[bytes]) -> list[history.Measurement]:
    now = datetime.now(UTC)
    return [one for record in records for one in history.measurements(record, now)]


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def cpu_of_all(server: psutil.Process) -> float:
    """Return the CPU seconds of a server and its children, those that live."""
    total = cpu(server)
    for one in server.children():
        with suppress(psutil.NoSuchProcess):
            total += cpu(one)
    return total


if __name__ == "__main__":
    asyncio.run(main())
