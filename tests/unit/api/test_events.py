import json

import pytest

from api.live.events import CHANGES, read_event
from api.live.position import Place
from tests.unit.api.events import alert, change


def test_a_message_carries_the_record_as_it_is() -> None:
    event = change("warehouse.orders")
    message = json.loads(event.message("1abc", b"2025-01-01T00:00:00.000Z"))
    assert message == {
        "type": "metric_change",
        "payload": json.loads(event.raw),
        "timestamp": "2025-01-01T00:00:00.000Z",
        "position": "1abc",
    }


def test_only_a_newly_raised_alert_is_called_alert() -> None:
    assert alert().type == "alert"
    assert alert(status="acknowledged", changed_by="key:bob").type == "alert_status_changed"
    assert alert(status="active", changed_by="key:bob").type == "alert_status_changed"
    assert alert(status="resolved").type == "alert_status_changed"


def test_a_further_occurrence_is_no_new_alert_unless_it_is_worse() -> None:
    assert alert(occurrences=2).type == "alert_status_changed"
    assert alert(occurrences=2, worsenedFrom="medium").type == "alert"


@pytest.mark.parametrize("raw", [None, b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_left_out(raw: bytes | None) -> None:
    assert read_event(Place(CHANGES, 0), 0, raw) is None


def test_changes_of_one_asset_and_metric_share_a_slot_and_steps_do_not() -> None:
    assert change("a", "score").slot == change("a", "score").slot
    assert change("a", "score").slot != change("a", "issues").slot
    assert alert().slot is None
