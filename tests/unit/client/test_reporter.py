"""The reporter's promises to the job it lives in."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from tests.unit.client.transports import ScriptedTransport
from tidemark_client import (
    AsyncReporter,
    BufferFull,
    Buffering,
    ConfigurationError,
    DeliveryError,
    InvalidEvent,
    MetricType,
    Refusal,
    Reporter,
    TidemarkError,
    Unavailable,
)
from tidemark_client.encode import Envelope

QUICK = Buffering(linger=0.001, close_timeout=5.0)


def away(batch: Sequence[Envelope]) -> Sequence[Refusal]:
    raise Unavailable("nobody home", batch)


def refuse_first(batch: Sequence[Envelope]) -> Sequence[Refusal]:
    return [Refusal(batch[0], "value: too odd")]


def broken(batch: Sequence[Envelope]) -> Sequence[Refusal]:
    raise RuntimeError("a bug")


def test_everything_is_sent_in_order_before_with_ends() -> None:
    transport = ScriptedTransport()
    with Reporter(transport=transport, buffering=QUICK) as r:
        for number in range(1000):
            r.score(f"asset-{number}", 93.5)
    assert transport.assets == [f"asset-{number}" for number in range(1000)]
    assert transport.closed
    assert r.stats.sent == 1000
    assert r.stats.pending == 0


def test_events_travel_in_batches_of_the_given_size() -> None:
    transport = ScriptedTransport()
    transport.open.clear()
    with Reporter(transport=transport, buffering=Buffering(batch_size=100, linger=5)) as r:
        for _ in range(250):
            r.issues("a", 1)
        transport.open.set()
    assert [len(batch) for batch in transport.batches] == [100, 100, 50]


def test_source_is_the_reporters_unless_given() -> None:
    transport = ScriptedTransport()
    with Reporter(transport=transport, source="nightly") as r:
        r.score("a", 1)
        r.score("b", 1, source="hourly")
    assert b'"source":"nightly"' in transport.delivered[0].body
    assert b'"source":"hourly"' in transport.delivered[1].body


def test_an_outage_is_ridden_out_in_order() -> None:
    transport = ScriptedTransport(away, away)
    with Reporter(transport=transport, buffering=QUICK) as r:
        r.score("a", 1)
        r.score("b", 2)
    assert transport.assets == ["a", "b"]


def test_only_what_did_not_get_through_is_sent_again() -> None:
    def half(batch: Sequence[Envelope]) -> Sequence[Refusal]:
        transport.delivered.append(batch[0])
        raise Unavailable("cut off", batch[2:], refusals=[Refusal(batch[1], "bad")])

    transport = ScriptedTransport(half)
    transport.open.clear()
    with Reporter(transport=transport, buffering=Buffering(batch_size=3, linger=5)) as r:
        for name in "abc":
            r.score(name, 1)
        transport.open.set()
    assert transport.assets == ["a", "c"]
    assert (r.stats.sent, r.stats.refused) == (2, 1)


def test_a_full_buffer_drops_the_oldest_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    transport = ScriptedTransport()
    transport.open.clear()
    with Reporter(
        transport=transport, buffering=Buffering(capacity=3, batch_size=1, linger=0)
    ) as r:
        r.score("in-flight", 1)
        while r.stats.pending and not r._delivery._in_flight:  # type: ignore[union-attr]
            time.sleep(0.001)
        for number in range(10):
            r.score(f"asset-{number}", 1)
        assert r.stats.dropped == 7
        transport.open.set()
    assert transport.assets == ["in-flight", "asset-7", "asset-8", "asset-9"]
    warnings = [record for record in caplog.records if "buffer of 3 events" in record.message]
    assert len(warnings) == 1


def test_closing_on_an_outage_gives_up_in_time_and_counts_the_loss(
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport = ScriptedTransport(*[away] * 100)
    with Reporter(transport=transport, buffering=Buffering(close_timeout=0.3)) as r:
        r.score("a", 1)
        r.score("b", 1)
    assert r.stats.dropped == 2
    assert "closed with 2 events undelivered: nobody home" in caplog.text


def test_nothing_raises_unless_asked(caplog: pytest.LogCaptureFixture) -> None:
    transport = ScriptedTransport(broken, refuse_first)
    with Reporter(transport=transport, buffering=QUICK) as r:
        r.score("out-of-range", 101)
        r.score("a", 1)
        assert r.flush()
        r.score("b", 1)
        assert r.flush()
    r.score("late", 1)
    r.close()
    assert r.stats.dropped == 1
    assert r.stats.refused == 2
    assert transport.assets == []
    for said in (
        "'out-of-range' is not reported: value: score must be 0-100, got 101",
        "RuntimeError: a bug",
        "value: too odd",
        "closed",
    ):
        assert said in caplog.text


def test_without_an_address_a_lenient_reporter_only_warns(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("TIDEMARK_URL", "TIDEMARK_BROKERS"):
        monkeypatch.delenv(name, raising=False)
    with Reporter() as r:
        r.score("a", 1)
        assert r.flush()
    assert "nothing will be reported: no address" in caplog.text
    with pytest.raises(ConfigurationError, match="TIDEMARK_URL"):
        Reporter(strict=True)
    with pytest.raises(ConfigurationError, match="not both"):
        Reporter(url="http://x", brokers="x:1", strict=True)
    with pytest.raises(ConfigurationError, match="not an http"):
        Reporter(url="localhost:3002", strict=True)


def test_addresses_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from tidemark_client.config import choose_transport

    monkeypatch.setenv("TIDEMARK_URL", "http://edge:3002/")
    monkeypatch.setenv("TIDEMARK_TOKEN", "s3cret")
    http = choose_transport(None, None, None)
    assert http._url == "http://edge:3002/api/quality/realtime/events"  # type: ignore[attr-defined]
    assert http._token.value == "s3cret"  # type: ignore[attr-defined]
    monkeypatch.setenv("TIDEMARK_BROKERS", "kafka:9092")
    monkeypatch.setenv("TIDEMARK_TOPIC_PREFIX", "acme")
    assert choose_transport(None, None, None)._topic == "acme.metrics"  # type: ignore[attr-defined]


def test_strict_raises_on_a_wrong_value_at_once() -> None:
    with (
        Reporter(transport=ScriptedTransport(), strict=True) as r,
        pytest.raises(InvalidEvent, match="0-100"),
    ):
        r.score("a", 101)


def test_strict_raises_for_refusals_once() -> None:
    r = Reporter(transport=ScriptedTransport(refuse_first), strict=True, buffering=QUICK)
    r.score("a", 1)
    with pytest.raises(DeliveryError, match="0 events undelivered, 1 refused: value: too odd") as e:
        r.flush()
    assert e.value.refused == ["value: too odd"]
    r.score("b", 1)
    assert r.flush()
    r.close()
    with pytest.raises(TidemarkError, match="closed"):
        r.score("c", 1)


def test_strict_raises_for_what_did_not_get_through() -> None:
    r = Reporter(
        transport=ScriptedTransport(*[away] * 100),
        strict=True,
        buffering=Buffering(close_timeout=0.2),
    )
    r.score("a", 1)
    with pytest.raises(DeliveryError, match="1 events undelivered, 0 refused: nobody home"):
        r.close()


def test_strict_leaves_the_jobs_own_error_alone() -> None:
    def job() -> None:
        with Reporter(transport=ScriptedTransport(refuse_first), strict=True) as r:
            r.score("a", 1)
            raise KeyError("the job's")

    with pytest.raises(KeyError, match="the job's"):
        job()


def test_strict_waits_for_room_and_gives_up_in_time() -> None:
    transport = ScriptedTransport()
    transport.open.clear()
    buffering = Buffering(capacity=1, batch_size=1, linger=0, close_timeout=0.2)
    r = Reporter(transport=transport, strict=True, buffering=buffering)

    def flood() -> None:
        for _ in range(4):
            r.score("b", 1)

    with pytest.raises(BufferFull, match=r"no room for another event in 0\.2 s"):
        flood()
    transport.open.set()
    r.score("c", 1)
    r.close()
    assert transport.assets[-1] == "c"


async def test_async_reporter_reports_too() -> None:
    transport = ScriptedTransport()
    async with AsyncReporter(transport=transport, source="loop") as r:
        await r.score("a", 93.5)
        await r.timeliness("a", 40)
        assert await r.flush()
        assert r.stats.sent == 2
    assert transport.assets == ["a", "a"]


async def test_strict_async_reporter_raises_too() -> None:
    async def job() -> None:
        async with AsyncReporter(transport=ScriptedTransport(refuse_first), strict=True) as r:
            with pytest.raises(InvalidEvent):
                await r.issues("a", -1)
            await r.score("a", 1)

    with pytest.raises(DeliveryError):
        await job()


def test_a_forked_child_starts_afresh() -> None:
    transport = ScriptedTransport()
    with Reporter(transport=transport, buffering=QUICK) as r:
        transport.open.clear()
        r.score("parent", 1)
        child = os.fork()
        if child == 0:  # the child of a threaded process: touch nothing but the reporter
            transport.open.set()
            r.score("child", 1)
            ok = r.flush(5) and transport.assets == ["child"] and r.stats.sent == 1
            os._exit(0 if ok else 1)
        _, status = os.waitpid(child, 0)
        transport.open.set()
    assert status == 0
    assert transport.assets == ["parent"]


SCRIPT = """
import sys, time
from tidemark_client import Reporter
class Printing:
    def send(self, batch):
        time.sleep(0.2)
        print(*[e.asset_id for e in batch], flush=True)
        return []
    def close(self): print("closed", flush=True)
    def after_fork(self): pass
r = Reporter(transport=Printing())
r.score("a", 1)
r.score("b", 1)
"""


def test_the_end_of_the_process_flushes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "a b\nclosed\n", done.stderr


def test_the_client_imports_without_the_pipeline() -> None:
    script = (
        "import sys; before = set(sys.modules); import tidemark_client; "
        "print(*{m.split('.')[0] for m in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert not {"faust", "schemas", "pipeline", "msgspec", "kafka"} & set(done.stdout.split())


def test_warnings_do_not_flood(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "tidemark_client")
    with Reporter(transport=ScriptedTransport(away, away, away), buffering=QUICK) as r:
        r.score("a", 1)
    assert caplog.text.count("held back") == 1


def test_every_measure_has_its_metric_type() -> None:
    transport = ScriptedTransport()
    with Reporter(transport=transport, strict=True) as r:
        for metric in MetricType:
            getattr(r, metric.value)("a", 1)
    sent = [json.loads(envelope.body)["metricType"] for envelope in transport.delivered]
    assert sent == [metric.value for metric in MetricType]


def test_kafka_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kafka", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'tidemark-client\[kafka\]'"):
        Reporter(brokers="kafka:9092", strict=True)


def test_a_closing_reporter_does_not_sit_out_a_long_pause() -> None:
    def busy(batch: Sequence[Envelope]) -> Sequence[Refusal]:
        raise Unavailable("later", batch, retry_after=30)

    transport = ScriptedTransport(busy)
    r = Reporter(transport=transport, buffering=Buffering(linger=0, close_timeout=10))
    r.score("a", 1)
    while not transport.batches:
        time.sleep(0.001)
    r.close()
    assert transport.assets == ["a"]


def test_a_strict_close_raises_also_where_the_thread_gave_up_first() -> None:
    transport = ScriptedTransport(*[away] * 1000)
    reporter = Reporter(transport=transport, strict=True, buffering=Buffering(close_timeout=0.05))
    reporter.score("orders", 1)
    delivery = reporter._delivery
    assert delivery is not None
    delivery.begin_close()
    deadline = time.monotonic() + 30
    while not reporter.stats.dropped:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(DeliveryError, match="1 events undelivered"):
        reporter.close()
    reporter.close()
