"""Limits learned from hours and weekdays."""

import numpy
import pytest

from forecast.limits import AHEAD_DAYS, Grid, Limits, learn
from pipeline.thresholds import LearnedLimits

RULES = LearnedLimits(minimum_change=2)


def hours(days: int = 35, noise: float = 0.3) -> numpy.ndarray:
    """Good by day, worse at night, worst on weekends."""
    at = numpy.arange(days * 24)
    chance = numpy.random.default_rng(1)
    wave = 3 * numpy.cos(2 * numpy.pi * at / 24) - 8 * (at // 24 % 7 >= 5)
    return 88 + wave + chance.normal(0, noise, len(at))


def limits_of(values: numpy.ndarray, rules: LearnedLimits = RULES, **options: object) -> Limits:
    given = {"below": True, "widened": 1.0, "grid": Grid.HOURLY, "worst": values} | options
    seen = numpy.ones(len(values), dtype=bool)
    return learn(values, seen=seen, rules=rules, **given)  # type: ignore[arg-type]


def test_hour_and_weekday_are_told_apart() -> None:
    values = hours(37)
    found = limits_of(values[: 35 * 24])
    assert len(found.expected) == len(found.bound) == AHEAD_DAYS * 24
    assert numpy.abs(numpy.array(found.expected) - values[35 * 24 :]).max() < 2
    friday = limits_of(values[: 32 * 24])
    saturday = friday.expected[24 + 12] - friday.expected[12]
    assert saturday == pytest.approx(-8, abs=1)


def test_without_a_weekly_pattern_the_last_week_is_what_counts() -> None:
    values = hours()
    values += 8 * (numpy.arange(len(values)) // 24 % 7 >= 5)
    values[-7 * 24 :] -= 10  # a new level
    assert limits_of(values).expected[12] == pytest.approx(88 - 3 - 10, abs=2)


def test_no_limit_is_closer_than_the_smallest_change() -> None:
    found = limits_of(hours(noise=0.001))
    gaps = numpy.array(found.expected) - numpy.array(found.bound)
    assert gaps == pytest.approx(2, abs=1e-3)


def test_issues_have_limits_above() -> None:
    found = limits_of(hours(noise=2), below=False)
    assert all(
        bound > expected for bound, expected in zip(found.bound, found.expected, strict=True)
    )


@pytest.mark.parametrize(
    ("tighter", "wider"),
    [
        ({"widened": 1.0}, {"widened": 1.5}),
        (
            {"rules": LearnedLimits(false_alarms_per_month=10)},
            {"rules": LearnedLimits(false_alarms_per_month=0.1)},
        ),
    ],
)
def test_what_moves_limits_away(tighter: dict[str, object], wider: dict[str, object]) -> None:
    values = hours(noise=3)
    near, far = limits_of(values, **tighter), limits_of(values, **wider)  # type: ignore[arg-type]
    assert near.expected == far.expected
    assert all(a > b for a, b in zip(near.bound, far.bound, strict=True))


def test_the_worst_of_an_hour_is_what_errors_are_made_of() -> None:
    values = hours()
    assert limits_of(values, worst=values - 5).bound[0] < limits_of(values).bound[0] - 4


def test_gaps_have_no_error() -> None:
    values = hours(noise=0.5)
    worst, seen = values.copy(), numpy.ones(len(values), dtype=bool)
    worst[-200::2], seen[-200::2] = 0, False
    kept = learn(values, worst, seen, Grid.HOURLY, RULES, below=True, widened=1)
    assert kept.bound[0] > limits_of(values, worst=worst).bound[0] + 1


def test_days_have_limits_too() -> None:
    values = numpy.tile([95.0, 95, 95, 95, 95, 80, 80], 5) + numpy.random.default_rng(1).normal(
        0, 0.2, 35
    )
    found = limits_of(values, grid=Grid.DAILY)
    assert found.expected == pytest.approx([95, 95], abs=1)
    assert len(found.bound) == 2
