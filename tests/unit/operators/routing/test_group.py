from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.routing.group import due_at, group_key, group_label
from schemas.routing import GroupBy

from .samples import NOW, a_subscription, an_alert, moments


def test_alone_by_source_or_by_owner() -> None:
    one, other = an_alert(), an_alert()
    assert group_key(GroupBy.ALERT, one, "x") != group_key(GroupBy.ALERT, other, "x")
    assert group_key(GroupBy.SOURCE, one, "x") == group_key(GroupBy.SOURCE, other, "y")
    assert group_key(GroupBy.OWNER, one, "x") != group_key(GroupBy.OWNER, other, "y")


def test_groups_have_names_people_understand() -> None:
    alert = an_alert(source="warehouse eu")
    assert group_label(GroupBy.SOURCE, group_key(GroupBy.SOURCE, alert, None)) == (
        "source warehouse eu"
    )
    assert group_label(GroupBy.OWNER, group_key(GroupBy.OWNER, alert, None)) == "no owner"
    assert group_label(GroupBy.ALERT, group_key(GroupBy.ALERT, alert, None)) is None


def test_with_nothing_configured_everything_is_told_at_once() -> None:
    assert due_at(a_subscription(), None, NOW) == NOW
    assert due_at(a_subscription(), NOW, NOW) == NOW


seconds = st.integers(0, 10_000)


@given(seconds, seconds, moments, st.none() | moments)
def test_it_waits_for_company_and_keeps_its_interval(wait, interval, now, told_at) -> None:
    subscription = a_subscription(group_wait_seconds=wait, group_interval_seconds=interval)
    due = due_at(subscription, told_at, now)
    assert due >= now + timedelta(seconds=wait)
    if told_at is not None:
        assert due >= told_at + timedelta(seconds=interval)
    expected = [now + timedelta(seconds=wait)]
    expected += [told_at + timedelta(seconds=interval)] if told_at else []
    assert due in expected
