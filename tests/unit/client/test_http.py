"""The HTTP transport against a real server."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tidemark_client import Buffering, DeliveryError, HttpTransport, Reporter, Unavailable
from tidemark_client.encode import Envelope, encode, measurement

Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (202, {}, b'{"success":true,"data":[]}')


class Edge:
    """A server that answers as told and keeps what it took."""

    def __init__(self) -> None:
        self.answer: Callable[[list[Any]], Answer] = lambda events: OK
        self.taken: list[Any] = []
        self.requests: list[BaseHTTPRequestHandler] = []
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                edge.requests.append(self)
                status, headers, body = edge.answer(events)
                if status < 300:
                    edge.taken += events
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge()
    yield edge
    edge.stop()


def envelopes(count: int) -> list[Envelope]:
    return [encode(measurement(f"asset-{number}", "score", number)) for number in range(count)]


def test_a_batch_is_one_array(edge: Edge) -> None:
    batch = envelopes(3)
    assert HttpTransport(edge.url, "s3cret").send(batch) == []
    (request,) = edge.requests
    assert request.path == "/api/quality/realtime/events"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.headers["Content-Type"] == "application/json"
    assert edge.taken == [json.loads(envelope.body) for envelope in batch]


def test_verdicts_name_the_refused(edge: Edge) -> None:
    verdicts = [{"index": 0, "status": "accepted"}, {"index": 1, "error": "value: too odd"}]
    edge.answer = lambda events: (202, {}, json.dumps({"success": True, "data": verdicts}).encode())
    batch = envelopes(2)
    (refusal,) = HttpTransport(edge.url).send(batch)
    assert refusal.envelope is batch[1]
    assert refusal.reason == "value: too odd"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_refused_whole_is_halved_until_the_culprit_stands_alone(
    edge: Edge, status: int
) -> None:
    def answer(events: list[Any]) -> Answer:
        bad = any(event["assetId"] == "asset-3" for event in events)
        return (status, {}, b'{"error":"asset-3 is odd"}') if bad else OK

    edge.answer = answer
    (refusal,) = HttpTransport(edge.url).send(envelopes(7))
    assert refusal.envelope.asset_id == "asset-3"
    assert refusal.reason.endswith('{"error":"asset-3 is odd"}')
    assert len(edge.taken) == 6


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_later(edge: Edge, status: int) -> None:
    edge.answer = lambda events: (status, {"Retry-After": "7"}, b"")
    batch = envelopes(2)
    with pytest.raises(Unavailable, match=str(status)) as error:
        HttpTransport(edge.url).send(batch)
    assert error.value.undelivered == batch
    assert error.value.retry_after == 7


def test_what_is_known_of_a_halved_batch_survives_an_outage(edge: Edge) -> None:
    def answer(events: list[Any]) -> Answer:
        names = {event["assetId"] for event in events}
        if "asset-0" in names:
            return 400, {}, b""
        return (503, {}, b"") if "asset-3" in names else OK

    edge.answer = answer
    with pytest.raises(Unavailable) as error:
        HttpTransport(edge.url).send(envelopes(4))
    assert [e.asset_id for e in error.value.undelivered] == ["asset-2", "asset-3"]
    assert [r.envelope.asset_id for r in error.value.refusals] == ["asset-0"]
    assert [event["assetId"] for event in edge.taken] == ["asset-1"]


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "is the token right"), (404, "404"), (302, "302")]
)
def test_answers_that_no_repetition_changes_refuse(edge: Edge, status: int, reason: str) -> None:
    edge.answer = lambda events: (status, {"Location": "/elsewhere"}, b"")
    refusals = HttpTransport(edge.url).send(envelopes(2))
    assert len(refusals) == 2
    assert reason in refusals[0].reason
    assert len(edge.requests) == 1


def test_nobody_listening_is_an_outage(edge: Edge) -> None:
    transport = HttpTransport("http://127.0.0.1:1", timeout=1)
    with pytest.raises(Unavailable, match=r"127.0.0.1:1.*refused"):
        transport.send(envelopes(1))


def test_a_server_that_comes_back_gets_everything_once_it_does(edge: Edge) -> None:
    failures: Iterator[Answer] = iter([(503, {}, b""), (500, {}, b"")])
    edge.answer = lambda events: next(failures, OK)
    with Reporter(url=edge.url, strict=True, buffering=Buffering(linger=0.001)) as r:
        for number in range(20):
            r.score("a", number)
    assert [event["value"] for event in edge.taken] == list(range(20))
    assert len({event["eventId"] for event in edge.taken}) == 20


def test_a_strict_reporter_passes_the_servers_reason_on(edge: Edge) -> None:
    edge.answer = lambda events: (422, {}, b'{"detail":"metricType: unknown"}')
    with (
        pytest.raises(DeliveryError, match=r"422.*metricType: unknown"),
        Reporter(url=edge.url, strict=True) as r,
    ):
        r.score("a", 1)
