from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.paging import cursor_of, key_of, split
from api.problems import Refusal


class Key(NamedTuple):
    at: datetime
    id: UUID


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_tells_its_key(at: datetime, number: UUID) -> None:
    assert key_of(cursor_of(at, number), Key) == Key(at, number)


@given(st.text(max_size=40))
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="cursor"):
        key_of(text, Key)


def test_another_lists_cursor_is_refused() -> None:
    with pytest.raises(Refusal):
        key_of(cursor_of("asset"), Key)
    assert key_of(None, Key) is None


def test_one_row_extra_means_more() -> None:
    assert split([1, 2, 3], 2) == ([1, 2], True)
    assert split([1, 2], 2) == ([1, 2], False)


def test_a_cursor_that_postgresql_cannot_take_is_refused() -> None:
    class Named(NamedTuple):
        name: str

    with pytest.raises(Refusal, match="cursor"):
        key_of(cursor_of("a\0b"), Named)
    with pytest.raises(Refusal, match="cursor"):
        key_of(cursor_of("\0"), Named)
