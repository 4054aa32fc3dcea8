"""How long all assets take: `python -m benchmarks.forecast.batch`.

A real PostgreSQL gets 90 daily scores of each asset from the sink's own writers; then
`tidemark forecast` runs over them, as it does once a day.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.forecast.series import generated
from devstack.postgres import PostgresServer
from schemas.metrics import MetricEvent, MetricType
from sinks import history
from sinks.history import Measurement
from sinks.migrations import migrate

DAYS = 90
BATCH = 5000


def main() -> None:
    """Fill, forecast, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=10_000)
    assets: int = parser.parse_args().assets
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        server = PostgresServer(Path(folder) / "postgres")
        server.start()
        try:
            asyncio.run(fill(server.url, assets))
            began = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "cli.main", "forecast"],
                env=os.environ | {"TIDEMARK_DATABASE_URL": server.url},
                check=True,
            )
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(
                f"{assets:,} scores of {DAYS} days: {time.monotonic() - began:.0f} s, "
                f"{used.ru_utime + used.ru_stime:.0f} s CPU without PostgreSQL's"
            )
        finally:
            server.remove()


async def fill(url: str, assets: int) -> None:
    """Store the measurements, a day of each asset at a time."""
    migrate(url)
    left = measurements(assets)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while batch := list(islice(left, BATCH)):
            async with connection.transaction():
                await history.store(connection, batch)
        await connection.execute("VACUUM ANALYZE")


def measurements(assets: int) -> Iterator[Measurement]:
    """Yield one score a day of each asset, up to yesterday."""
    # Issues are a kind of their own: of six series, five are scores.
    found = [one for n, one in enumerate(generated(assets * 6 // 5 + 6, DAYS)) if n % 6 != 5]
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for day in range(DAYS):
        moment = noon - timedelta(days=DAYS - day)
        for asset in range(assets):
            event = MetricEvent(
                asset_id=f"warehouse.asset{asset}",
                metric_type=MetricType.SCORE,
                value=round(float(found[asset][day]), 2),
                timestamp=moment,
            )
            offset = day * assets + asset
            yield Measurement(
                event, uuid4(), moment, False, moment, b"{}", "quality.metrics", 0, offset
            )


if __name__ == "__main__":
    main()
