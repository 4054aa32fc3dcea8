"""Records that retention deletes before they are read are counted, each once."""

from typing import Any

from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from api.watch import Losses as SeenLosses
from api.watch import Places
from pipeline.losses import Losses, watch_resets
from schemas.system import PartitionLag

TP = TopicPartition("events", 0)


def counting() -> tuple[Losses, list[tuple[str, int]]]:
    losses, told = Losses(), []
    losses.count = lambda topic, records: told.append((topic, records))
    return losses, told


def test_a_loss_is_counted_once_however_often_reading_begins_before_it() -> None:
    losses, told = counting()
    assert losses.skip("events", 0, 10, 50) == 40
    assert losses.skip("events", 0, 10, 50) == 0
    assert losses.skip("events", 0, 10, 60) == 10
    assert losses.skip("events", 1, 10, 5) == 0
    assert told == [("events", 40), ("events", 10)]


@given(st.lists(st.integers(0, 100), min_size=1).map(sorted), st.integers(0, 100))
def test_what_is_counted_is_what_lies_before_the_first_offset(firsts: list[int], at: int) -> None:
    losses, told = counting()
    for first in firsts:
        losses.skip("events", 0, at, first)
    assert sum(records for _, records in told) == max(0, firsts[-1] - at)


class _State:
    def __init__(self) -> None:
        self.awaiting_reset, self.has_valid_position, self.position = False, True, 10


class _Assignment:
    active = True

    def __init__(self, state: _State) -> None:
        self._state = state

    def state_value(self, _tp: TopicPartition) -> _State:
        return self._state


class _Request:
    topics = (("events", [(0, 10, 1)]),)


class _Fetcher:
    """Finds position 10 out of range, and goes on at `first`."""

    def __init__(self, state: _State, first: int) -> None:
        self._state, self._first = state, first

    async def _proc_fetch_request(self, *_: Any) -> bool:
        self._state.awaiting_reset, self._state.has_valid_position = True, False
        return False

    async def _update_fetch_positions(self, *_: Any) -> bool:
        self._state.awaiting_reset, self._state.has_valid_position = False, True
        self._state.position = self._first
        return False


async def fetched(first: int, topics: tuple[str, ...] = ("events",)) -> list[tuple[str, int]]:
    losses, told = counting()
    state = _State()
    fetcher, assignment = _Fetcher(state, first), _Assignment(state)
    watch_resets(fetcher, topics, losses)
    await fetcher._proc_fetch_request(assignment, 1, _Request())
    await fetcher._update_fetch_positions(assignment, 1, [TP])
    await fetcher._update_fetch_positions(assignment, 1, [TP])
    return told


async def test_a_running_consumer_that_is_overtaken_counts_what_it_skips() -> None:
    assert await fetched(35) == [("events", 25)]
    assert await fetched(35, ("others",)) == []
    assert await fetched(0) == [], "the log ends before it: nothing was skipped"


def lag(committed: int | None, end: int = 100) -> PartitionLag:
    return PartitionLag(topic="events", partition=0, committed=committed, end=end, lag=0)


def test_an_edge_counts_losses_while_the_consumer_is_away_and_keeps_the_count() -> None:
    losses = SeenLosses()
    for begin, committed in ((0, 10), (30, 10), (30, 10), (40, 10), (40, 90), (90, 90)):
        losses.take("sink", {TP: begin}, [lag(committed)])
    assert (losses.of("sink"), losses.of("worker")) == (30, 0)
    losses.take("worker", {TP: 50}, [lag(None)])
    assert losses.of("worker") == 0, "who has never read has lost nothing"


def test_unread_records_near_the_end_of_their_time_are_told_before_they_go() -> None:
    places = Places(begins={TP: 5}, ends={TP: 100}, newer={TP: 60})
    assert places.expiring(lag(20)) == 40
    assert places.expiring(lag(60)) == 0
    assert places.expiring(lag(None)) == 55
    assert Places({TP: 0}, {TP: 9}, {}).expiring(lag(0)) == 0
