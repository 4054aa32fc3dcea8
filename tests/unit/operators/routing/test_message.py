from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.operators.routing.message import MOST_SHOWN, body_of, title_of, worst_of
from schemas.alerts import AlertStatus, Severity
from schemas.notifications import Notification, NotifiedAlert, Occasion

from .samples import NOW, an_alert


def one(occasion: Occasion = Occasion.RAISED, **fields: Any) -> NotifiedAlert:
    more = {name: fields.pop(name) for name in ("owner", "link") if name in fields}
    return NotifiedAlert(occasion=occasion, alert=an_alert(**fields), **more)


def about(*alerts: NotifiedAlert, **fields: Any) -> Notification:
    return Notification(id=uuid4(), created_at=NOW, alerts=list(alerts), **fields)


def test_what_previous_and_current_and_where_to_look() -> None:
    told = about(one(link="https://tm.example/alerts?view=all&alert=1", owner="sales"))
    assert title_of(told) == "[HIGH] Orders: score fell by 20 points, 90 -> 70"
    body = body_of(told)
    assert "<b>Orders: score fell by 20 points, 90 -&gt; 70</b>" in body
    assert "score: 90 -&gt; 70 (-20)" in body
    assert "Asset: warehouse.sales.orders" in body
    assert "Owner: sales" in body
    assert "https://tm.example/alerts?view=all&amp;alert=1" in body


def test_a_recovery_says_so() -> None:
    told = about(
        one(Occasion.RESOLVED, status=AlertStatus.RESOLVED, resolution="mended", changed_by="ann")
    )
    assert title_of(told).startswith("[RESOLVED] Orders")
    assert "Resolution: mended (ann)" in body_of(told)
    assert worst_of(told) is None


def test_why_it_is_told_again() -> None:
    titles = {occasion: title_of(about(one(occasion))) for occasion in Occasion}
    assert "worse: " in titles[Occasion.WORSENED]
    assert "still active: " in titles[Occasion.REPEATED]
    assert "not acknowledged: " in titles[Occasion.UNACKNOWLEDGED]


def test_a_group_is_counted_and_named_by_its_worst() -> None:
    told = about(
        one(severity=Severity.CRITICAL), one(), one(Occasion.RESOLVED), group="source warehouse"
    )
    assert title_of(told) == "[CRITICAL] 3 alerts, 1 of them resolved (source warehouse)"
    assert title_of(about(one(Occasion.RESOLVED), one(Occasion.RESOLVED))) == "[RESOLVED] 2 alerts"


def test_a_storm_does_not_make_a_message_without_end() -> None:
    body = body_of(about(*[one() for _ in range(MOST_SHOWN + 5)]))
    assert body.count("<b>") == MOST_SHOWN
    assert "and 5 more" in body


@given(st.text(min_size=1, max_size=50))
def test_nothing_in_an_alert_becomes_markup(text: str) -> None:
    plain = body_of(about(one(message="m", asset_name="n"), subscription="s"))
    told = one(message=text, asset_name=text, assignee=text)
    hostile = body_of(about(told, subscription=text))
    tags = [hostile.count(tag) for tag in ("<b>", "<a ", "<p>", "<script")]
    assert tags == [plain.count(tag) for tag in ("<b>", "<a ", "<p>", "<script")]


def test_a_test_says_that_it_is_one() -> None:
    told = about(test=True)
    assert title_of(told).startswith("[TEST]")
    assert "test" in body_of(told)


def test_occurrences_are_counted() -> None:
    alert = an_alert()
    again = replace(alert, metadata=replace(alert.metadata, occurrences=4))
    assert "Occurrences: 4" in body_of(
        about(NotifiedAlert(occasion=Occasion.WORSENED, alert=again))
    )
