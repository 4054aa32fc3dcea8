"""The replay goes on where it stopped, and never forgets a day it owes."""

import json
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from threading import Event

import pytest

from feeds.sample.replay import Bookmark, DayReport, Replay, Span, calendar
from tests.unit.client.transports import ScriptedTransport
from tidemark_client import Buffering, Refusal, Reporter, Unavailable
from tidemark_client.encode import Envelope

FEBRUARY = Span(date(2013, 2, 7), date(2013, 2, 9))


def test_the_calendar_ends_once_and_goes_round_in_a_loop() -> None:
    start = date(2013, 2, 8)
    assert [d.day for d in calendar(FEBRUARY, start, loop=False)] == [8, 9]
    assert [d.day for d in islice(calendar(FEBRUARY, start, loop=True), 6)] == [8, 9, 7, 8, 9, 7]
    assert FEBRUARY.after(date(2013, 2, 9)) == date(2013, 2, 7)


def test_a_bookmark_survives_and_a_broken_one_is_none(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "sample.json"
    bookmark = Bookmark(file)
    assert bookmark.read() is None
    bookmark.write(date(2013, 2, 8))
    assert Bookmark(file).read() == date(2013, 2, 8)
    for broken in ("", "[]", "{}", '{"nextDay": 3}', '{"nextDay": "soon"}'):
        file.write_text(broken)
        assert bookmark.read() is None


def test_every_event_of_a_day_gets_through_before_its_bookmark() -> None:
    kept: list[tuple[date, int]] = []
    told: list[DayReport] = []
    transport = ScriptedTransport()
    with Reporter(transport=transport, strict=True, source="sample-feed") as reporter:
        replay = Replay(reporter, Event(), told.append)
        replay.run(
            calendar(FEBRUARY, FEBRUARY.first, loop=False),
            0,
            lambda day: kept.append((day, len(transport.delivered))),
        )
    assert [day for day, _ in kept] == [date(2013, 2, d) for d in (7, 8, 9)]
    assert [sent for _, sent in kept] == [sum(r.events for r in told[: n + 1]) for n in range(3)]
    event = json.loads(transport.delivered[0].body)
    assert event["assetId"] == "nyc.flights"
    assert event["source"] == "sample-feed"
    assert event["metadata"]["dataDate"] == "2013-02-07"


def test_told_to_stop_in_an_outage_it_keeps_the_old_bookmark() -> None:
    stop = Event()

    def away(batch: Sequence[Envelope]) -> Sequence[Refusal]:
        stop.set()
        raise Unavailable("nobody home", batch)

    kept: list[date] = []
    transport = ScriptedTransport(*[away] * 1000)
    reporter = Reporter(transport=transport, strict=True, buffering=Buffering(close_timeout=0.2))
    replay = Replay(reporter, stop, lambda report: None)
    replay.run(calendar(FEBRUARY, FEBRUARY.first, loop=True), 0, kept.append)
    assert kept == []
    with pytest.raises(Exception, match="nobody home"):
        reporter.close()
