"""`tidemark forecast`: what is to come, for all assets."""

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.database import Wait, run_job
from pipeline.settings import load_settings, thresholds_by_asset

if TYPE_CHECKING:
    from forecast.job import Summary
    from pipeline.postgres.patience import Persist


def forecast(
    asset: Annotated[str, typer.Option(help="Asset id, or a glob: 'crm.*'.")] = "*",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one for each core.")
    ] = None,
    wait: Wait = 600.0,
) -> None:
    """Forecast scores and open issues of all assets for 14 days; run it once a day.

    From up to 90 days of daily figures a Theta model with weekly seasonality is fitted and
    backtested from four origins. Where it does not beat the seasonal naive, no forecast is
    shown. Assets whose thresholds have predicted_breach raise an alert when their score is
    expected to fall below its minimum.
    """
    try:
        import forecast.job as job
    except ModuleNotFoundError as error:
        sys.exit(f"tidemark: forecasts need {error.name}: pip install 'tidemark[forecast]'")
    thresholds = thresholds_by_asset(load_settings())
    count = workers or os.cpu_count() or 1

    async def work(persist: "Persist") -> "Summary":
        summary = job.Summary()
        with Console(stderr=True).status("forecasting") as status:
            async for summary in job.run(persist, thresholds, asset, count):
                status.update(f"{summary.fates.total():,} series")
        return summary

    began = time.monotonic()
    summary = run_job("forecast", work, wait)
    print(f"{summary}; {time.monotonic() - began:.0f} s")  # noqa: T201
