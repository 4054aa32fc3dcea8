"""Documents to events: sending, watching, and the command."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from rich.console import Console

from cli.feed_files import _delivered
from feeds.document import Fault
from feeds.ingest import Ingest, Reading, Summary, Watch, report
from feeds.mapping import DEFAULT
from schemas.metrics import MetricEvent
from tests.unit.client.test_http import Edge
from tests.unit.client.transports import ScriptedTransport
from tests.unit.feeds.documents import DATA, document
from tidemark_client import BufferFull, DeliveryError, Reporter

ROOT = Path(__file__).parents[3]


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge()
    yield edge
    edge.stop()


def ingest(kind: str) -> tuple[Ingest, list[MetricEvent], list[tuple[str, Fault]]]:
    sent: list[MetricEvent] = []
    blamed: list[tuple[str, Fault]] = []
    reading = Reading(kind, DEFAULT)
    return Ingest(reading, sent.append, lambda *what: blamed.append(what)), sent, blamed


def test_a_manifest_beside_the_file_is_used(tmp_path: Path) -> None:
    body = {"results": [{"unique_id": "test.shop.assert_paid", "status": "pass"}]}
    (tmp_path / "run_results.json").write_text(json.dumps(body))
    (tmp_path / "manifest.json").write_bytes(document("dbt_manifest.json"))
    taker, sent, blamed = ingest("dbt")
    taker.file(tmp_path / "run_results.json")
    assert blamed == []
    assert {event.asset_id for event in sent} == {"warehouse.sales.dim_customers"}


def test_summaries_count() -> None:
    taker, sent, blamed = ingest("csv")
    taker.body("-", b"asset,score\norders,1\nrefunds,x\n")
    taker.file(Path("/no/such/file.csv"))
    assert str(taker.summary) == "1 event sent for 1 asset, 2 faults"
    assert [(name, fault.line) for name, fault in blamed] == [("-", 3), ("/no/such/file.csv", None)]
    assert (
        str(Summary(events=1200, assets={"a", "b"})) == "1,200 events sent for 2 assets, 0 faults"
    )
    assert len(sent) == 1


def test_the_client_sends_an_event_as_it_is() -> None:
    taker, sent, _ = ingest("dbt")
    taker.file(DATA / "dbt_run_results.json")
    transport = ScriptedTransport()
    with Reporter(transport=transport, strict=True) as reporter:
        for event in sent:
            report(reporter, event)
    import msgspec

    assert [msgspec.json.decode(e.body, type=MetricEvent) for e in transport.delivered] == sent


def test_a_watch_waits_until_a_file_is_written(tmp_path: Path) -> None:
    watch = Watch(tmp_path, "csv")
    file = tmp_path / "deep" / "a.csv"
    file.parent.mkdir()
    file.write_text("asset,")
    assert watch.ready() == []
    file.write_text("asset,score\norders,1\n")
    (tmp_path / "note.txt").write_text("not ours")
    assert watch.ready() == []
    assert watch.ready() == [file]
    assert watch.ready() == []
    file.write_text("asset,score\norders,50\n")
    assert watch.ready() == []
    assert watch.ready() == [file]
    file.unlink()
    assert watch.ready() == []


def test_a_watch_passes_over_what_it_must_not_read(tmp_path: Path) -> None:
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "inner").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    file = tmp_path / "a.csv"
    file.write_text("asset,score\norders,1\n")
    watch = Watch(tmp_path, "csv")
    watch.ready()
    assert watch.ready() == [file]
    assert Watch(tmp_path / "nowhere", "csv").ready() == []


def test_a_watch_waits_while_the_edge_is_away(tmp_path: Path) -> None:
    taker, _, _ = ingest("csv")
    file = tmp_path / "a.csv"
    file.write_text("asset,score\norders,1\n")
    away = [
        BufferFull("no room"),
        DeliveryError("1 event undelivered", undelivered=1, refused=[]),
        DeliveryError("1 event undelivered", undelivered=1, refused=[]),
    ]
    answers = iter(away)

    class Away:
        def flush(self, timeout: float) -> bool:
            for error in answers:
                raise error
            return True

    said = io.StringIO()
    console = Console(file=said, width=200)
    assert _delivered(taker, file, Away(), Event(), console)  # type: ignore[arg-type]
    assert said.getvalue().count("waiting") == 1
    assert taker.summary.documents == 1
    stop = Event()
    stop.set()
    answers = iter(away)
    assert not _delivered(taker, file, Away(), stop, console)  # type: ignore[arg-type]
    refused = iter([DeliveryError("1 refused", undelivered=0, refused=["no"])])
    answers = refused
    assert _delivered(taker, file, Away(), stop, console)  # type: ignore[arg-type]
    assert taker.summary.faults == 1


def test_what_was_skipped_is_told() -> None:
    done = tidemark("dbt", str(DATA / "dbt_run_results.json"), "--dry-run")
    assert done.returncode == 0, done.stderr
    assert b"skipped 1 tests that did not run (skipped)" in done.stderr


def tidemark(*arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "feed", *arguments],
        input=stdin, capture_output=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_sends_the_good_half_and_says_so(edge: Edge) -> None:
    fixture = str(DATA / "openlineage.json")
    done = tidemark("openlineage", fixture, "--url", edge.url)
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert f"{fixture}:28: inputs[0].inputFacets.dataQualityAssertions" in said
    assert "8 events sent for 2 assets, 1 fault" in said
    assert len(edge.taken) == 8


def test_the_command_reads_several_files_and_standard_input(edge: Edge) -> None:
    done = tidemark(
        "csv", "-", "--url", edge.url, stdin=b"asset,score,issues\norders,93.5,2\n"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"2 events sent for 1 asset, 0 faults" in done.stderr
    files = [str(DATA / "soda_3.json"), str(DATA / "soda_4.json")]
    done = tidemark("soda", *files, "--url", edge.url)
    assert done.returncode == 0, done.stderr
    assert b"10 events sent for 3 assets" in done.stderr


def test_a_dry_run_prints_what_would_be_sent() -> None:
    done = tidemark("soda", str(DATA / "soda_4.json"), "--dry-run")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["metricType"] for event in events} >= {"score", "issues"}
    assert b"4 events read for 1 asset" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dbt"], "give at least one FILE"),
        (["soda", "--watch", "/no/such/dir"], "no such directory"),
        (["csv", "x.csv", "--mapping", "/no/such/file"], "No such file"),
        (["dbt", "x.json", "--manifest", "/no/such/file"], "no such file"),
    ],
)
def test_usage_errors_are_said(arguments: list[str], said: str) -> None:
    done = tidemark(*arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.decode().replace("│", " ").split())


def test_a_refused_token_is_said(edge: Edge) -> None:
    edge.answer = lambda events: (401, {}, b"")
    done = tidemark("csv", "-", "--url", edge.url, stdin=b"asset,score\norders,1\n")
    assert done.returncode == 1
    assert b"is the token right" in done.stderr


def test_sql_checks_from_the_command(edge: Edge, tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
    checks = tmp_path / "checks.yaml"
    checks.write_text(
        f"connection: duckdb:///{tmp_path}/x.db\n"
        "schema: [{name: orders, quality: [{metric: rowCount, mustBe: 1},"
        " {metric: rowCount, name: too many, mustBe: 0}]}]"
    )
    done = tidemark("sql", str(checks), "--once", "--url", edge.url)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert "orders: too many is 1, must be = 0" in said
    assert "3 events sent for 1 asset, 0 faults" in said
    broken = checks.read_text().replace("rowCount, mustBe: 1", "rowCounts, mustBe: 1")
    checks.write_text(broken)
    done = tidemark("sql", str(checks), "--once", "--url", edge.url)
    assert done.returncode == 1
    assert "checks.yaml: orders quality[0]: metric: 'rowCounts'" in done.stderr.decode()


def test_a_watched_directory_is_taken_in_until_told_to_stop(edge: Edge, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "feed", "csv", "--watch", tmp_path, "--url", edge.url],
        cwd=ROOT, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        file = tmp_path / "a.csv"
        file.write_text("asset,score\norders,1\n")
        assert process.stderr.readline().endswith(b"a.csv: read\n")
        assert [event["assetId"] for event in edge.taken] == ["orders"]
        file.write_text("asset,score\norders,lots\n")
        assert b"a.csv:2: value: 'lots' is no number" in process.stderr.readline()
        process.terminate()
        said = process.stderr.read()
    assert b"1 event sent for 1 asset, 1 fault" in said
    assert process.returncode == 1
