"""`tidemark learn`: limits of what is unusual, for the assets that ask for them."""

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.database import Wait, run_job
from pipeline.settings import load_settings, thresholds_by_asset

if TYPE_CHECKING:
    from forecast.learning import Learned
    from pipeline.postgres.patience import Persist


def learn(
    asset: Annotated[str, typer.Option(help="Asset id, or a glob: 'crm.*'.")] = "*",
    wait: Wait = 600.0,
) -> None:
    """Learn what is usual of scores, dimensions and issues; run it once a day.

    For assets whose thresholds have learned_limits, the next two days get limits, by the
    hour where an asset reports most hours, else by the day. The sink compares each event
    with them as it stores it: in shadow mode it records what lies beyond, in alert mode it
    raises an alert. Alerts that people ignored move a limit away.
    """
    try:
        import forecast.learning as learning
    except ModuleNotFoundError as error:
        sys.exit(f"tidemark: learning needs {error.name}: pip install 'tidemark[forecast]'")
    thresholds = thresholds_by_asset(load_settings())

    async def work(persist: "Persist") -> "Learned":
        done = learning.Learned(0, 0)
        with Console(stderr=True).status("learning") as status:
            async for done in learning.run(persist, thresholds, asset, datetime.now(UTC)):
                status.update(f"{done.limits + done.without:,} metrics")
        return done

    if not thresholds.learns_limits:
        print(  # noqa: T201
            "tidemark: no thresholds ask for learned_limits; those there are, go", file=sys.stderr
        )
    began = time.monotonic()
    done = run_job("learn", work, wait)
    print(  # noqa: T201
        f"{done.limits:,} metrics have limits, {done.without:,} have none; "
        f"{time.monotonic() - began:.0f} s"
    )
