"""An answer is asked for once by all who want it."""

import asyncio

import pytest

from api.shared import Shared


class Asked:
    """Answers 1, 2, 3 ... when it is let."""

    def __init__(self) -> None:
        self.times = 0
        self.let = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.times += 1
        times, error = self.times, self.error
        await self.let.wait()
        if error:
            raise error
        return times


async def test_those_who_ask_meanwhile_and_soon_after_share_one_answer() -> None:
    asked = Asked()
    shared = Shared(asked, seconds=3600)
    storm = [asyncio.create_task(shared.get()) for _ in range(100)]
    await asyncio.sleep(0)
    asked.let.set()
    assert await asyncio.gather(*storm) == [1] * 100
    assert await shared.get() == 1
    assert asked.times == 1


async def test_an_old_answer_is_not_given() -> None:
    asked = Asked()
    asked.let.set()
    shared = Shared(asked, seconds=0)
    assert [await shared.get() for _ in range(3)] == [1, 2, 3]


async def test_the_next_asks_anew_when_asking_fails() -> None:
    asked = Asked()
    asked.error = ConnectionError()
    shared = Shared(asked, seconds=3600)
    failing, following = [asyncio.create_task(shared.get()) for _ in range(2)]
    await asyncio.sleep(0)
    asked.error = None
    asked.let.set()
    with pytest.raises(ConnectionError):
        await failing
    assert await following == 2


async def test_the_next_asks_anew_when_the_one_that_asks_is_cancelled() -> None:
    asked = Asked()
    shared = Shared(asked, seconds=3600)
    asking, following = [asyncio.create_task(shared.get()) for _ in range(2)]
    await asyncio.sleep(0)
    asking.cancel()
    asked.let.set()
    assert await following == 2
