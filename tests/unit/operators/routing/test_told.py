from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.routing.told import Told, is_over, news_of, repeat_at
from schemas.alerts import SEVERITY_RANK, AlertStatus, Severity
from schemas.notifications import Occasion

from .samples import NOW, an_alert, later, moments, severities, statuses


def told(severity: Severity = Severity.HIGH, **fields) -> Told:
    given = {"activation": uuid4(), "severity": severity, "since": NOW, "last": NOW} | fields
    return Told(**given)


@pytest.mark.parametrize("status", [s for s in AlertStatus if s is not AlertStatus.ACTIVE])
def test_what_is_over_or_in_hand_before_it_was_told_is_no_news(status: AlertStatus) -> None:
    assert news_of(an_alert(status=status), None, 60, NOW) is None


def test_an_active_alert_is_news_once() -> None:
    assert news_of(an_alert(), None, None, NOW) is Occasion.RAISED
    assert news_of(an_alert(), told(), None, later(days=9)) is None


@given(severities, severities, statuses)
def test_only_what_is_worse_is_told_again(before: Severity, now: Severity, status) -> None:
    news = news_of(an_alert(severity=now, status=status), told(before), None, NOW)
    worse = SEVERITY_RANK[now] > SEVERITY_RANK[before]
    assert (news is Occasion.WORSENED) == (worse and status is AlertStatus.ACTIVE)


@given(statuses, st.none() | st.integers(1, 1000), moments)
def test_a_recovery_is_told_to_who_was_told_before(status: AlertStatus, repeat, now) -> None:
    alert = an_alert(status=status)
    assert news_of(alert, None, repeat, now) is not Occasion.RESOLVED
    told_of = news_of(alert, told(), repeat, now) is Occasion.RESOLVED
    assert told_of == (status is AlertStatus.RESOLVED)


def test_a_reminder_comes_after_its_interval_while_nobody_acts() -> None:
    known = told(last=NOW)
    assert news_of(an_alert(), known, 60, later(seconds=59)) is None
    assert news_of(an_alert(), known, 60, later(seconds=60)) is Occasion.REPEATED
    acknowledged = an_alert(status=AlertStatus.ACKNOWLEDGED)
    assert news_of(acknowledged, known, 60, later(hours=1)) is None
    assert repeat_at(acknowledged, known, 60) is None
    assert repeat_at(an_alert(), None, 60) is None


def test_resolved_and_ignored_alerts_are_over() -> None:
    over = {status for status in AlertStatus if is_over(an_alert(status=status))}
    assert over == {AlertStatus.RESOLVED, AlertStatus.IGNORED}
