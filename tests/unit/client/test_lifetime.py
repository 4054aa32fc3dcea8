"""Reports from processes that begin and end in every way, each in a process of its own."""

import gc
import pickle
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.client.edge import Edge
from tests.unit.client.transports import ScriptedTransport
from tidemark_client import (
    AsyncReporter,
    Buffering,
    HttpTransport,
    KafkaTransport,
    Refusal,
    Reporter,
    Unavailable,
)
from tidemark_client.encode import Envelope

NOBODY = "http://127.0.0.1:1"

PRELUDE = """
import atexit, multiprocessing as mp, os, pickle, signal, sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from tidemark_client import Reporter
r = Reporter(sys.argv[1])
def work(i): r.score(f"x{i}", i)
"""

GENERATOR = """
def rows():
    try:
        yield 1
    finally:
        r.score("x0", 1)
g = rows(); next(g)
"""

AFTER_USE = """
class Last:
    def __del__(self): r.score("x1", 1)
last = Last()
r.score("x0", 1)
"""

HOOKS = """
atexit.register(lambda: r.score("x0", 1))
"""

EARLIER_HOOK = """
import sys, atexit
atexit.register(lambda: r.score("x0", 1))
from tidemark_client import Reporter
r = Reporter(sys.argv[1])
"""

THREADS = """
threading.Thread(target=lambda: (time.sleep(0.2), r.score("x0", 1))).start()
"""

POOL = """
if __name__ == "__main__":
    with mp.get_context("fork").Pool(2) as pool: pool.map(work, range(4))
"""

SPAWNED_POOL = """
if __name__ == "__main__":
    with mp.get_context("spawn").Pool(2) as pool: pool.map(work, range(4))
"""

JOINED_POOL = """
if __name__ == "__main__":
    pool = mp.get_context("fork").Pool(2)
    pool.map(work, range(4)); pool.close(); pool.join()
"""

FORKSERVER = """
if __name__ == "__main__":
    one = mp.get_context("forkserver").Process(target=work, args=(0,)); one.start(); one.join()
    sys.exit(one.exitcode)
"""

EXECUTOR = """
if __name__ == "__main__":
    r.score("x4", 1)
    with ProcessPoolExecutor(2, mp.get_context("fork")) as pool: list(pool.map(work, range(4)))
"""

THREAD_IN_CHILD = """
def threaded():
    one = threading.Thread(target=work, args=(0,)); one.start(); one.join()
if __name__ == "__main__":
    one = mp.get_context("fork").Process(target=threaded); one.start(); one.join()
"""

FORK_THAT_EXITS = """
if os.fork() == 0:
    work(0); sys.exit(0)
os.wait(); work(1)
"""

SHIPPED = """
shipped = pickle.dumps(r); del r
def elsewhere(packed):
    copy = pickle.loads(packed)
    copy.score("x0", 1)
elsewhere(shipped); elsewhere(shipped)
"""

SCRIPTS = {
    "generator": (GENERATOR, 1), "destructor": (AFTER_USE, 2), "exit hook": (HOOKS, 1),
    "thread": (THREADS, 1), "pool": (POOL, 4), "spawned pool": (SPAWNED_POOL, 4),
    "joined pool": (JOINED_POOL, 4), "fork server": (FORKSERVER, 1), "executor": (EXECUTOR, 5),
    "thread in a child": (THREAD_IN_CHILD, 1), "fork": (FORK_THAT_EXITS, 2),
    "pickled": (SHIPPED, 1),
}  # fmt: skip


def run(tmp_path: Path, script: str, url: str) -> str:
    path = tmp_path / "job.py"
    path.write_text(script)
    command = [sys.executable, "-X", "faulthandler", str(path), url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_way_to_end_delivers(edge: Edge, tmp_path: Path, name: str) -> None:
    script, count = SCRIPTS[name]
    assert run(tmp_path, PRELUDE + script, edge.url) == ""
    assert edge.assets == {f"x{number}" for number in range(count)}


def test_a_worker_that_never_comes_to_its_handler_ends_by_sigterm(
    edge: Edge, tmp_path: Path
) -> None:
    deaf = """
import time
def deaf(i):
    work(i)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # so that only others get it
    time.sleep(60)
if __name__ == "__main__":
    one = mp.get_context("fork").Process(target=deaf, args=(0,)); one.start()
    time.sleep(1); one.terminate(); one.join()
"""
    run(tmp_path, PRELUDE + deaf, edge.url)
    assert edge.assets == {"x0"}


def test_the_end_of_a_workers_own_child_is_not_the_workers(edge: Edge, tmp_path: Path) -> None:
    nested = """
def parent(i):
    r.score("x1", i)
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(1)
    os.kill(child, signal.SIGTERM)
    assert os.waitpid(child, 0)[1] == signal.SIGTERM
    time.sleep(0.3)
    r.score("x0", i)
if __name__ == "__main__":
    one = mp.get_context("fork").Process(target=parent, args=(0,)); one.start(); one.join()
    sys.exit(one.exitcode)
"""
    run(tmp_path, PRELUDE + nested, edge.url)
    assert edge.assets == {"x0", "x1"}


def test_a_hook_that_runs_after_ours_delivers(edge: Edge, tmp_path: Path) -> None:
    assert run(tmp_path, EARLIER_HOOK, edge.url) == ""
    assert edge.assets == {"x0"}


@pytest.mark.parametrize("name", ["generator", "destructor", "exit hook", "pool"])
def test_every_way_to_end_ends_with_the_edge_away(tmp_path: Path, name: str) -> None:
    script, _ = SCRIPTS[name]
    prelude = PRELUDE.replace("sys.argv[1]", "sys.argv[1], close_timeout=0.3")
    said = run(tmp_path, prelude + script, NOBODY)
    assert "undelivered" in said or "is lost" in said


def test_reporters_end_side_by_side(tmp_path: Path) -> None:
    several = """
import sys, time, atexit
started = time.monotonic()
def check():
    if time.monotonic() - started > 4: os._exit(3)
import os; atexit.register(check)
from tidemark_client import Reporter
many = [Reporter(sys.argv[1], close_timeout=1) for _ in range(8)]
for r in many: r.score("a", 1)
"""
    assert run(tmp_path, several, NOBODY).count("undelivered") == 8


def test_a_reporter_that_is_dropped_sends_its_rest_and_ends_its_thread() -> None:
    transport = ScriptedTransport()
    reporter = Reporter(transport=transport, buffering=Buffering(linger=60))
    reporter.score("a", 1)
    delivery = weakref.ref(reporter._delivery)  # type: ignore[arg-type]
    thread = reporter._delivery._thread  # type: ignore[union-attr]
    del reporter
    gc.collect()
    assert thread is not None
    thread.join(10)
    assert transport.assets == ["a"]
    assert transport.closed
    gc.collect()
    assert delivery() is None


def test_a_dropped_reporter_gives_up_in_time() -> None:
    def away(batch: Sequence[Envelope]) -> Sequence[Refusal]:
        raise Unavailable("nobody home", batch)

    transport = ScriptedTransport(*[away] * 1000)
    reporter = Reporter(transport=transport, close_timeout=0.2)
    reporter.score("a", 1)
    thread = reporter._delivery._thread  # type: ignore[union-attr]
    assert thread is not None
    del reporter
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_without_a_thread_events_wait_for_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    transport = ScriptedTransport()
    with Reporter(transport=transport) as r:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_more)
            r.score("a", 1)
            assert r.stats.pending == 1
        r.score("b", 1)
        assert r.flush()
    assert transport.assets == ["a", "b"]
    assert "events are held back: can't start new thread" in caplog.text


def test_a_copy_reports_to_the_same_place(edge: Edge) -> None:
    reporter = Reporter(edge.url, token="s3cret", source="job", strict=True)
    copy = pickle.loads(pickle.dumps(reporter))
    with copy:
        copy.score("a", 1)
    reporter.close()
    assert edge.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert edge.taken[0]["source"] == "job"


def test_an_async_reporter_can_be_pickled_too(edge: Edge) -> None:
    copy = pickle.loads(pickle.dumps(AsyncReporter(edge.url, source="job")))
    assert isinstance(copy, AsyncReporter)
    assert edge.url in repr(copy)


def test_the_end_waits_no_longer_than_it_is_told() -> None:
    started = time.monotonic()
    with Reporter(NOBODY, close_timeout=0) as r:
        r.score("a", 1)
    assert r.stats.dropped == 1
    late = Reporter(NOBODY)
    late.score("a", 1)
    late.close(timeout=0.2)
    assert late.stats.dropped == 1
    assert time.monotonic() - started < 5


def test_a_hasty_server_keeps_no_reporter_waiting_for_ever() -> None:
    def much_later(batch: Sequence[Envelope]) -> Sequence[Refusal]:
        raise Unavailable("later", batch, retry_after=float("inf"))

    transport = ScriptedTransport(much_later)
    with Reporter(transport=transport) as r:
        r.score("a", 1)
    assert transport.assets == ["a"]


def test_positional_addresses(edge: Edge) -> None:
    with Reporter(edge.url) as report:
        report.score("warehouse.sales.orders", 93.5)
    assert edge.assets == {"warehouse.sales.orders"}
    assert repr(HttpTransport(edge.url)) == f"<HTTP {edge.url}/api/quality/realtime/events>"


@pytest.mark.parametrize("page", ["README.md", "client/README.md", "docs/client.md"])
def test_the_first_sample_of_each_page_runs(edge: Edge, page: str) -> None:
    text = (Path(__file__).parents[3] / page).read_text()
    sample = text.split("```python\n")[1].split("```")[0]
    assert "http://localhost:3002" in sample
    exec(sample.replace("http://localhost:3002", edge.url), {})
    assert edge.assets == {"warehouse.sales.orders"}


def test_a_kafka_transport_can_be_pickled_and_shows_no_password() -> None:
    transport = KafkaTransport("kafka:9093", topic="acme.metrics", sasl_plain_password="s3cret")
    copy = pickle.loads(pickle.dumps(transport))
    assert vars(copy) == vars(transport)
    assert repr(copy) == "<Kafka topic acme.metrics at kafka:9093>"
