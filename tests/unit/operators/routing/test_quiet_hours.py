from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.operators.routing.quiet_hours import quiet_until
from schemas.alerts import Severity

from .samples import moments, quiet

BERLIN = "Europe/Berlin"


def local(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (local(22), local(7, day=25)),
        (local(23, 59), local(7, day=25)),
        (local(0), local(7)),
        (local(6, 59), local(7)),
        (local(7), None),
        (local(21, 59), None),
    ],
)
def test_past_midnight(now: datetime, until: datetime | None) -> None:
    assert quiet_until(quiet("22:00", "07:00", BERLIN), Severity.HIGH, now) == until


@pytest.mark.parametrize(
    ("now", "until"),
    [(local(12), local(13)), (local(12, 30), local(13)), (local(13), None), (local(11), None)],
)
def test_within_a_day(now: datetime, until: datetime | None) -> None:
    assert quiet_until(quiet("12:00", "13:00", BERLIN), Severity.HIGH, now) == until


def test_what_is_severe_enough_is_told_all_the_same() -> None:
    hours = quiet("22:00", "07:00", BERLIN, unless=Severity.HIGH)
    assert quiet_until(hours, Severity.MEDIUM, local(23)) is not None
    assert quiet_until(hours, Severity.HIGH, local(23)) is None
    assert quiet_until(hours, Severity.CRITICAL, local(23)) is None


times = st.times().map(lambda time: f"{time:%H:%M}")
zones = st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


@given(times, times, zones, moments)
def test_they_end_later_and_are_over_then(start, end, zone, now) -> None:
    assume(start != end)
    hours = quiet(start, end, zone)
    until = quiet_until(hours, Severity.LOW, now)
    assume(until is not None)
    assert now < until <= now + timedelta(hours=25)
    assert quiet_until(hours, Severity.LOW, until) is None
