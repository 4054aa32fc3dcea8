"""Scores made from dimensions: the formula, and what the stream makes of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.operators.detect import detect
from pipeline.operators.scoring import DECIMALS, Part, contributions, mean, standing
from pipeline.operators.state import MetricState
from pipeline.thresholds import Incidents, Scoring, ThresholdOverride, Thresholds
from schemas.alerts import is_newly_raised
from schemas.metrics import DIMENSIONS, MetricType

from .events import payload, record, rules, run

ON = Thresholds(scoring=Scoring(derive=True))
C, V, U = MetricType.COMPLETENESS, MetricType.VALIDITY, MetricType.UNIQUENESS


def derived(outcome):
    """Values of the derived scores, in order."""
    events = [json.loads(bytes(raw)) for raw in outcome.applied]
    return [event["value"] for event in events if event["metricType"] == "score"]


def checked(second, **dimensions):
    return [payload(value, name, second=second) for name, value in dimensions.items()]


def test_the_worked_example_of_the_docs():
    scoring = Scoring(weights={C: 3, V: 2})
    before = {C: Part(98, 3), V: Part(90, 2), U: Part(100, 1)}
    after = {C: Part(80, 3), V: Part(93, 2), U: Part(100, 1)}
    assert (mean(before.values()), mean(after.values())) == (95.6667, 87.6667)
    assert contributions(before, after) == {"completeness": -9.0, "validity": 1.0}
    without = {C: Part(80, 3), V: Part(93, 2)}
    assert mean(without.values()) == 85.2
    assert sum(contributions(after, without).values()) == pytest.approx(-2.4667, abs=1e-3)
    metrics = {C: MetricState(80, 10), U: MetricState(100, 10)}
    assert standing(metrics, scoring) == {C: Part(80, 3), U: Part(100, 1)}


parts = st.dictionaries(
    st.sampled_from(sorted(DIMENSIONS)),
    st.builds(Part, st.floats(0, 100), st.floats(0.1, 10)),
    min_size=1,
)


@given(parts, parts)
def test_contributions_come_to_the_change(before, after):
    total = sum(contributions(before, after).values())
    change = mean(after.values()) - mean(before.values())
    assert total == pytest.approx(change, abs=10 * 10**-DECIMALS)


@given(parts)
def test_a_mean_lies_among_its_parts(given_):
    scores = [part.score for part in given_.values()]
    assert min(scores) - 1e-4 <= mean(given_.values()) <= max(scores) + 1e-4


def test_dimensions_without_weight_or_too_old_do_not_count():
    metrics = {C: MetricState(80, 100_000_000), V: MetricState(0, 30_000_000), U: MetricState(9, 0)}
    assert standing(metrics, Scoring(weights={U: 0}, stale_after=69)) == {C: Part(80, 1)}
    assert standing(metrics, Scoring(weights={U: 0}, stale_after=70)).keys() == {C, V}
    assert mean([]) is None


def test_a_dimension_s_event_makes_a_score():
    outcome = run(*checked(0, completeness=90, validity=80), thresholds=ON)
    assert derived(outcome) == [90, 85]
    assert outcome.offsets == [0, 0, 1, 1]
    assert not outcome.alerts


def test_without_being_asked_none_is_made():
    assert derived(run(*checked(0, completeness=90), thresholds=Thresholds())) == []
    weights_alone = Thresholds(scoring=Scoring(weights={C: 3}))
    assert derived(run(*checked(0, completeness=90), thresholds=weights_alone)) == []


def test_it_is_asked_for_by_pattern():
    override = ThresholdOverride(pattern="other.*", scoring=Scoring(derive=True))
    outcome = run(*checked(0, completeness=90), threshold_overrides=(override,))
    assert derived(outcome) == []


def test_an_alert_says_which_dimension_moved_the_score():
    events = checked(0, completeness=98, validity=90) + checked(60, completeness=60)
    (alert,) = run(*events, thresholds=ON).alerts
    assert (alert.metadata.rule, alert.severity) == ("score_drop", "high")
    assert alert.metadata.contributions == {"completeness": -19.0}
    assert alert.message.endswith("score fell by 19 points, 94 -> 75 (completeness -19)")


def test_events_of_one_moment_make_one_alert_that_grows_worse():
    events = checked(0, completeness=90, validity=90, uniqueness=90)
    events += checked(60, completeness=72, validity=72, uniqueness=72)
    outcome = run(*events, thresholds=ON)
    assert [alert.severity for alert in outcome.alerts] == ["medium", "high"]
    first, second = outcome.alerts
    assert first.id == second.id
    assert first.step_id != second.step_id
    assert (second.metadata.previous_value, second.metadata.current_value) == (90, 78)
    assert second.metadata.worsened_from == "medium"
    assert is_newly_raised(second)
    changes = [change for change in outcome.changes if change.metric_type == "score"]
    assert [change.previous_value for change in changes] == [90, 90, 90]
    assert [change.current_value for change in changes] == [84, 78, 72]


def test_what_gets_no_worse_within_the_moment_is_told_once():
    events = checked(0, completeness=90, validity=90)
    events += checked(60, completeness=70, validity=88)
    assert [a.severity for a in run(*events, thresholds=ON).alerts] == ["high"]


def test_with_incidents_it_is_a_step_of_the_open_alert():
    both = Thresholds(scoring=Scoring(derive=True), incidents=Incidents())
    events = checked(0, completeness=90, validity=90)
    events += checked(60, completeness=70, validity=60)
    events += checked(120, completeness=90, validity=90)
    events += checked(180, completeness=90, validity=90) + checked(240, completeness=90)
    outcome = run(*events, thresholds=both)
    assert [(a.status, a.severity) for a in outcome.alerts] == [
        ("active", "high"), ("active", "critical"), ("resolved", "critical"),
    ]  # fmt: skip
    assert len({alert.id for alert in outcome.alerts}) == 1
    assert outcome.alerts[1].metadata.contributions == {"completeness": -10.0, "validity": -15.0}


def test_what_is_missing_or_stale_is_told():
    scoring = Scoring(weights={U: 2}, stale_after=100, derive=True)
    events = checked(0, completeness=90, validity=90) + checked(60, completeness=91)
    events += checked(150, completeness=70)
    (alert,) = run(*events, thresholds=Thresholds(scoring=scoring)).alerts
    assert alert.metadata.left_out == ["uniqueness", "validity"]
    assert sum(alert.metadata.contributions.values()) == pytest.approx(70 - 90.5)


def test_a_score_is_never_older_than_the_one_before():
    events = checked(60, completeness=90) + checked(30, validity=80)
    outcome = run(*events, thresholds=ON)
    stamps = [
        json.loads(bytes(raw))["timestamp"] for raw in outcome.applied if b'"score"' in bytes(raw)
    ]
    assert stamps[0] == stamps[1]
    assert not outcome.late


def test_only_dimensions_have_weights():
    with pytest.raises(ValidationError, match="only dimensions have weights"):
        Scoring(weights={MetricType.ISSUES: 1})


reports = st.lists(
    st.tuples(st.sampled_from([C, V, U]), st.integers(0, 100), st.integers(0, 5)),
    min_size=1,
    max_size=25,
)


@given(reports, st.integers(1, 6), st.booleans())
def test_batches_and_replays_change_nothing(series, size, incidents):
    asked = Thresholds(
        scoring=Scoring(weights={C: 2}, stale_after=2, derive=True),
        incidents=Incidents() if incidents else None,
    )
    records = [
        record(payload(value, kind.value, second=second), i, arrived=i)
        for i, (kind, value, second) in enumerate(series)
    ]
    whole = detect(records, "quality.metrics", 0, {}, rules(asked))
    states, alerts, applied = {}, [], []
    for start in range(0, len(records), size):
        again = records[max(0, start - 2) : start + size]
        part = detect(again, "quality.metrics", 0, states, rules(asked))
        alerts += part.alerts
        applied += map(bytes, part.applied)
    assert alerts == whole.alerts
    fresh = [bytes(raw) for raw in whole.applied]
    assert [raw for raw in applied if b'"score"' in raw] == [r for r in fresh if b'"score"' in r]
