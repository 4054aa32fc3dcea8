import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.live.outbox import LineLost, Outbox
from tests.unit.api.lines import FakeLine, frame


def outbox(line: FakeLine, limit: int = 100) -> tuple[Outbox, list[bool]]:
    overflows: list[bool] = []
    return Outbox(line, limit, lambda: overflows.append(True)), overflows


async def test_writes_through_while_the_line_takes_it() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    box.push(frame("1"))
    assert line.texts == ["1"]
    assert not box.pending


async def test_changes_conflate_and_alerts_do_not() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    line.shut()
    for text, slot in (("a1", "a"), ("alert1", None), ("b1", "b"), ("a2", "a"), ("alert2", None)):
        box.push(frame(text), slot)
    line.open()
    assert line.texts == ["alert1", "b1", "a2", "alert2"]
    assert box.conflated == 1


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans()), max_size=60))
def test_what_arrives_is_in_order_and_complete(steps: list[tuple[str, bool]]) -> None:
    async def run() -> None:
        line = FakeLine()
        box, overflows = outbox(line)
        for number, (slot, writable) in enumerate(steps):
            line.open() if writable else line.shut()
            box.push(frame(f"{number}"), slot or None)
        line.open()
        got = [int(text) for text in line.texts]
        assert got == sorted(got)
        alerts = {number for number, (slot, _) in enumerate(steps) if not slot}
        newest = {slot: number for number, (slot, _) in enumerate(steps) if slot}
        assert alerts | set(newest.values()) <= set(got)
        assert not overflows

    asyncio.run(run())


async def test_overflow_is_told_and_a_newer_value_is_not_one_more() -> None:
    line = FakeLine()
    box, overflows = outbox(line, limit=2)
    line.shut()
    box.push(frame("1"), "a")
    box.push(frame("2"))
    box.push(frame("3"), "a")
    assert not overflows
    box.push(frame("4"))
    assert overflows == [True]


async def test_held_events_follow_what_is_sent_ahead() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    box.hold()
    box.push(frame("live"))
    await box.send_ahead(frame("missed"))
    box.release()
    assert line.texts == ["missed", "live"]


async def test_sending_ahead_goes_at_the_readers_pace() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    box.hold()
    line.shut()
    sending = asyncio.create_task(box.send_ahead(frame("missed")))
    await asyncio.sleep(0)
    assert line.texts == []
    assert box.stalled_since is not None
    line.open()
    await sending
    assert line.texts == ["missed"]
    assert box.stalled_since is None


async def test_who_waits_hears_of_the_loss() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    box.hold()
    line.shut()
    sending = asyncio.create_task(box.send_ahead(frame("missed")))
    await asyncio.sleep(0)
    box.discard()
    with pytest.raises(LineLost):
        await sending
    box.push(frame("late"))
    assert line.texts == []


async def test_stalled_only_while_something_waits_on_a_shut_line() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    line.shut()
    assert box.stalled_since is None
    box.push(frame("1"))
    assert box.stalled_since is not None
    line.open()
    assert box.stalled_since is None


async def test_drained_once_nothing_waits() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    await box.drained()
    line.shut()
    box.push(frame("1"))
    waiting = asyncio.create_task(box.drained())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.open()
    await waiting
    assert line.texts == ["1"]


async def test_what_is_held_is_not_flushed() -> None:
    line = FakeLine()
    box, _ = outbox(line)
    box.hold()
    box.push(frame("live"))
    box.flush()
    assert line.texts == []
