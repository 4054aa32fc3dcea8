"""How a Faust process ends."""

import asyncio
import signal
from pathlib import Path

import faust
import pytest

from pipeline.app import Worker, create_app
from pipeline.settings import Settings


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    async def fail(_worker: faust.Worker) -> None:
        await asyncio.sleep(0)
        raise asyncio.InvalidStateError

    monkeypatch.setattr(faust.Worker, "start", fail)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = create_app(Settings(state_dir=tmp_path), "ending", ("metrics",))
    worker = Worker(app, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    monkeypatch.setattr(worker, "on_worker_shutdown", lambda: None)
    return worker


def test_what_fails_while_it_starts_is_an_error(worker: Worker) -> None:
    with pytest.raises(SystemExit) as ended:
        worker.execute_from_commandline()
    assert ended.value.code == 1


def test_what_fails_since_it_is_to_end_is_none(worker: Worker) -> None:
    worker._schedule_shutdown(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        worker.execute_from_commandline()
    assert ended.value.code == 0
