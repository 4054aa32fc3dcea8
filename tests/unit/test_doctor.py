"""Checks that need no server; tests/integration/test_doctor.py has the others."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from cli import doctor
from cli.checks.clock import compare
from cli.checks.edge import check_edge, own_url
from cli.checks.finding import Finding, Verdict
from cli.checks.groups import _judged
from cli.checks.machine import check_state
from cli.main import app
from devstack.ports import free_port
from pipeline.settings import Settings
from schemas.system import GroupState


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command sets logging up for its own process."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("theirs", "verdict", "said"),
    [
        (100.4, Verdict.OK, "within"),
        (103.0, Verdict.WARN, "2.5 s ahead of"),
        (97.0, Verdict.WARN, "2.5 s behind"),
        (101.4, Verdict.OK, "within"),
    ],
)
def test_clocks_are_compared_as_exactly_as_the_answer_allows(
    theirs: float, verdict: Verdict, said: str
) -> None:
    found = compare("clock", theirs, before=99.5, after=100.5)
    assert (found.verdict, said in found.detail) == (verdict, True)


def test_the_state_folder_need_not_be_there(tmp_path: Path) -> None:
    found = check_state(Settings(state_dir=tmp_path / "not" / "yet"))
    assert found.verdict is Verdict.OK
    assert not (tmp_path / "not").exists()


def test_a_state_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = check_state(Settings(state_dir=tmp_path / "file" / "state"))
    assert (found.verdict, found.remedy) == (Verdict.FAIL, "set TIDEMARK_STATE_DIR")
    found = check_state(Settings(state_dir=Path("/proc/state")))
    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (Settings(), "http://127.0.0.1:3002"),
        (Settings(http_host="0.0.0.0", http_port=80), "http://127.0.0.1:80"),
        (Settings(http_host="::", tls_cert_file=Path("x")), "https://[::1]:3002"),
        (Settings(http_host="edge.example.org"), "http://edge.example.org:3002"),
    ],
)
def test_where_our_edge_listens(settings: Settings, url: str) -> None:
    assert own_url(settings) == url


@pytest.fixture
def somebody() -> Iterator[str]:
    """A server that is no edge."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_an_edge_that_is_none_or_not_there(somebody: str) -> None:
    found = await check_edge(Settings(), somebody)
    assert found.verdict is Verdict.FAIL
    assert "it is no edge of Tidemark" in found.detail
    found = await check_edge(Settings(http_port=free_port()), None)
    assert (found.verdict, "Connection refused" in found.detail) == (Verdict.WARN, True)
    assert (await check_edge(Settings(http_port=0), None)).verdict is Verdict.NOTE
    assert (await check_edge(Settings(), "nonsense")).verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("members", "state", "covered", "lag", "verdict", "detail"),
    [
        (0, "Empty", False, 7, Verdict.FAIL, "none runs, 7 records wait for it"),
        (1, "Stable", True, 0, Verdict.OK, "1 member, 0 records behind"),
        (2, "PreparingRebalance", True, 0, Verdict.WARN, "2 members, group PreparingRebalance"),
        (2, "Stable", False, 0, Verdict.WARN, "not every partition"),
        (2, "Stable", True, 10**6, Verdict.WARN, "1000000 records behind"),
    ],
)
def test_groups(
    members: int, state: str, covered: bool, lag: int, verdict: Verdict, detail: str
) -> None:
    group = GroupState(group="g", state=state, members=members, lag=lag, partitions=[])
    found = _judged("worker", group, covered)
    assert (found.verdict, detail in found.detail) == (verdict, True)


def test_settings_that_make_no_sense_are_all_told() -> None:
    environment = {"TIDEMARK_TOPIC_PARTITIONS": "x", "TIDEMARK_HTTP_PORT": "-1"}
    answer = CliRunner().invoke(app, ["doctor"], env=environment)
    assert answer.exit_code == 1
    lines = answer.stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["fail", "settings", "TIDEMARK_TOPIC_PARTITIONS:"],
        ["fail", "settings", "TIDEMARK_HTTP_PORT:"],
    ]


def test_a_check_that_breaks_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> list[Finding]:
        raise ZeroDivisionError

    async def hanging(*_: object) -> list[Finding]:
        import asyncio

        await asyncio.Event().wait()
        return []

    monkeypatch.setattr("cli.checks.kafka.check_kafka", broken)
    monkeypatch.setattr("cli.checks.postgres.check_postgres", hanging)
    monkeypatch.setattr(doctor, "LONGEST_SECONDS", 0.1)
    environment = {"TIDEMARK_HTTP_PORT": "0"}
    answer = CliRunner().invoke(app, ["doctor", "--json"], env=environment)
    found = {one["check"]: one for one in json.loads(answer.stdout)}
    assert answer.exit_code == 1
    assert found["kafka"]["detail"] == "could not be looked at: ZeroDivisionError()"
    assert found["postgresql"]["detail"] == "no answer in 0.1 s"
    assert {"settings", "state", "edge"} <= set(found)
