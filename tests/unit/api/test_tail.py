from hypothesis import given
from hypothesis import strategies as st

from api.live.events import ALERTS, CHANGES
from api.live.position import Place
from api.live.seen import Seen
from api.live.tail import Tail
from tests.unit.api.events import change

HERE, THERE = Place(CHANGES, 0), Place(CHANGES, 1)


@given(st.lists(st.integers(0, 1), max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_tells_all_or_says_that_it_cannot(partitions: list[int], here: int, there: int) -> None:
    tail, following, written = Tail({HERE: 0, THERE: 0}, limit=5), [0, 0], []
    for partition in partitions:
        event = change(offset=following[partition], partition=partition)
        following[partition] += 1
        written.append(event)
        tail.append(event, len(written))
    found = tail.since({HERE: here, THERE: there})
    expected = [e for e in written if e.offset >= (here, there)[e.place.partition]]
    reachable = all(
        asked >= count - 5 for asked, count in zip((here, there), following, strict=True)
    )
    assert found == (expected if reachable else None)
    newest = [e for e in written if e.offset >= following[e.place.partition] - 5]
    assert tail.written_since(here + 1) == [e for e in newest if written.index(e) >= here]


def test_repeats_are_known_by_where_they_were_first() -> None:
    seen = Seen(2)
    first, second = (Place(ALERTS, 0), 1), (Place(ALERTS, 0), 9)
    assert not seen.is_repeat("a", first)
    assert not seen.is_repeat("a", first)
    assert seen.is_repeat("a", second)
    assert seen.known_elsewhere("a", second)
    assert not seen.known_elsewhere("b", second)
    seen.is_repeat("b", first)
    seen.is_repeat("c", first)
    assert not seen.is_repeat("a", second), "the oldest is forgotten"
