"""The detect stage: one event against the state of its asset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Raw
from msgspec.json import Encoder

from pipeline.operators import change, compose, incident, scoring, slide, staleness
from pipeline.operators.compose import micros
from pipeline.operators.identity import derived_event_id, fingerprint
from pipeline.operators.state import AssetState, MetricState
from pipeline.operators.validate import InvalidEvent, check_arrival, check_key, decode_event
from pipeline.record import Record
from pipeline.thresholds import Thresholds
from schemas.alerts import Alert, AlertStatus, AlertType, Severity
from schemas.metrics import DIMENSIONS, MetricChange, MetricEvent, MetricType


class States(Protocol):
    """The states of the assets of one partition."""

    def get(self, asset_id: str) -> AssetState | None:
        """Return the state of an asset, None if it was never seen."""

    def __setitem__(self, asset_id: str, state: AssetState) -> None:
        """Take in the state of a new asset."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What detection depends on besides events and state."""

    thresholds: Callable[[str], Thresholds]
    window: int
    max_event_bytes: int
    max_future: int
    """Microseconds."""
    derives_scores: bool = False
    """Whether dimensions make a score for any asset."""


@dataclass(slots=True)
class Outcome:
    """What one batch comes to.

    `changed` holds the states to be written; `applied` the raw events for the
    history with their offsets, `late` the indices among them of events older
    than the last one applied; `rejected` the records refused, with the reason.
    """

    changed: dict[str, AssetState] = field(default_factory=dict)
    changes: list[MetricChange] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    applied: list[Raw] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    rejected: list[tuple[Record, str]] = field(default_factory=list)
    repeated: int = 0
    topic_id: str | None = None


_encode = Encoder().encode
PROFILING = change.Finding("profiling", AlertType.PROFILING_COMPLETE, Severity.LOW)
ALWAYS_JUDGED = {MetricType.PROFILING}
"""Metrics whose events may tell something though their value stays."""


def detect(
    records: Sequence[Record],
    topic: str,
    partition: int,
    states: States,
    rules: Rules,
    *,
    topic_id: str | None = None,
    base: int = 0,
) -> Outcome:
    """Apply the records of one partition, in order, to the states of their assets.

    `states` is updated in place, whatever comes of the batch later: a caller that
    can't write the outcome must forget the states. A record that can't be an
    event is rejected and disturbs no other. Events without an id are named after `topic_id`,
    or after the topic where it is not known. States count offsets from `base`.
    """
    outcome, place = Outcome(topic_id=topic_id), topic_id or topic
    for record in records:
        try:
            event = decode_event(record.value, rules.max_event_bytes)
            check_key(event, record.key)
            time, arrived = micros(event.timestamp), record.timestamp * 1000
            check_arrival(event, time, arrived, rules.max_future)
        except InvalidEvent as error:
            outcome.rejected.append((record, str(error)))
            continue
        offset, event_id = record.offset, event.event_id
        position = base + offset
        state = states.get(event.asset_id)
        if state is None:
            state = states[event.asset_id] = AssetState()
        elif position <= state.offset:
            outcome.repeated += 1  # delivered again after a crash
            continue
        mark = position if event_id is None else fingerprint(event_id)
        metric = state.metrics.get(event.metric_type)
        if metric is not None and event_id is not None and metric.saw(mark):
            outcome.repeated += 1
            continue
        outcome.applied.append(Raw(record.value or b""))
        outcome.offsets.append(offset)
        if metric is not None and time < metric.time:
            outcome.late.append(len(outcome.applied) - 1)
            continue
        _greet(event, state, arrived, outcome)
        if (
            metric is None
            or event.value != metric.value
            or metric.incident is not None
            or event.metric_type in ALWAYS_JUDGED
        ):
            event.event_id = event_id or derived_event_id(place, partition, offset)
            _judge(event, state, metric, arrived, rules.thresholds(event.asset_id), outcome)
        if metric is None:
            metric = state.metrics[event.metric_type] = MetricState(event.value, time)
        metric.observe(time, event.value, mark, rules.window)
        state.offset = position
        outcome.changed[event.asset_id] = state
        if rules.derives_scores and event.metric_type in DIMENSIONS:
            event.event_id = event_id or derived_event_id(place, partition, offset)
            _derive_score(event, time, state, arrived, rules, outcome)
    return outcome


def _derive_score(
    event: MetricEvent, time: int, state: AssetState, arrived: int, rules: Rules, outcome: Outcome
) -> None:
    """Take the score that an event of a dimension makes as if the asset had reported it."""
    thresholds = rules.thresholds(event.asset_id)
    if not thresholds.scoring.derive:
        return
    derived = scoring.derive(event, time, state, thresholds.scoring)
    if derived is None:
        return
    score, number = derived.event, fingerprint(compose.known(derived.event))
    outcome.applied.append(Raw(_encode(score)))
    outcome.offsets.append(outcome.offsets[-1])
    metric = state.metrics.get(MetricType.SCORE)
    if metric is None:
        metric = state.metrics[MetricType.SCORE] = MetricState(score.value, derived.time)
    elif (before := metric.before(derived.time)) is not None:
        told = None
        if metric.time == derived.time:
            moved = change.exact_change(before.value, metric.value)
            told = change.find(MetricType.SCORE, moved, metric.value, thresholds)
        _judge_derived(derived, told, state, before, arrived, thresholds, outcome)
        metric.incident = before.incident
    metric.amend(derived.time, score.value, number, rules.window)


def _judge_derived(
    derived: scoring.Derived,
    told: change.Finding | None,
    state: AssetState,
    before: MetricState,
    arrived: int,
    thresholds: Thresholds,
    outcome: Outcome,
) -> None:
    """Compare with the score before this moment; what was told of it is not told again."""
    event, first = derived.event, len(outcome.alerts)
    moved = change.exact_change(before.value, event.value)
    finding = change.find(MetricType.SCORE, moved, event.value, thresholds)
    if told is not None and not scoring.is_worse(finding, told):
        if change.is_published(MetricType.SCORE, moved, thresholds):
            outcome.changes.append(compose.change_of(event, before.value, moved, finding))
        return
    _judge(event, state, before, arrived, thresholds, outcome)
    alone = thresholds.incidents is None
    outcome.alerts[first:] = [
        scoring.explain(alert, derived, told, alone=alone) for alert in outcome.alerts[first:]
    ]


def _greet(event: MetricEvent, state: AssetState, arrived: int, outcome: Outcome) -> None:
    """The asset speaks: end its silence, learn what it says of itself."""
    if event.asset_name is not None:
        state.name = event.asset_name
    if event.asset_type is not None:
        state.type = event.asset_type
    if event.source is not None:
        state.source = event.source
    if state.stale_since:
        resolved = compose.stale_alert(event.asset_id, state, None, AlertStatus.RESOLVED, arrived)
        outcome.alerts.append(resolved)
        state.stale_since = 0
    if arrived > state.last_seen:
        staleness.hear(state, arrived)


def _judge(
    event: MetricEvent,
    state: AssetState,
    metric: MetricState | None,
    arrived: int,
    thresholds: Thresholds,
    outcome: Outcome,
) -> None:
    """Compare with the last value; the first one is a baseline."""
    event.asset_name, event.source = state.name, state.source
    if event.metric_type is MetricType.PROFILING and thresholds.profiling_complete:
        outcome.alerts.append(compose.alert_over(event, arrived, PROFILING))
    if metric is None:
        return
    previous, calm = metric.value, metric.incident is None
    slides = calm and thresholds.incidents is not None
    slid = slide.find(event, metric, thresholds) if slides else None
    if (
        calm
        and slid is None
        and (
            previous == event.value
            or change.is_trifling(event.metric_type, previous, event.value, thresholds)
        )
    ):
        return
    moved = change.exact_change(previous, event.value)
    finding = change.find(event.metric_type, moved, event.value, thresholds)
    if slid is not None:
        outcome.alerts.append(incident.open_over(event, metric, slid.finding, slid.best, arrived))
    elif metric.incident is not None or (finding is not None and thresholds.incidents is not None):
        step = incident.follow(event, metric, finding, thresholds, arrived)
        if step is not None:
            outcome.alerts.append(step)
    elif finding is not None:
        outcome.alerts.append(compose.alert_over(event, arrived, finding, previous, moved))
    if finding is not None or change.is_published(event.metric_type, moved, thresholds):
        outcome.changes.append(compose.change_of(event, previous, moved, finding))
