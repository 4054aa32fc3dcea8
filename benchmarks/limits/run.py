"""Precision, recall and delay of learned limits and of fixed thresholds, on labelled series.

Hourly scores of 56 days are generated: a level of 82-96, a daily wave of up to 4 points, weekends
up to 5 points lower, a random walk, and noise of Student's t with 4, 6 or 30 degrees of freedom.
From day 28 on a day brings a disturbance with a probability of 0.12: a fall of 6-20 points for
1-8 hours, whose hours are the labels. Limits are learned anew every midnight; the fixed
thresholds are Tidemark's own detect stage with its defaults, with and without slides.
An alert is false unless an hour of a disturbance raised it; a disturbance is caught if an
alert or a finding of the same trouble names one of its hours.

    python -m benchmarks.limits.run
"""

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy
from numpy.typing import NDArray

from benchmarks.forecast.series import flights
from forecast.limits import Grid, learn
from pipeline.backtest import TOPIC, Recorded
from pipeline.operators.detect import Rules, detect
from pipeline.operators.limits import Judged, Watch, judge
from pipeline.thresholds import Incidents, LearnedLimits, ThresholdLookup, Thresholds
from schemas.alerts import AlertType
from schemas.metrics import MetricEvent, MetricType

DAYS, LEARNED, HOURS = 56, 28, 24
START = datetime(2026, 9, 28, tzinfo=UTC)
BAD = (AlertType.SUDDEN_DROP, AlertType.THRESHOLD_BREACH)


class Labelled(NamedTuple):
    """Scores by the hour, and the number of the disturbance in each, 0 for none."""

    scores: NDArray[numpy.float64]
    labels: NDArray[numpy.int64]


class Outcome(NamedTuple):
    """Hours that alerts name first, and all hours they are over."""

    alerts: list[int]
    named: set[int]


def generated(chance: numpy.random.Generator, tail: float) -> Labelled:
    """Return one asset."""
    at = numpy.arange(DAYS * HOURS)
    hour, weekday = at % HOURS, at // HOURS % 7
    scores = chance.uniform(82, 96) - chance.uniform(0, 5) * (weekday >= 5)
    scores += chance.uniform(0, 4) * numpy.cos(
        2 * numpy.pi * (hour - chance.integers(HOURS)) / HOURS
    )
    scores += numpy.cumsum(chance.normal(0, 0.02, len(at)))
    scores += chance.standard_t(tail, len(at)) * chance.uniform(0.2, 1.2)
    labels = numpy.zeros(len(at), dtype=numpy.int64)
    for day in range(LEARNED, DAYS):
        if chance.random() < 0.12:
            first = day * HOURS + chance.integers(HOURS)
            hours = slice(first, first + chance.integers(1, 9))
            scores[hours] -= chance.uniform(6, 20)
            labels[hours] = labels.max() + 1
    return Labelled(numpy.clip(scores, 0, 100), labels)


def by_limits(scores: NDArray[numpy.float64], grid: Grid = Grid.HOURLY) -> Outcome:
    """Learn every midnight and look at every value, as `tidemark learn` and the sink do."""
    alerts: list[int] = []
    named: set[int] = set()
    watch, seen = Watch(START), numpy.ones(len(scores), dtype=bool)
    every, opened = timedelta(days=1) / grid, False
    for day in range(LEARNED, len(scores) // grid):
        past = scores[: day * grid]
        limits = learn(past, past, seen[: len(past)], grid, LearnedLimits(), below=True, widened=1)
        for step in range(grid):
            at = day * grid + step
            moment = START + at * every
            inner, bound = limits.inner[step], limits.bound[step]
            given = Judged(float(scores[at]), moment, moment, every, inner, bound, below=True)
            verdict = judge(watch, given, alerted=opened)
            watch, opened = verdict.watch, verdict.told or (opened and not verdict.recovered)
            if verdict.limit is not None:
                named.add(at)
            if verdict.told:
                alerts.append(at)
    return Outcome(alerts, named)


def by_thresholds(
    scores: NDArray[numpy.float64], thresholds: Thresholds, grid: Grid = Grid.HOURLY
) -> Outcome:
    """Put the scores through the detect stage."""
    rules = Rules(ThresholdLookup(thresholds, ()), 8, 65_536, 3_600_000_000)
    states: dict = {}  # type: ignore[type-arg]
    alerts: dict[UUID, int] = {}
    named: set[int] = set()
    for at, score in enumerate(scores):
        moment = START + at * timedelta(days=1) / grid
        event = MetricEvent(
            asset_id="a", metric_type=MetricType.SCORE, value=round(float(score), 3),
            timestamp=moment,
        )  # fmt: skip
        record = Recorded(b"a", _encode(event), at, round(moment.timestamp() * 1000))
        for alert in detect([record], TOPIC, 0, states, rules).alerts:
            if at >= LEARNED * grid and alert.alert_type in BAD and alert.status == "active":
                alerts.setdefault(alert.id, at)
                named.add(at)
    return Outcome(list(alerts.values()), named)


def _encode(event: MetricEvent) -> bytes:
    import msgspec

    return msgspec.json.encode(event)


DETECTORS = {
    "learned limits": by_limits,
    "fixed thresholds": lambda scores: by_thresholds(scores, Thresholds()),
    "fixed, incidents": lambda scores: by_thresholds(
        scores, Thresholds(incidents=Incidents(slides=False))
    ),
    "fixed, incidents and slides": lambda scores: by_thresholds(
        scores, Thresholds(incidents=Incidents(slides=True))
    ),
}


def main() -> None:
    """Print a table for each kind of noise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=40, help="assets of each kind of noise")
    options = parser.parse_args()
    for tail in (4, 6, 30):
        chance = numpy.random.default_rng(tail)
        assets = [generated(chance, tail) for _ in range(options.assets)]
        total = sum(int(asset.labels.max()) for asset in assets)
        print(f"\nt({tail}) noise, {len(assets)} assets, {total} disturbances in 28 days")
        print(
            f"{'':30}{'caught':>9}{'at once':>9}{'alerts':>9}{'false':>8}{'false/month':>13}"
            f"{'delay':>9}{'CPU':>9}"
        )
        for name, detector in DETECTORS.items():
            report(name, [(asset, *_timed(detector, asset)) for asset in assets], total)
    sample_data()


def sample_data() -> None:
    """Print what either makes of New York's flights of 2013, day by day.

    Nobody has labelled them. The worst days of each series stand in: the one day in fifty that
    lies the furthest below the median of the 29 days around it.
    """
    series = list(flights())
    print(f"\n{len(series)} daily scores of flights, the worst 2 % of days of each")
    for name, detector in (
        ("learned limits", lambda scores: by_limits(scores, Grid.DAILY)),
        ("fixed thresholds", lambda scores: by_thresholds(scores, Thresholds(), Grid.DAILY)),
    ):
        worst = named = alerts = among = 0
        for scores in series:
            days = _worst(scores)
            outcome = detector(scores)
            worst, named = worst + len(days), named + len(days & outcome.named)
            alerts, among = alerts + len(outcome.alerts), among + len(days & set(outcome.alerts))
        print(
            f"{name:30}{named / worst:9.1%} of them named, {among} of {alerts} alerts begin on one"
        )


def _worst(scores: NDArray[numpy.float64]) -> set[int]:
    around = numpy.lib.stride_tricks.sliding_window_view(scores, 29)
    below = numpy.median(around, axis=1) - scores[14:-14]
    below[: LEARNED - 14] = 0
    return {int(at) + 14 for at in numpy.argsort(below)[-len(scores) // 50 :]}


def _timed(detector, asset: Labelled) -> tuple[Outcome, float]:  # type: ignore[no-untyped-def]
    began = time.process_time()
    return detector(asset.scores), time.process_time() - began


def report(name: str, found: list[tuple[Labelled, Outcome, float]], total: int) -> None:
    """Print a row. At once: by the first bad event. The delay is in hours, between reports."""
    caught, delays, alerts, false = 0, [], 0, 0
    for asset, outcome, _ in found:
        alerts += len(outcome.alerts)
        false += sum(asset.labels[at] == 0 for at in outcome.alerts)
        for number in range(1, int(asset.labels.max()) + 1):
            hours = numpy.flatnonzero(asset.labels == number)
            named = [at for at in hours if at in outcome.named]
            if named:
                caught += 1
                delays.append(named[0] - hours[0])
    spent = 1000 * sum(seconds for *_, seconds in found) / len(found)
    print(
        f"{name:30}{caught / total:9.1%}{delays.count(0) / total:9.1%}{alerts:9}"
        f"{false / max(1, alerts):8.1%}{false / len(found) / (28 / 30):13.2f}"
        f"{numpy.mean(delays):8.2f}h{spent:7.0f}ms"
    )


if __name__ == "__main__":
    main()
