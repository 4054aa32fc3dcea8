"""Each bound: at it, just above it, just below it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.change import exact_change, percent_of, severity_of
from pipeline.thresholds import Steps, Thresholds

from .events import issues, payload, run, scores

SCORE_DROPS = [
    (70.1, 50.1, "critical", "sudden_drop"),  # 19.999999999999996 in doubles
    (100, 80, "critical", "sudden_drop"),
    (100, 79.9, "critical", "sudden_drop"),
    (100, 80.1, "high", "sudden_drop"),
    (90.3, 80.3, "high", "sudden_drop"),
    (90.3, 80.4, "medium", "threshold_breach"),
    (85.7, 80.7, "medium", "threshold_breach"),
]


@pytest.mark.parametrize(("before", "after", "severity", "kind"), SCORE_DROPS)
def test_a_score_drop_has_the_severity_of_the_bound_it_reaches(before, after, severity, kind):
    (alert,) = scores(before, after).alerts
    assert (alert.severity, alert.alert_type, alert.status) == (severity, kind, "active")
    assert alert.metadata.previous_value == before
    assert alert.metadata.current_value == after
    assert alert.metadata.change == float(Decimal(str(after)) - Decimal(str(before)))


def test_a_drop_below_the_lowest_bound_is_a_change_only():
    outcome = scores(85.7, 80.8)
    assert outcome.alerts == []
    assert [c.change for c in outcome.changes] == [-4.9]
    assert outcome.changes[0].severity is None


ISSUE_RISES = [
    (0, 10, "critical"),
    (3, 12, "high"),
    (0, 5, "high"),
    (0, 4, "medium"),
    (7, 9, "medium"),
]


@pytest.mark.parametrize(("before", "after", "severity"), ISSUE_RISES)
def test_new_issues_have_the_severity_of_the_bound_they_reach(before, after, severity):
    outcome = issues(before, after)
    (alert,) = outcome.alerts
    assert (alert.severity, alert.alert_type) == (severity, "new_issues")
    assert outcome.changes[0].severity == severity


def test_one_new_issue_is_a_change_only():
    outcome = issues(0, 1)
    assert outcome.alerts == []
    (change,) = outcome.changes
    assert (change.change, change.change_percent) == (1, None)


def test_issues_back_to_zero_are_told_as_resolved():
    outcome = issues(3, 0)
    (alert,) = outcome.alerts
    assert (alert.alert_type, alert.severity) == ("issue_resolved", "low")


def test_fewer_issues_but_not_none_raise_nothing():
    outcome = issues(30, 1)
    assert outcome.alerts == []
    assert outcome.changes[0].change == -29


@pytest.mark.parametrize(("after", "told"), [(55, True), (54.9, False), (80, True)])
def test_a_rise_by_as_much_as_a_drop_would_take_is_an_improvement(after, told):
    alerts = scores(50, after).alerts
    assert [(a.alert_type, a.severity) for a in alerts] == (
        [("score_improvement", "low")] if told else []
    )


@pytest.mark.parametrize("values", [(12.5,), (0,), (100,)])
def test_the_first_value_is_a_baseline(values):
    outcome = scores(*values)
    assert (outcome.changes, outcome.alerts) == ([], [])
    assert len(outcome.changed) == 1


@pytest.mark.parametrize(
    ("after", "published"), [(91, True), (89, True), (90.9, False), (89.1, False), (90, False)]
)
def test_a_score_is_published_when_it_moves_by_the_minimum(after, published):
    assert bool(scores(90, after).changes) is published


def test_the_minimum_change_is_a_setting():
    quiet = Thresholds(minimum_change=3)
    assert not scores(90, 88, thresholds=quiet).changes
    assert scores(90, 87, thresholds=quiet).changes


def test_an_override_applies_to_the_assets_of_its_pattern_and_inherits_the_rest():
    strict = {"pattern": "warehouse.*", "score_drop": {"critical": 3, "high": 2, "medium": 1}}
    (alert,) = scores(90, 87, threshold_overrides=[strict]).alerts
    assert alert.severity == "critical"
    assert issues(0, 2, threshold_overrides=[strict]).alerts[0].severity == "medium"
    assert not scores(90, 87, threshold_overrides=[strict | {"pattern": "lake.*"}]).alerts


def test_a_dimension_changes_without_alert_unless_asked():
    drop = [payload(99, "completeness"), payload(40, "completeness", second=1)]
    assert run(*drop).alerts == []
    assert run(*drop).changes[0].metric_type == "completeness"
    asked = Thresholds(dimension_drop=Steps(critical=20, high=10, medium=5))
    (alert,) = run(*drop, thresholds=asked).alerts
    assert (alert.severity, alert.metadata.rule) == ("critical", "completeness_drop")


def test_profiling_is_told_only_where_asked():
    assert run(payload(1, "profiling")).alerts == []
    (alert,) = run(payload(1, "profiling"), thresholds=Thresholds(profiling_complete=True)).alerts
    assert (alert.alert_type, alert.severity) == ("profiling_complete", "low")


percent = st.decimals(0, 100, places=3).map(float)


@given(percent, percent)
def test_a_change_is_exact_in_the_senders_decimals(before, after):
    change = exact_change(before, after)
    assert change == Decimal(str(after)) - Decimal(str(before))
    assert exact_change(after, before) == -change


@given(percent, percent)
def test_severity_follows_the_bounds_and_nothing_else(before, after):
    drop = Decimal(str(before)) - Decimal(str(after))
    expected = next(
        (name for bound, name in ((20, "critical"), (10, "high"), (5, "medium")) if drop >= bound),
        None,
    )
    found = [
        a.severity for a in scores(before, after).alerts if a.alert_type != "score_improvement"
    ]
    assert found == ([expected] if expected else [])


@given(st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_a_larger_amount_is_never_less_severe(one, other):
    ranks = {None: 0, "medium": 1, "high": 2, "critical": 3}
    steps = Steps(critical=20, high=10, medium=5)
    small, large = sorted((Decimal(repr(one)), Decimal(repr(other))))
    assert ranks[severity_of(small, steps)] <= ranks[severity_of(large, steps)]


def test_percent_is_relative_to_the_previous_value():
    assert percent_of(Decimal("-20"), 80) == -25
    assert percent_of(Decimal("5"), 0) is None
