"""The HTTP transport against a real server."""

import contextlib
import http.client
import io
import json
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.client.edge import OK, Answer, Edge
from tidemark_client import (
    Buffering,
    ConfigurationError,
    DeliveryError,
    HttpTransport,
    Reporter,
    Unavailable,
)
from tidemark_client.encode import Envelope, encode, measurement
from tidemark_client.transports import http as http_transport


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


def test_a_redirect_is_not_followed_and_named(edge: Edge) -> None:
    elsewhere = Edge()
    try:
        edge.answer = lambda events: (307, {"Location": elsewhere.url + "/x"}, b"")
        (refusal,) = HttpTransport(edge.url, "s3cret").send(envelopes(1))
    finally:
        elsewhere.stop()
    assert f"give the address it leads to: '{elsewhere.url}/x'" in refusal.reason
    assert elsewhere.requests == []


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"", b"[]", b'{"data":7}', b"[" * 9999])
def test_an_answer_that_is_no_edges_takes_nothing(edge: Edge, body: bytes) -> None:
    edge.answer = lambda events: (200, {}, body)
    with pytest.raises(Unavailable, match="not as Tidemark does; is the address right") as error:
        HttpTransport(edge.url).send(envelopes(2))
    assert len(error.value.undelivered) == 2


def test_requests_are_of_bounded_size(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_transport, "MOST_BYTES", 1000)
    batch = envelopes(50)
    edge.answer = lambda events: OK if len(edge.taken) < 20 else (503, {}, b"")
    with pytest.raises(Unavailable) as error:
        HttpTransport(edge.url).send(batch)
    assert 20 <= len(edge.taken) < 50
    assert all(int(request.headers["Content-Length"]) <= 1002 for request in edge.requests)
    assert error.value.undelivered == batch[len(edge.taken) :]


@pytest.mark.parametrize(
    "asked", ["9" * 400, "\u0669", "1e999", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"]
)
def test_a_strange_retry_after_is_passed_over(edge: Edge, asked: str) -> None:
    edge.answer = lambda events: (503, {"Retry-After": asked} if asked.isascii() else {}, b"")
    with pytest.raises(Unavailable) as error:
        HttpTransport(edge.url).send(envelopes(1))
    assert error.value.retry_after is None


def test_a_problem_is_told_in_the_edges_own_words(edge: Edge) -> None:
    problem = {"type": "x", "detail": "assetId: the token does not reach 'a'", "status": 403}
    edge.answer = lambda events: (403, {}, json.dumps(problem).encode())
    (refusal,) = HttpTransport(edge.url).send(envelopes(1))
    assert refusal.reason.endswith("is the token right?: assetId: the token does not reach 'a'")


@pytest.mark.parametrize("token", ["tmk_s3cret\n", "  tmk_s3cret\r\n", "\ttmk_s3cret "])
def test_line_breaks_around_a_token_are_no_part_of_it(edge: Edge, token: str) -> None:
    HttpTransport(edge.url, token).send(envelopes(1))
    assert edge.requests[0].headers["Authorization"] == "Bearer tmk_s3cret"


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("tmk_\ns3cret", r"the control character U\+000A at position 5 of 11"),
        ("tmk_\0s3cret", r"the control character U\+0000"),
        ("Bearer tmk_s3cret", "a blank at position 7"),
        ("tmk_s3cr\u00e9t", "a character outside ASCII"),
        ("tmk_s3cret\u2028x", r"the control character U\+2028"),
        (b"tmk_s3cret", "must be a string, got bytes"),
    ],
)
def test_a_token_that_cannot_travel_is_refused_and_never_shown(token: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        HttpTransport("http://edge", token)
    assert "s3c" not in str(error.value)


def test_nothing_shows_the_token(
    edge: Edge, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    edge.answer = lambda events: (401, {}, b"")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        with Reporter(edge.url, token="tmk_s3cret\n") as r:
            r.score("a", 1)
        with Reporter("http://127.0.0.1:1", token="tmk_s3cret", close_timeout=0.1) as away:
            away.score("a", 1)
        Reporter(edge.url, token="tmk_\x00s3cret").close()
    transport = HttpTransport(edge.url, "tmk_s3cret")
    shown = [caplog.text, printed.getvalue(), repr(r), repr(transport), str(vars(transport))]
    assert "401" in caplog.text
    assert not any("s3cret" in text for text in shown)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "localhost:3002",
            "not an http.* address: 'localhost:3002'; write it as http://tidemark:3002",
        ),
        ("ftp://edge", "not an http"),
        ("http://", "not an http"),
        ("http://edge:0", "not an http"),
        ("http://[", "can't be read: Invalid IPv6 URL"),
        ("http://edge:99999", "can't be read: Port out of range"),
        ("http://edge:port", "can't be read: Port could not be cast"),
        ("http://loader:s3cret@edge:3002", "holds a user name or password; give the token"),
        ("http://loader:s3cr\u00e9t@edge", "visible ASCII characters only"),
        ("http://edge:3002/?x=1", "may hold no query or fragment"),
        ("http://edge/\r\nX: y", "visible ASCII characters only"),
        ("http://ed ge", "visible ASCII characters only"),
        (b"http://edge", "must be a string such as http://tidemark:3002, got bytes"),
        (3002, "must be a string such as http://tidemark:3002, got int"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(
    url: Any, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        Reporter(url, strict=True)
    assert "s3cr" not in str(error.value)
    with Reporter(url) as lenient:
        lenient.score("a", 1)
    assert "nothing will be reported" in caplog.text


def test_blanks_and_slashes_around_an_address_are_no_part_of_it(edge: Edge) -> None:
    for url in (f" {edge.url}/\n", f"{edge.url}/api/quality/realtime/events"):
        HttpTransport(url).send(envelopes(1))
    assert {request.path for request in edge.requests} == {"/api/quality/realtime/events"}


def test_a_transport_can_be_pickled(edge: Edge) -> None:
    copy = pickle.loads(pickle.dumps(HttpTransport(edge.url, "s3cret", timeout=3)))
    copy.send(envelopes(1))
    assert edge.requests[0].headers["Authorization"] == "Bearer s3cret"
