"""POST events: verdicts, and what Kafka has afterwards."""

import gzip
import json
import zlib
from typing import Any

from aiokafka import AIOKafkaConsumer

from tests.integration.api.conftest import NOW, RunningEdge, Stream

GOOD = {"assetId": "a", "metricType": "score", "value": 90, "timestamp": NOW.isoformat()}
BAD = GOOD | {"value": 101}


async def on_topic(edge: RunningEdge, stream: Stream) -> list[tuple[bytes, Any]]:
    consumer = AIOKafkaConsumer(
        stream.topics.metrics,
        bootstrap_servers=edge.settings.kafka_brokers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        found = await consumer.getmany(timeout_ms=2000)
    finally:
        await consumer.stop()
    return [(r.key, json.loads(r.value)) for records in found.values() for r in records]


async def test_one_several_and_lines(edge: RunningEdge, stream: Stream) -> None:
    identified = GOOD | {"eventId": "6f1d2a54-7c0e-4b7a-9a34-2f0c8e4b1d96", "assetId": "é"}
    async with edge.http() as http:
        one = await http.post("/events", json=GOOD)
        assert one.status_code == 202
        assert one.json() == {
            "success": True, "count": 1, "rejected": 0,
            "data": [{"index": 0, "accepted": True, "assetId": "a"}],
        }  # fmt: skip
        several = await http.post("/events", json=[identified, BAD, GOOD, 7, None])
        assert several.status_code == 202
        data = several.json()["data"]
        assert [verdict["accepted"] for verdict in data] == [True, False, True, False, False]
        assert [verdict["index"] for verdict in data] == [0, 1, 2, 3, 4]
        assert data[0]["eventId"] == identified["eventId"]
        assert data[1]["error"].startswith("value: ")
        lines = f"{json.dumps(GOOD)}\r\n\n{{oops\n{json.dumps(GOOD)}\n"
        headers = {"content-type": "application/x-ndjson; charset=utf-8"}
        ndjson = await http.post("/events", content=lines, headers=headers)
        assert [verdict["accepted"] for verdict in ndjson.json()["data"]] == [True, False, True]
    # Sent with acks=all before the answer: they are there.
    records = await on_topic(edge, stream)
    assert len(records) == 5
    assert all(key.decode() == event["assetId"] for key, event in records)


async def test_what_is_refused_as_a_whole(edge: RunningEdge, stream: Stream) -> None:
    future = GOOD | {"timestamp": "2100-01-01T00:00:00Z"}
    async with edge.http() as http:
        for body, media, status, field in (
            (json.dumps(BAD), "application/json", 422, "value"),
            (json.dumps(GOOD | {"timestamp": "2025-01-01T00:00:00"}), "application/json", 422,
             "timestamp"),
            (json.dumps(future), "application/json", 422, "timestamp"),
            (json.dumps([BAD, BAD]), "application/json", 422, "[0]"),
            ("", "application/json", 422, "body"),
            ("[]", "application/json", 422, "body"),
            ("\n\n", "application/x-ndjson", 422, "body"),
            ("[{", "application/json", 400, None),
            ("[" * 50_000, "application/json", 400, None),
            (json.dumps(GOOD), "text/csv", 415, None),
            (json.dumps([GOOD] * 10_001), "application/json", 413, None),
            ("x" * 5_000_000, "application/json", 413, None),
        ):  # fmt: skip
            answer = await http.post("/events", content=body, headers={"content-type": media})
            assert answer.status_code == status, (body[:80], answer.text[:300])
            errors = answer.json()["errors"]
            assert (errors[0]["field"] if errors else None) == field, (body[:80], errors)
        for coding, status in (("br", 415), ("gzip", 400)):
            coded = {"content-encoding": coding}
            assert (await http.post("/events", json=GOOD, headers=coded)).status_code == status
    assert await on_topic(edge, stream) == []


async def test_compressed_bodies(edge: RunningEdge, stream: Stream) -> None:
    headers = {"content-type": "application/json"}
    async with edge.http() as http:
        for coding, packed in (
            ("gzip", gzip.compress(json.dumps([GOOD] * 2).encode())),
            ("deflate", zlib.compress(json.dumps(GOOD).encode())),
        ):
            answer = await http.post(
                "/events", content=packed, headers=headers | {"content-encoding": coding}
            )
            assert answer.status_code == 202, answer.text
        bomb = gzip.compress(b" " * 50_000_000)
        answer = await http.post(
            "/events", content=bomb, headers=headers | {"content-encoding": "gzip"}
        )
        assert answer.status_code == 413
    assert len(await on_topic(edge, stream)) == 3
