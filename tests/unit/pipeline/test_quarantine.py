"""The one that brings a batch down is found, and the others go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quarantine import MAX_REASON, isolate, last_line, shortened


class Fault(Exception):
    pass


def is_fault(error: Exception) -> bool:
    return isinstance(error, Fault)


@given(st.lists(st.booleans(), max_size=40))
async def test_all_but_the_culprits_are_worked_on_once_and_in_order(good: list[bool]) -> None:
    done: list[int] = []

    async def work(items: list[int]) -> None:
        assert items
        for item in items:
            if not good[item]:
                raise Fault(item)
        done.extend(items)

    culprits = await isolate(list(range(len(good))), work, is_fault)
    assert done == [number for number, is_good in enumerate(good) if is_good]
    assert [item for item, _ in culprits] == [n for n, is_good in enumerate(good) if not is_good]
    assert all(str(error) == str(item) for item, error in culprits)


async def test_what_is_nobodys_fault_is_raised() -> None:
    async def work(_items: object) -> None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await isolate([1, 2], work, is_fault)


def test_the_reason_is_the_tracebacks_last_line() -> None:
    assert last_line(OverflowError("too large")) == "OverflowError: too large"
    assert last_line(Fault("a\nb")).endswith("b")
    assert last_line(KeyError()) == "KeyError"


def test_a_reason_can_be_a_header() -> None:
    assert len(shortened("x" * 5000)) == MAX_REASON + 3
    assert shortened("\ud800").encode() == b"\\ud800"
