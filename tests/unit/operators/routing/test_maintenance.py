from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.operators.routing.maintenance import open_until, window_over

from .samples import NOW, a_window, an_alert, later, moments


def nightly(zone: str = "Europe/Berlin", **fields):
    return a_window(schedule="0 2 * * *", duration_seconds=7200, time_zone=zone, **fields)


def test_once_from_start_to_end() -> None:
    window = a_window(starts_at=NOW, ends_at=later(hours=2))
    assert open_until(window, later(seconds=-1)) is None
    assert open_until(window, NOW) == later(hours=2)
    assert open_until(window, later(hours=2)) is None


def test_a_schedule_is_by_the_clock_of_its_time_zone() -> None:
    summer = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)  # 2:00 in Berlin
    winter = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    for opens in (summer, winter):
        assert open_until(nightly(), opens - timedelta(microseconds=1)) is None
        assert open_until(nightly(), opens) == opens + timedelta(hours=2)
        assert open_until(nightly(), opens + timedelta(hours=2)) is None


def test_a_schedule_has_bounds() -> None:
    opens = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
    assert open_until(nightly(starts_at=opens + timedelta(minutes=1)), opens) is None
    assert open_until(nightly(ends_at=opens), opens) is None
    ends = opens + timedelta(minutes=5)
    assert open_until(nightly(ends_at=ends), opens) == ends


def test_one_that_is_turned_off_is_never_open() -> None:
    window = a_window(starts_at=NOW, ends_at=later(hours=2), enabled=False)
    assert open_until(window, NOW) is None


@given(moments, st.integers(1800, 3500), st.sampled_from(["UTC", "America/New_York"]))
def test_an_open_window_is_open_until_it_closes(now, seconds, zone) -> None:
    window = a_window(schedule="30 * * * *", duration_seconds=seconds, time_zone=zone)
    until = open_until(window, now)
    assume(until is not None)
    assert now < until <= now + timedelta(seconds=seconds)
    assert open_until(window, until - timedelta(microseconds=1)) == until
    assert open_until(window, until) is None


def test_of_several_the_one_that_closes_last_is_told() -> None:
    short = a_window(starts_at=NOW, ends_at=later(hours=1))
    long = a_window(starts_at=NOW, ends_at=later(hours=3))
    other = a_window(starts_at=NOW, ends_at=later(hours=9), asset_pattern="crm.*")
    found = window_over([short, long, other], an_alert(), NOW)
    assert found is not None
    assert found == (long, later(hours=3))
    assert window_over([other], an_alert(), NOW) is None
