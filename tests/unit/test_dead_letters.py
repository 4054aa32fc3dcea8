"""Dead letters: what is read from a record, which are meant, which may go back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer

from agents.outcome import dead_letter_headers
from cli.letter_views import document, full_view, letter_table
from cli.moments import moment
from pipeline.dead_letters.letter import NO_REASON, DeadLetter, Selection, read_letter
from pipeline.dead_letters.redrive import ALREADY, Fitness
from pipeline.settings import Settings
from schemas.dead_letters import REDRIVEN_FROM, LetterId

from .operators.events import ASSET, FakeRecord, payload

REFUSED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MOMENT = int(REFUSED.timestamp() * 1000)


def letter(
    value: bytes | None = b"{",
    key: bytes | None = ASSET.encode(),
    *,
    reason: str = "not JSON: Input data was truncated",
    topic: str = "quality.metrics",
    headers: tuple[tuple[str, bytes], ...] = (),
) -> DeadLetter:
    told = dead_letter_headers(reason, topic, 2, 4711, MOMENT - 5)
    return read_letter(3, FakeRecord(key, value, 117, MOMENT, (*headers, *told)))


def test_a_letter_tells_why_and_where_from() -> None:
    read = letter(headers=(("traceparent", b"00-1"), ("tidemark.reason", b"forged")))
    assert read.id == LetterId(3, 117, MOMENT)
    assert str(read.id) == "3-117"
    assert read.reason == "not JSON: Input data was truncated"
    assert (read.source_topic, read.source_partition, read.source_offset) == (
        "quality.metrics", 2, 4711,
    )  # fmt: skip
    assert read.source_timestamp == MOMENT - 5
    assert read.original_headers == [("traceparent", b"00-1")]


def test_a_record_of_others_is_read_all_the_same() -> None:
    headers: Any = (("tidemark.source.offset", b"x"), ("empty", None))
    read = read_letter(0, FakeRecord(None, None, 1, MOMENT, headers))
    assert (read.reason, read.source_topic, read.source_offset) == (NO_REASON, None, None)
    assert read.asset is None
    assert json.loads(document(read, set()))["value"] is None
    assert "(none)" in full_view(read, set())


@pytest.mark.parametrize(
    ("value", "asset"),
    [
        (b'{"assetId": "lake.orders", "value": "x"}', "lake.orders"),
        (b'{"assetId": 7}', ASSET),
        (b"[" * 100_000, ASSET),
        (b'"\xff"', ASSET),
        (None, ASSET),
    ],
)
def test_the_asset_is_the_payloads_or_else_the_key(value: bytes | None, asset: str) -> None:
    assert letter(value).asset == asset


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), True),
        (Selection(reason="NOT json"), True),
        (Selection(reason="oversized"), False),
        (Selection(asset="lake.*"), True),
        (Selection(asset="warehouse.sales.*"), True),
        (Selection(asset="warehouse.orders"), False),
        (Selection(topic="quality.metrics"), True),
        (Selection(topic="quality.history"), False),
        (Selection(since=REFUSED), True),
        (Selection(since=REFUSED + timedelta(milliseconds=1)), False),
        (Selection(until=REFUSED), False),
        (Selection(until=REFUSED + timedelta(milliseconds=1)), True),
        (Selection(reason="not json", topic="quality.history"), False),
    ],
)
def test_all_that_is_asked_for_must_hold(selection: Selection, meant: bool) -> None:
    assert selection.takes(letter(b'{"assetId": "lake.orders"}')) is meant


def test_an_event_that_is_valid_by_now_may_go_back() -> None:
    assert Fitness(Settings(), set()).fault(letter(payload(90))) is None


@pytest.mark.parametrize(
    ("kept", "fault"),
    [
        (letter(b"{"), "would be refused again: not JSON"),
        (letter(payload(101)), "would be refused again: value: score must be 0-100"),
        (letter(payload(9), key=None), "would be refused again: the record key must be"),
        (letter(payload(9, second=1e9)), "would be refused again: timestamp: "),
        (letter(payload(9), topic="quality.history"), "comes from quality.history, not from"),
        (read_letter(0, FakeRecord(None, payload(9), 1, 1)), "comes from nobody knows where"),
    ],
)
def test_what_would_be_refused_again_stays(kept: DeadLetter, fault: str) -> None:
    assert (Fitness(Settings(), set()).fault(kept) or "").startswith(fault)


def test_what_was_sent_back_stays_unless_the_topic_was_made_anew() -> None:
    kept = letter(payload(90))
    assert Fitness(Settings(), {kept.id}).fault(kept) == ALREADY
    assert Fitness(Settings(), {kept.id._replace(timestamp=1)}).fault(kept) is None


def test_keys_can_be_mended() -> None:
    fitness = Fitness(Settings(), set(), rekey=True)
    kept = letter(payload(90), key=b"wrong")
    assert fitness.fault(kept) is None
    assert fitness.key(kept) == ASSET.encode()


def test_json_holds_every_byte() -> None:
    kept = letter(b"\xff\x00", headers=(("id", b"\xfe"), (REDRIVEN_FROM, b"0-1")))
    told = json.loads(document(kept, {kept.id}))
    assert told["valueBase64"] == "/wA="
    assert told["key"] == ASSET
    assert told["sentBack"] is True
    assert told["refusedAt"] == "2026-11-24T09:00:00.000+00:00"
    assert told["source"]["offset"] == 4711
    assert {"name": "id", "valueBase64": "/g=="} in told["headers"]


def test_nothing_of_it_reaches_the_terminal_unescaped(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07[red]"
    kept = letter(b'{"assetId": "a\\u001b[2J"}' + evil.encode(), evil.encode(), reason=evil)
    letter_table([kept], set())
    shown = capsys.readouterr().out + full_view(kept, set())
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[red]" in shown


def test_bytes_that_are_no_text_are_dumped() -> None:
    assert "00000000  ff 41 " in full_view(letter(b"\xffA"), set())


def test_long_ones_are_cut() -> None:
    shown = full_view(letter("é".encode() * 5000), set())
    assert shown.endswith("... 10000 bytes in all; --raw gives them")
    assert len(shown) < 6000


def test_moments_are_ages_or_times() -> None:
    assert abs(moment("90m") - (datetime.now(UTC) - timedelta(minutes=90))) < timedelta(seconds=5)
    assert moment("2026-11-24") == datetime(2026, 11, 24, tzinfo=UTC)
    assert moment("2026-11-24T10:00:00+01:00") == REFUSED
    for nonsense in ("yesterday", "5 parsecs", "99999999999w", ""):
        with pytest.raises(typer.BadParameter, match="neither an age"):
            moment(nonsense)
