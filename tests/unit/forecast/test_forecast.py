"""Forecasts of daily series, and the alerts over them."""

from datetime import UTC, date, datetime

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.alerts import follow
from forecast.model import HORIZON, Forecast, Refusal, forecast
from forecast.series import Series, without_gaps
from pipeline.breach import Breach, find_breach
from pipeline.thresholds import Prediction
from schemas.alerts import Alert, AlertStatus, is_newly_raised
from schemas.metrics import MetricType

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
RULES = Prediction(minimum=80, within_days=7)


def weekly(days: int = 90, noise: float = 0.5, slope: float = 0.0) -> list[float]:
    chance = numpy.random.default_rng(1)
    at = numpy.arange(days)
    values = 92 + numpy.array([0, 1, 1, 0, -1, -5, -6])[at % 7] + slope * at
    return list(numpy.clip(values + chance.normal(0, noise, days), 0, 100))


def test_a_weekly_pattern_goes_on() -> None:
    found = forecast(weekly(97)[:90], 100)
    assert found.refusal is None
    assert found.mase is not None
    assert found.naive_mase is not None
    assert found.mase < found.naive_mase
    assert len(found.mean) == HORIZON
    assert numpy.abs(numpy.array(found.mean[:7]) - weekly(97)[90:]).max() < 2
    for lower, middle, upper in (
        (found.low_80, found.mean, found.high_80),
        (found.low_95, found.low_80, found.mean),
        (found.mean, found.high_80, found.high_95),
    ):
        assert all(a <= b <= c for a, b, c in zip(lower, middle, upper, strict=True))


def test_intervals_end_where_values_do() -> None:
    near = [min(100.0, value + 9) for value in weekly(noise=2)]
    assert max(forecast(near, 100).high_95) == 100
    few = list(numpy.random.default_rng(0).poisson(2, 90).astype(float))
    assert min(forecast(few, None).low_95) == 0


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        (weekly(48), Refusal.TOO_SHORT),
        ([95.0] * 90, Refusal.CONSTANT),
        (weekly(76) + [90.0] * 14, Refusal.CONSTANT),
        (weekly(noise=0)[:7] * 10 + [1.0] * 20, Refusal.CONSTANT),
    ],
)
def test_what_can_not_be_forecast_is_refused(values: list[float], refusal: Refusal) -> None:
    found = forecast(values, 100)
    assert (found.refusal, found.mean) == (refusal, [])


def test_a_forecast_that_does_not_beat_the_seasonal_naive_is_not_shown() -> None:
    # A seasonal random walk, of which the seasonal naive is the best forecast there is.
    chance = numpy.random.default_rng(3)
    values = list(chance.normal(50, 10, 7))
    while len(values) < 90:
        values.append(values[-7] + chance.normal(0, 1))
    found = forecast(values, 100)
    assert found.refusal is Refusal.NO_BETTER
    assert found.mean == []
    assert found.mase is not None
    assert found.naive_mase is not None
    assert found.mase >= found.naive_mase


@given(st.lists(st.floats(0, 100), min_size=49, max_size=90))
def test_every_forecast_keeps_to_the_range(values: list[float]) -> None:
    found = forecast(values, 100)
    for days in (found.mean, found.low_80, found.high_80, found.low_95, found.high_95):
        assert all(0 <= value <= 100 for value in days)
    assert (found.refusal is None) == bool(found.mean)


def test_gaps_are_bridged() -> None:
    days = [(date(2026, 1, 1), 90.0), (date(2026, 1, 2), 80.0), (date(2026, 1, 5), 50.0)]
    assert without_gaps(days) == [90, 80, 70, 60, 50]


falling = [88.0, 85.0, 82.0, 79.0]


def test_a_breach_is_told_with_its_interval() -> None:
    breach = find_breach(falling, [v - 4 for v in falling], [v + 4 for v in falling], 80)
    assert breach == (4, 3, None)
    assert str(breach) == "in about 4 days (80 % interval 3 or later)"
    assert str(Breach(6, 4, 11)) == "in about 6 days (80 % interval 4-11)"
    assert str(Breach(1, 1, 1)) == "in about 1 day (80 % interval 1-1)"
    assert find_breach(falling, falling, falling, 79) is None
    assert find_breach(falling, [], [], 80) == (4, 4, None)


def series(*values: float, metric: MetricType = MetricType.SCORE) -> Series:
    return Series("crm.users", "Users", "crm", metric, date(2026, 11, 23), [90.0, *values])


def expecting(*days: float) -> Forecast:
    return Forecast(
        None, 0.7, 1.0, 0.8, list(days), [d - 3 for d in days], [d + 3 for d in days], [], []
    )


FINE = expecting(*[90.0] * 14)


def step(found: Forecast, opened: Alert | None = None, value: float = 88) -> Alert | None:
    return follow(series(value), found, RULES, opened, NOW)


def test_one_alert_lives_with_the_forecast() -> None:
    later = expecting(88, 86, 84, 82, 79, *[78.0] * 9)
    raised = step(later)
    assert raised is not None
    assert (
        raised.message == "Users: score falls below 80 in about 5 days (80 % interval 4 or later)"
    )
    assert (raised.severity, raised.metadata.rule) == ("medium", "predicted_breach")
    assert raised == step(later)  # made again, it is the same
    assert step(later, raised) is None
    near = expecting(81, 79, *[78.0] * 12)
    worse = step(near, raised)
    assert worse is not None
    assert (worse.id, worse.severity, worse.metadata.worsened_from) == (
        raised.id, "high", "medium",
    )  # fmt: skip
    assert is_newly_raised(worse)
    assert worse.timestamp == raised.timestamp
    assert step(near, worse) is None
    resolved = step(FINE, worse)
    assert resolved is not None
    assert (resolved.id, resolved.status) == (raised.id, AlertStatus.RESOLVED)
    assert len({raised.step_id, worse.step_id, resolved.step_id}) == 3


def test_what_is_not_to_be_told() -> None:
    soon = expecting(79, *[78.0] * 13)
    assert step(FINE) is None
    assert step(expecting(*[90.0] * 7, *[70.0] * 7)) is None  # beyond seven days
    assert step(soon, value=79) is None  # it has happened
    assert step(soon, step(soon), value=79) is None  # and stays open
    assert step(Forecast(Refusal.NO_BETTER), step(soon)) is None
    assert follow(series(88, metric=MetricType.ISSUES), soon, RULES, None, NOW) is None
    assert follow(series(88), soon, None, None, NOW) is None


def test_it_resolves_when_it_is_asked_for_no_longer() -> None:
    opened = step(expecting(79, *[78.0] * 13))
    ended = follow(series(88), expecting(79, *[78.0] * 13), None, opened, NOW)
    assert ended is not None
    assert ended.status is AlertStatus.RESOLVED
