from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.routing.escalate import escalations_due, next_escalation_at
from schemas.alerts import AlertStatus

from .samples import BOSS, NOW, PAGER, an_alert, escalation, later, statuses
from .test_told import told

LEVELS = [escalation(3600, BOSS), escalation(900, PAGER)]


def test_levels_come_in_their_time() -> None:
    assert escalations_due(LEVELS, an_alert(), told(), later(seconds=899)) == []
    assert escalations_due(LEVELS, an_alert(), told(), later(seconds=900)) == [LEVELS[1]]
    assert escalations_due(LEVELS, an_alert(), told(), later(hours=1)) == LEVELS[::-1]
    assert next_escalation_at(LEVELS, an_alert(), told()) == later(seconds=900)


def test_a_level_comes_once() -> None:
    known = told(escalated_after=900)
    assert escalations_due(LEVELS, an_alert(), known, later(hours=2)) == [LEVELS[0]]
    assert next_escalation_at(LEVELS, an_alert(), known) == later(hours=1)
    assert next_escalation_at(LEVELS, an_alert(), told(escalated_after=3600)) is None


def test_who_was_not_told_cannot_be_late() -> None:
    assert escalations_due(LEVELS, an_alert(), None, later(days=1)) == []
    assert next_escalation_at(LEVELS, an_alert(), None) is None


@given(statuses)
def test_only_what_nobody_acknowledged_escalates(status: AlertStatus) -> None:
    due = escalations_due(LEVELS, an_alert(status=status), told(), later(days=1))
    assert bool(due) == (status is AlertStatus.ACTIVE)


@given(st.sets(st.integers(1, 10_000), max_size=5), st.integers(0, 10_000), st.integers(0, 10_000))
def test_each_level_is_either_due_or_ahead(afters, done, passed) -> None:
    levels = [escalation(after, PAGER) for after in afters]
    known = told(escalated_after=done)
    due = [level.after_seconds for level in escalations_due(
        levels, an_alert(), known, later(seconds=passed)
    )]  # fmt: skip
    assert due == sorted(after for after in afters if done < after <= passed)
    following = next_escalation_at(levels, an_alert(), known)
    ahead = min((after for after in afters if after > done), default=None)
    assert following == (None if ahead is None else NOW.replace() + (later(seconds=ahead) - NOW))
