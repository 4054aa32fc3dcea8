import asyncio

import pytest

from api import edge


async def test_a_part_that_fails_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "RESTART_SECONDS", 0.0)
    runs = 0
    third = asyncio.Event()

    async def part() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            third.set()
            await asyncio.Event().wait()
        raise RuntimeError("not foreseen")

    task = asyncio.create_task(edge._keep_running("part", part))
    await asyncio.wait_for(third.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
