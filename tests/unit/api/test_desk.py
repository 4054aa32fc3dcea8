import asyncio
import subprocess
import sys
import threading

import pytest

from api.desk import Desk
from api.problems import Refusal


async def test_work_is_done_beside_the_loop() -> None:
    desk = Desk()
    assert await desk.do(threading.get_ident) != threading.get_ident()


async def test_faults_come_back() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match="invalid literal"):
        await desk.do(lambda: int("x"))


async def test_so_much_goes_on_so_much_waits_and_the_rest_is_sent_away() -> None:
    desk, go_on = Desk(at_once=1, waiting=2), threading.Event()
    held = [asyncio.create_task(desk.do(go_on.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal, match="more documents wait") as refused:
        await desk.do(go_on.wait)
    assert refused.value.headers == {"Retry-After": "2"}
    # Who leaves does not make room: the work goes on.
    held[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(Refusal):
        await desk.do(go_on.wait)
    go_on.set()
    await asyncio.gather(*held, return_exceptions=True)
    assert await desk.do(lambda: 7) == 7


async def test_nobody_is_kept_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.desk.WAIT_SECONDS", 0.05)
    desk, go_on = Desk(), threading.Event()
    with pytest.raises(Refusal, match="not read within"):
        await desk.do(go_on.wait)
    go_on.set()


def test_an_edge_that_stops_does_not_wait_for_a_document() -> None:
    script = """
import asyncio, time
from api.desk import Desk
async def main():
    task = asyncio.create_task(Desk().do(lambda: time.sleep(60)))
    await asyncio.sleep(0.1)
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script], timeout=50, check=True)
