"""Recorded events under other rules."""

from datetime import timedelta
from uuid import UUID

from pipeline.backtest import Backtest, compare
from pipeline.operators.detect import Rules
from pipeline.thresholds import Incidents, Steps, ThresholdLookup, Thresholds
from schemas.metrics import MetricEvent, MetricType

from .operators.events import ASSET, START, scores


def events(*values: float) -> list[MetricEvent]:
    return [
        MetricEvent(
            asset_id=ASSET, metric_type=MetricType.SCORE, value=value,
            timestamp=START + timedelta(seconds=second), event_id=UUID(int=second),
        )
        for second, value in enumerate(values)
    ]  # fmt: skip


def told(*values: float, thresholds: Thresholds = Thresholds(), warm: int = 0) -> Backtest:  # noqa: B008
    test = Backtest(Rules(ThresholdLookup(thresholds, ()), 8, 65_536, 3_600_000_000))
    given = events(*values)
    test.take(given[:warm], count=False)
    test.take(given[warm:])
    return test


TIGHTER = Thresholds(score_drop=Steps(critical=15, high=6, medium=3))
LOOSER = Thresholds(score_drop=Steps(critical=40, high=30, medium=20))


def test_the_same_rules_tell_the_same() -> None:
    test = told(90, 70, 60)
    assert compare(test.told, told(90, 70, 60).told) == ([], [], [])
    live = scores(90, 70, 60).alerts
    assert [one.severity for one in test.told.values()] == [alert.severity for alert in live]


def test_tighter_rules_raise_and_change() -> None:
    raised, dropped, changed = compare(
        told(90, 86, 76).told, told(90, 86, 76, thresholds=TIGHTER).told
    )
    assert [(one.rule, one.severity) for one in raised] == [("score_drop", "medium")]
    assert not dropped
    assert not changed  # 10 points are high under both
    (one,) = compare(told(90, 84).told, told(90, 84, thresholds=TIGHTER).told).changed
    assert (one.before.severity, one.after.severity) == ("medium", "high")


def test_looser_rules_drop() -> None:
    raised, dropped, changed = compare(
        told(90, 70, 60).told, told(90, 70, 60, thresholds=LOOSER).told
    )
    assert not raised
    assert [one.severity for one in dropped] == ["high"]
    assert [(one.before.severity, one.after.severity) for one in changed] == [
        ("critical", "medium")
    ]


def test_what_warms_up_is_known_and_not_counted() -> None:
    (one,) = told(90, 70, 60, warm=2).told.values()
    assert "70 -> 60" in one.message
    assert not told(90, 60, 60, warm=2).told


def test_steps_of_an_alert_are_one_alert_at_its_worst() -> None:
    both = Thresholds(incidents=Incidents(slides=True))
    (one,) = told(95, 91, 87, 83, 75, thresholds=both).told.values()
    assert (one.severity, one.rule, one.steps) == ("critical", "score_slide", 3)
    # A slide that began while warming up is none of this time's.
    assert not told(95, 91, 87, 83, thresholds=both, warm=3).told
