"""`/metrics` and `/healthz` of a worker at work."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from devstack.ports import free_port
from pipeline.provision import provision
from pipeline.topics import Topics
from tests.conftest import SettingsFactory, Starter
from tests.integration.api.conftest import eventually

START = datetime(2025, 1, 1, tzinfo=UTC)


def event(asset: str, second: int, value: float) -> bytes:
    moment = START.replace(second=second).isoformat()
    return json.dumps(
        {"assetId": asset, "metricType": "score", "value": value, "timestamp": moment}
    ).encode()


async def test_a_worker_counts_what_it_does(
    make_settings: SettingsFactory, start_tidemark: Starter
) -> None:
    settings = make_settings(
        database_url="postgresql://unused",
        metrics_port=free_port(),
        stale_scan_seconds=0.2,
        stale_minimum_seconds=0.5,
        stale_grace_seconds=0,
        thresholds={"stale_after": 0.5},
    )
    await provision(settings)
    start_tidemark("worker", settings=settings)
    records = [
        ("a", event("a", 2, 90)),
        ("a", event("a", 3, 60)),
        ("a", event("a", 1, 50)),
        ("b", event("b", 1, 99)),
        ("b", b"not an event"),
    ]
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers) as producer:
        topic = Topics(settings.topic_prefix).metrics
        for key, raw in records:
            await producer.send_and_wait(topic, raw, key.encode(), partition=0)

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.metrics_port}") as http:

        async def counted() -> dict[str, float] | None:
            try:
                text = (await http.get("/metrics")).text
            except httpx.TransportError:
                return None
            values = {
                sample.name.removeprefix("tidemark_worker_")
                + "".join(f".{value}" for value in sample.labels.values()): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            }
            return values if values.get("silent_assets_total") == 2 else None

        values = await eventually(counted, 30)
        assert (await http.get("/healthz")).status_code == 200
    assert {name: values[f"events_total.{name}"] for name in ("applied", "late", "rejected")} == {
        "applied": 3, "late": 1, "rejected": 1,
    }  # fmt: skip
    assert values["changes_total"] == 1
    assert values["alerts_total.critical.active"] == 1
    assert values["batch_seconds_count"] >= 1
    assert values["changelog_bytes_total"] > 0
    assert values["lag_records.0"] == 0


async def test_a_taken_port_ends_it_with_the_name_of_the_setting(
    make_settings: SettingsFactory, start_tidemark: Starter, tmp_path: Path
) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        settings = make_settings(
            kafka_brokers="127.0.0.1:1", database_url="postgresql://unused", metrics_port=port
        )
        worker = start_tidemark("worker", settings=settings)
        assert await asyncio.to_thread(worker.wait, 30) == 78
    assert (
        "tidemark: TIDEMARK_METRICS_PORT: can't listen" in (tmp_path / "worker-0.log").read_text()
    )
