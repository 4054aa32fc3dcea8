"""CSV and JSON lines."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from feeds.adapters import parse
from feeds.mapping import Mapping
from tests.unit.feeds.documents import RECEIVED, values


def test_one_measurement_a_row() -> None:
    body = b"""asset,metric,value,timestamp,source,metadata
orders,score,93.5,2026-03-01T00:00:00+01:00,loader,"{""rows"": 3}"
orders,issues,2,2026-03-01T00:00:00+01:00,,
"""
    parsed = parse("csv", body)
    assert parsed.faults == []
    assert values(parsed) == {"orders": {"score": 93.5, "issues": 2.0}}
    first, second = parsed.events
    assert first.timestamp == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert (first.source, second.source) == ("loader", "csv")
    assert msgspec.json.decode(first.metadata) == {"rows": 3}


def test_one_column_a_metric_semicolons_and_a_byte_order_mark() -> None:
    body = "\ufeffTable;Score;Issues;Completeness\norders;93.5;2;\nrefunds;;;99\n".encode()
    parsed = parse("csv", body, received=RECEIVED, mapping=Mapping(asset_prefix="w."))
    assert values(parsed) == {
        "w.orders": {"score": 93.5, "issues": 2.0},
        "w.refunds": {"completeness": 99.0},
    }
    assert {event.timestamp for event in parsed.events} == {RECEIVED}


def test_bad_rows_are_named_and_the_others_sent() -> None:
    body = b"""asset,metric,value,timestamp
orders,score,93.5,2026-03-01T00:00:00Z
orders,scoer,93.5,2026-03-01T00:00:00Z
orders,score,lots,2026-03-01T00:00:00Z
orders,score,101,2026-03-01T00:00:00Z
orders,score,1,yesterday
,score,1,2026-03-01T00:00:00Z
orders,score
orders,,1,2026-03-01T00:00:00Z
orders,score,,2026-03-01T00:00:00Z
orders,issues,3,2026-03-01T00:00:00Z
"""
    parsed = parse("csv", body)
    assert values(parsed) == {"orders": {"score": 93.5, "issues": 3.0}}
    assert sorted((fault.line, fault.field or "") for fault in parsed.faults) == [
        (3, "metricType"),
        (4, "value"),
        (5, "value"),
        (6, "timestamp"),
        (7, "asset"),
        (8, ""),
        (9, "metric"),
        (10, "value"),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the document is empty"),
        (b"asset,score\n\xff\xfe,1\n", "line 2: not UTF-8"),
        (b'asset,score\n"orders,1\n', "not CSV"),
        (b"asset,colour\norders,red\n", "no column metric_type or metrictype or metric or score"),
        (b'asset,score,metadata\no,1,"[1]"\n', "metadata: must be a JSON object"),
    ],
)
def test_what_is_no_csv_is_said(body: bytes, said: str) -> None:
    parsed = parse("csv", body)
    assert parsed.events == []
    assert said in str(parsed.faults[0])


def test_rows_with_a_time_keep_their_ids_when_the_file_grows() -> None:
    head = b"asset,metric,value,timestamp\norders,score,93.5,2026-03-01T00:00:00Z\n"
    grown = head + b"orders,score,90,2026-03-02T00:00:00Z\n"
    first, second = parse("csv", head), parse("csv", grown)
    assert first.events[0].event_id == second.events[0].event_id
    assert len({event.event_id for event in second.events}) == 2


def test_json_lines_are_events() -> None:
    event = {"assetId": "a", "metricType": "score", "value": 1, "timestamp": "2026-03-01T00:00:00Z"}
    lines = [json.dumps(event), "", json.dumps(event | {"value": 101}), "{", json.dumps(event)]
    parsed = parse("jsonl", "\n".join(lines).encode())
    refused, broken = parsed.faults
    assert str(refused) == "line 3: value: score must be 0-100, got 101"
    assert broken.line == 4
    # The same measurement twice is one event.
    assert len({event.event_id for event in parsed.events}) == 1
    named = event | {"eventId": "6f1d2a54-7c0e-4b7a-9a34-2f0c8e4b1d96"}
    (kept,) = parse("jsonl", json.dumps(named).encode()).events
    assert str(kept.event_id) == named["eventId"]
