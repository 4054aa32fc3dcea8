import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.live.position import Cursor, InvalidPosition, Offsets, Place, decode

MARK = b"mark"


def places(topics: list[list[int]]) -> Offsets:
    return {
        Place(topic, partition): offset
        for topic, offsets in enumerate(topics)
        for partition, offset in enumerate(offsets)
    }


TOPICS = st.lists(
    st.lists(st.integers(0, 2**62), min_size=1, max_size=20), min_size=2, max_size=2
).map(places)


@given(TOPICS)
def test_a_token_tells_the_offsets(offsets: Offsets) -> None:
    assert decode(Cursor(MARK, offsets).token, MARK, 2) == offsets


@given(TOPICS, st.integers(0, 2**62), st.randoms())
def test_a_moved_cursor_tells_where_it_is(offsets: Offsets, offset: int, random: object) -> None:
    cursor = Cursor(MARK, offsets)
    place = random.choice(sorted(offsets))  # type: ignore[attr-defined]
    cursor.advance(place, offset)
    assert decode(cursor.token, MARK, 2) == {**offsets, place: offset}


@given(st.text(max_size=60))
def test_nonsense_is_refused_and_nothing_worse(token: str) -> None:
    with pytest.raises(InvalidPosition):
        decode(token, MARK, 2)


@given(TOPICS, st.data())
def test_a_truncated_token_is_refused(offsets: Offsets, data: st.DataObject) -> None:
    token = Cursor(MARK, offsets).token
    cut = data.draw(st.integers(0, len(token) - 2))
    with pytest.raises(InvalidPosition):
        decode(token[:cut], MARK, 2)


def test_another_clusters_token_is_refused() -> None:
    token = Cursor(b"else", places([[1], [2]])).token
    with pytest.raises(InvalidPosition, match="another cluster"):
        decode(token, MARK, 2)


def test_eight_partitions_fit_into_a_line() -> None:
    assert len(Cursor(MARK, places([[10**6] * 4, [10**6] * 4])).token) < 60
