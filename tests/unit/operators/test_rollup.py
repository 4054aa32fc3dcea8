import statistics
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.rollup import (
    OVERALL,
    SOURCE,
    DayKey,
    Figures,
    GroupDayKey,
    Measured,
    by_group,
    daily,
    group_daily,
    hourly,
    newest,
)

START = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)

measured = st.builds(
    lambda asset, value, minutes, late: Measured(
        asset, "score", round(value, 3), START + timedelta(minutes=minutes), late
    ),
    st.sampled_from("abc"),
    st.floats(0, 100),
    st.integers(0, 180),
    st.booleans(),
)
some = st.lists(measured, min_size=1, max_size=60)


def assert_equal(found: Figures, expected: Figures) -> None:
    for name in ("count", "minimum", "maximum", "first", "first_at", "last", "last_at", "sketch"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.mean == pytest.approx(expected.mean)
    assert found.squares == pytest.approx(expected.squares, abs=1e-6)


def summed(given_: Sequence[Measured]) -> dict[DayKey, Figures]:
    return daily(hourly(given_))


@given(some)
def test_figures_are_those_of_the_values(given_: list[Measured]) -> None:
    for key, figures in summed(given_).items():
        values = [
            (one.timestamp, one.value)
            for one in given_
            if (one.asset_id, one.timestamp.date()) == (key.asset_id, key.day)
        ]
        plain = [value for _, value in values]
        assert figures.count == len(plain) == sum(figures.sketch.values())
        assert (figures.minimum, figures.maximum) == (min(plain), max(plain))
        assert (figures.first_at, figures.first) == min(values)
        assert (figures.last_at, figures.last) == max(values)
        assert figures.mean == pytest.approx(statistics.fmean(plain))
        variance = statistics.pvariance(plain) * len(plain)
        assert figures.squares == pytest.approx(variance, abs=1e-6)


@given(some, st.randoms(use_true_random=False), st.integers(0, 60))
def test_parts_in_any_order_come_to_the_same(given_: list[Measured], random, cut: int) -> None:  # type: ignore[no-untyped-def]
    whole = summed(given_)
    mixed = random.sample(given_, len(given_))
    merged = summed(mixed[:cut])
    for key, part in summed(mixed[cut:]).items():
        if key in merged:
            merged[key] = merged[key].copy()
            merged[key].merge(part)
        else:
            merged[key] = part
    assert merged.keys() == whole.keys()
    for key, figures in merged.items():
        assert_equal(figures, whole[key])


@given(some)
def test_groups_hold_the_values_of_their_assets(given_: list[Measured]) -> None:
    hours = hourly(given_)
    before = {key: figures.copy() for key, figures in hours.items()}
    groups = group_daily(by_group(hours, {"a": "crm", "b": "crm"}.get))
    for kind, name, assets in ((OVERALL, "", "abc"), (SOURCE, "crm", "ab")):
        alike = [one._replace(asset_id="x") for one in given_ if one.asset_id in assets]
        expected = summed(alike)
        found = {
            key.day: one for key, one in groups.items() if (key.kind, key.name) == (kind, name)
        }
        assert found.keys() == {key.day for key in expected}
        for day, figures in found.items():
            assert_equal(figures, expected[DayKey("x", "score", day)])
    for key, figures in hours.items():
        assert_equal(figures, before[key])  # merging changed none of the parts


def test_hours_and_days_are_of_utc() -> None:
    given_ = [
        Measured("a", "score", 90, datetime(2026, 11, 24, 23, 59, 59, 999_999, UTC), False),
        Measured("a", "score", 80, datetime(2026, 11, 25, 0, 0, tzinfo=UTC), False),
    ]
    hours = hourly(given_)
    assert [key.hour.hour for key in hours] == [23, 0]
    assert [key.day for key in daily(hours)] == [date(2026, 11, 24), date(2026, 11, 25)]
    groups = group_daily(by_group(hours, {}.get))
    assert set(groups) == {
        GroupDayKey(OVERALL, "", "score", date(2026, 11, 24)),
        GroupDayKey(OVERALL, "", "score", date(2026, 11, 25)),
    }


def test_late_values_count_but_are_not_the_newest() -> None:
    given_ = [
        Measured("a", "score", 90, START, False),
        Measured("a", "score", 10, START - timedelta(minutes=1), True),
        Measured("a", "score", 80, START + timedelta(minutes=1), False),
    ]
    (found,) = newest(given_).values()
    assert (found.value, found.previous) == (80, 90)
    (figures,) = summed(given_).values()
    assert (figures.count, figures.first, figures.last) == (3, 10, 80)
