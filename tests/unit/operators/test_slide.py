"""A decline that never trips a single step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.detect import detect
from pipeline.thresholds import Incidents, Steps, Thresholds
from schemas.alerts import SEVERITY_RANK
from schemas.metrics import MetricType

from .events import issues, payload, record, rules, run, scores

ON = Thresholds(incidents=Incidents(slides=True))
OFF = Thresholds(incidents=Incidents())


def steps(outcome):
    return [(alert.status, alert.severity) for alert in outcome.alerts]


def test_one_alert_over_a_slide_grows_worse_with_it():
    outcome = scores(95, 91, 87, 83, 79, 75, thresholds=ON)
    assert steps(outcome) == [("active", "medium"), ("active", "high"), ("active", "critical")]
    assert len({alert.id for alert in outcome.alerts}) == 1
    first, second, third = outcome.alerts
    assert first.metadata.rule == "score_slide"
    assert (first.metadata.previous_value, first.metadata.current_value) == (95, 87)
    assert first.alert_type == "threshold_breach"
    assert first.message == "warehouse.sales.orders: score slid by 8 points, 95 -> 87"
    assert second.metadata.worsened_from == "medium"
    assert third.metadata.change == -20


def test_it_resolves_itself_once_it_is_back():
    outcome = scores(95, 91, 87, 94, 95, 94, thresholds=ON)
    assert steps(outcome) == [("active", "medium"), ("resolved", "medium")]


def test_the_bounds_are_inclusive_and_exact():
    assert not scores(50.1, 47.0, 45.11, thresholds=ON).alerts
    assert steps(scores(50.1, 47.0, 45.1, thresholds=ON)) == [("active", "medium")]


def test_even_steps_too_small_to_be_told_add_up():
    outcome = scores(*(95 - 0.8 * n for n in range(8)), thresholds=ON)
    assert steps(outcome) == [("active", "medium")]
    assert not outcome.changes


def test_what_a_single_step_told_is_not_told_again():
    later = [payload(v, second=10 * i) for i, v in enumerate((95, 70, 69, 68, 67))]
    outcome = run(*later, thresholds=Thresholds(incidents=Incidents(within=1, slides=True)))
    assert [alert.metadata.rule for alert in outcome.alerts] == ["score_drop"]


def test_only_the_recent_window_counts():
    slow = [95 - n / 2 for n in range(30)]
    assert not scores(*slow, thresholds=ON, recent_window=8).alerts
    assert steps(scores(*slow, thresholds=ON, recent_window=20))[0] == ("active", "medium")


def test_issues_creep_up():
    outcome = issues(0, 1, 2, thresholds=ON)
    assert [alert.metadata.rule for alert in outcome.alerts] == ["issues_slide"]
    assert outcome.alerts[0].alert_type == "new_issues"
    assert outcome.alerts[0].severity == "medium"


def test_dimensions_slide_where_their_drops_alert():
    events = [payload(v, "validity", second=i) for i, v in enumerate((95, 91, 87))]
    assert not run(*events, thresholds=ON).alerts
    asked = Thresholds(
        incidents=Incidents(slides=True), dimension_drop=Steps(critical=20, high=10, medium=5)
    )
    (alert,) = run(*events, thresholds=asked).alerts
    assert alert.metadata.rule == "validity_slide"


@pytest.mark.parametrize("thresholds", [Thresholds(), OFF])
def test_it_is_off_where_not_asked_for(thresholds):
    assert not scores(95, 91, 87, 83, 79, 75, thresholds=thresholds).alerts


values = st.lists(st.integers(0, 1000).map(lambda n: n / 10), min_size=2, max_size=40)


@given(values, st.integers(1, 10))
def test_batches_and_replays_change_nothing(series, size):
    records = [record(payload(v, second=i), i, arrived=i) for i, v in enumerate(series)]
    whole = detect(records, "quality.metrics", 0, {}, rules(ON)).alerts
    states, parts = {}, []
    for start in range(0, len(records), size):
        again = records[max(0, start - 2) : start + size]
        parts += detect(again, "quality.metrics", 0, states, rules(ON)).alerts
    assert parts == whole


@given(values)
def test_no_open_slide_is_less_severe_than_the_decline_from_its_baseline(series):
    """What is active tells at least the severity of the whole decline since it opened."""
    states, open_alert = {}, None
    bounds = {5: "medium", 10: "high", 20: "critical"}
    for offset, value in enumerate(series):
        raw = record(payload(value, second=offset), offset, arrived=offset)
        for alert in detect([raw], "quality.metrics", 0, states, rules(ON)).alerts:
            open_alert = alert if alert.status == "active" else None
        (state,) = states.values()
        incident = state.metrics[MetricType.SCORE].incident
        if incident is None:
            continue
        assert open_alert is not None
        fall = round(incident.baseline - value, 6)
        reached = [severity for bound, severity in bounds.items() if fall >= bound]
        if reached:
            assert SEVERITY_RANK[incident.alert.severity] >= SEVERITY_RANK[reached[-1]]
