"""An asset's score made from its dimensions: a weighted mean, and what moved it.

The formula, with an example, is in docs/scoring.md.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from uuid import uuid5

from msgspec.structs import replace

from pipeline.operators.change import Finding
from pipeline.operators.compose import instant, known
from pipeline.operators.identity import TIDEMARK_NAMESPACE, step_id
from pipeline.operators.state import AssetState, MetricState
from pipeline.thresholds import Scoring
from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus
from schemas.metrics import DIMENSIONS, MetricEvent, MetricType

SECOND: Final = 1_000_000
"""Microseconds."""
DECIMALS: Final = 4

_ORDER: Final = sorted(DIMENSIONS)


class Part(NamedTuple):
    """A dimension's score and what it weighs."""

    score: float
    weight: float


Parts = Mapping[MetricType, Part]


class Derived(NamedTuple):
    """A score that a dimension's event has made, as an event of its own.

    `time` is its timestamp in microseconds; `contributions` are in points by dimension and
    come to the change since the score before; `left_out` are the dimensions that have a
    weight, but no value or too old a one.
    """

    event: MetricEvent
    time: int
    contributions: dict[str, float]
    left_out: list[str]


def derive(event: MetricEvent, time: int, state: AssetState, scoring: Scoring) -> Derived | None:
    """Return the score that an asset has after `event`, None where nothing has a weight.

    It is as of the newest value of any dimension. What is reported for one moment makes
    one score, however many events it comes in.

    Args:
        event: a dimension's, already in `state`.
        time: its timestamp in microseconds.
        state: the asset's.
        scoring: weights and bounds.
    """
    score = state.metrics.get(MetricType.SCORE)
    moment = time if score is None else max(time, score.time)
    after = standing(state.metrics, scoring)
    value = mean(after.values())
    if value is None:
        return None
    before = standing(_before(state.metrics, moment), scoring)
    return Derived(
        MetricEvent(
            asset_id=event.asset_id,
            metric_type=MetricType.SCORE,
            value=value,
            timestamp=instant(moment),
            event_id=uuid5(known(event), "score"),
            asset_name=state.name,
            asset_type=state.type,
            source=state.source,
        ),
        moment,
        contributions(before, after),
        sorted({*scoring.weights, *state.metrics} & DIMENSIONS - after.keys()),
    )


def standing(metrics: Mapping[MetricType, MetricState], scoring: Scoring) -> dict[MetricType, Part]:
    """Return the dimensions that count: with a weight, and not too old beside the newest."""
    found = {kind: metrics[kind] for kind in _ORDER if kind in metrics}
    newest = max((metric.time for metric in found.values()), default=0)
    oldest = 0 if scoring.stale_after is None else newest - scoring.stale_after * SECOND
    return {
        kind: Part(metric.value, scoring.weight_of(kind))
        for kind, metric in found.items()
        if metric.time >= oldest and scoring.weight_of(kind) > 0
    }


def mean(parts: Iterable[Part]) -> float | None:
    """Return sum(w * s) / sum(w), None without any weight."""
    given = list(parts)
    total = sum(part.weight for part in given)
    if not total:
        return None
    return round(sum(part.weight * part.score for part in given) / total, DECIMALS)


def contributions(before: Parts, after: Parts) -> dict[str, float]:
    """Return by how many points each dimension moved the score; what moved it by none is left out.

    Distances from the score before are weighed, so that a dimension that comes or goes
    moves it by as much as it differs from the others.
    """
    reference = mean(before.values())
    if reference is None:
        return {}
    moved = {}
    for kind in sorted({*before, *after}):
        points = _pull(kind, after, reference) - _pull(kind, before, reference)
        if round(points, DECIMALS):
            moved[str(kind)] = round(points, DECIMALS)
    return moved


def explain(alert: Alert, derived: Derived, told: Finding | None, *, alone: bool) -> Alert:
    """Return an alert over a derived score with what moved it.

    Args:
        alert: as any score's.
        derived: the score.
        told: what an earlier event of the same moment has raised already, if anything.
        alone: whether the alert is its own, rather than a step of an incident. Then all
            events of a moment speak of one alert, which a worse one raises.
    """
    largest = sorted(derived.contributions.items(), key=lambda item: -abs(item[1]))[:3]
    because = ", ".join(f"{kind} {points:+g}" for kind, points in largest)
    alert = replace(
        alert,
        message=f"{alert.message} ({because})" if because else alert.message,
        metadata=replace(
            alert.metadata,
            contributions=derived.contributions,
            left_out=derived.left_out or None,
        ),
    )
    if not alone or alert.status is not AlertStatus.ACTIVE:
        return alert
    rule = alert.metadata.rule
    number = uuid5(TIDEMARK_NAMESPACE, f"{rule}-{derived.time}-{alert.asset_id}")
    if told is None or told.rule != rule:
        return replace(alert, id=number, step_id=step_id(number, "raised"))
    again = replace(alert.metadata, occurrences=2, worsened_from=told.severity)
    step = step_id(number, f"again {known(derived.event)}")
    return replace(alert, id=number, step_id=step, metadata=again)


def is_worse(finding: Finding | None, told: Finding) -> bool:
    """Say whether a finding is graver than what was told before."""
    return finding is not None and SEVERITY_RANK[finding.severity] > SEVERITY_RANK[told.severity]


def _before(metrics: Mapping[MetricType, MetricState], time: int) -> dict[MetricType, MetricState]:
    earlier = {kind: metric.before(time) for kind, metric in metrics.items() if kind in DIMENSIONS}
    return {kind: metric for kind, metric in earlier.items() if metric is not None}


def _pull(kind: MetricType, parts: Parts, reference: float) -> float:
    """Return how far a dimension pulls the mean away from `reference`."""
    part = parts.get(kind)
    if part is None:
        return 0.0
    return part.weight * (part.score - reference) / sum(other.weight for other in parts.values())
