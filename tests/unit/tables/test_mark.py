"""Where the worker goes on reading, given how far the state is and what Kafka holds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.state import Liveness
from pipeline.positions import Committed, Extent, Start, start_of
from tables import codec, mark
from tables.mark import Mark, Placed

HERE = Extent("new", 10, 100)


def start(committed: int | None, topic_id: str = "new", extent: Extent = HERE) -> Start:
    had = None if committed is None else Committed(committed, topic_id)
    return start_of("quality.metrics", 0, had, extent)


@pytest.mark.parametrize(
    ("committed", "topic_id", "offset"),
    [
        (None, "new", 10),
        (40, "new", 40),
        (100, "new", 100),
        (40, "old", 10),  # another topic's
        (101, "new", 10),  # beyond the end
        (3, "new", 10),  # overtaken by retention
    ],
)
def test_a_group_goes_on_where_it_was_if_that_is_still_there(
    committed: int | None, topic_id: str, offset: int
) -> None:
    assert start(committed, topic_id).offset == offset


def test_offsets_that_name_no_topic_are_those_of_this_one() -> None:
    assert start_of("t", 0, Committed(40), HERE).offset == 40
    assert start_of("t", 0, Committed(40, "old"), Extent(None, 10, 100)).offset == 40


@pytest.mark.parametrize(
    ("seen", "committed", "offset"),
    [
        (50, 40, 40),  # applied, and not yet committed
        (50, 50, 50),
        (50, 60, 50),  # committed, and never applied
        (50, None, 50),
        (10, 10, 10),
    ],
)
def test_nothing_that_the_state_has_not_seen_is_left_out(
    seen: int, committed: int | None, offset: int
) -> None:
    placed = mark.place(Mark.before(seen, 0, "new"), start(committed), -1)
    assert placed == Placed(Mark.before(seen, 0, "new"), offset)


def test_a_state_without_a_mark_goes_on_where_the_group_was() -> None:
    assert mark.place(None, start(40), -1) == Placed(Mark.before(40, 0, "new"), 40)


def test_what_retention_has_deleted_is_counted() -> None:
    placed = mark.place(Mark.before(4, 0, "new"), start(4), -1)
    assert (placed.offset, placed.lost, placed.mark.next_offset) == (10, 6, 10)


@pytest.mark.parametrize(
    ("known", "extent"),
    [
        (Mark.before(500, 0, "old"), HERE),
        (Mark.before(50, 0, "old"), HERE),  # it has outgrown the old one
        (Mark.before(500, 0, "new"), HERE),  # it has lost records
        (Mark.before(500, 0, None), Extent(None, 0, 9)),
    ],
)
def test_another_topic_is_read_from_its_beginning_and_counted_on(
    known: Mark, extent: Extent
) -> None:
    placed = mark.place(known, start(None, extent=extent), applied=600)
    assert placed.recreated
    assert placed.offset == placed.mark.next_offset == extent.first
    # The first event's position is behind all that states have seen.
    assert placed.mark.base + placed.offset > 600
    again = mark.place(placed.mark, start(None, extent=extent), applied=600)
    assert not again.recreated
    assert again.mark == placed.mark


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 2**40))
def test_marks_only_advance(base: int, offset: int, end: int) -> None:
    before = Mark.before(offset, base, "id")
    after = before.reaching(end)
    assert after.next_offset == max(offset, end)
    assert after.offset >= before.offset
    assert mark.decode(mark.encode(after)) == after


def test_a_release_without_marks_takes_one_for_an_asset_that_never_spoke() -> None:
    raw = mark.encode(Mark.before(7, 3, "id"))
    assert codec.decode_liveness(raw) == Liveness(9, 0, 0.0, 0.0, 0, 0)
    assert mark.mark_key(3).startswith(mark.RESERVED)
    assert Mark.__struct_fields__[:6] == Liveness.__struct_fields__
    with pytest.raises(msgspec.DecodeError):
        mark.decode(b"\x01garbage")
