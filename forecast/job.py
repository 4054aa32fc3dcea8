"""All assets, page by page: read, forecast in several processes, write."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from statistics import fmean
from typing import Final

from psycopg import AsyncConnection

from forecast.alerts import follow
from forecast.model import Forecast, forecast
from forecast.series import Series, pages
from forecast.store import Made, open_alerts, store, tell
from pipeline.postgres.patience import Persist
from pipeline.thresholds import Thresholds
from schemas.metrics import PERCENT_METRICS

PAGE: Final = 500
CHUNK: Final = 25
"""Series that a process takes at a time."""


@dataclass(slots=True)
class Summary:
    """What a run came to: series by fate, errors of those shown, alert steps."""

    fates: Counter[str] = field(default_factory=Counter)
    mase: list[float] = field(default_factory=list)
    naive_mase: list[float] = field(default_factory=list)
    coverage: list[float] = field(default_factory=list)
    steps: int = 0

    def add(self, found: Forecast) -> None:
        """Count a forecast."""
        self.fates[found.refusal or "shown"] += 1
        if found.refusal is None and found.mase is not None:
            self.mase.append(found.mase)
            self.naive_mase.append(found.naive_mase or 0.0)
            self.coverage.append(found.coverage or 0.0)

    def __str__(self) -> str:
        counts = ", ".join(f"{n:,} {fate}" for fate, n in self.fates.most_common())
        text = f"{self.fates.total():,} series: {counts or 'nothing to forecast'}"
        if self.mase:
            text += (
                f"; of those shown MASE {fmean(self.mase):.2f} beside "
                f"{fmean(self.naive_mase):.2f} of the seasonal naive, "
                f"{100 * fmean(self.coverage):.0f} % of days within the 80 % interval"
            )
        return text + (f"; {self.steps} steps of alerts" if self.steps else "")


async def run(
    persist: Persist,
    thresholds: Callable[[str], Thresholds],
    assets: str,
    workers: int,
) -> AsyncIterator[Summary]:
    """Forecast every asset that a glob matches; give the summary after every page.

    Between reading and writing a page no transaction is open.
    """
    now, summary = datetime.now(UTC), Summary()
    # Not forked: a connection to PostgreSQL is open.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        async for page in pages(persist, assets, now.date(), PAGE):
            made = await _forecast(executor, page)
            summary.steps += await persist(partial(_write, made, thresholds, now))
            for one in made:
                summary.add(one.found)
            yield summary


async def _write(
    made: list[Made],
    thresholds: Callable[[str], Thresholds],
    now: datetime,
    connection: AsyncConnection,
) -> int:
    """Write a page and the steps of alerts that come of it; return how many those are."""
    opened = await open_alerts(connection, [one.series.asset_id for one in made])
    await store(connection, made, now)
    steps = [
        follow(
            series, found, thresholds(series.asset_id).predicted_breach,
            opened.get(series.asset_id), now,
        )
        for series, found in made
    ]  # fmt: skip
    told = [step for step in steps if step is not None]
    await tell(connection, told)
    return len(told)


async def _forecast(executor: Executor, page: list[Series]) -> list[Made]:
    loop = asyncio.get_running_loop()
    parts = [page[start : start + CHUNK] for start in range(0, len(page), CHUNK)]
    found = await asyncio.gather(
        *(loop.run_in_executor(executor, forecast_all, part) for part in parts)
    )
    return [made for part in found for made in part]


def forecast_all(page: list[Series]) -> list[Made]:
    """Forecast some series, in a process of its own."""
    return [
        Made(one, forecast(one.values, 100.0 if one.metric_type in PERCENT_METRICS else None))
        for one in page
    ]
