"""The picture of the flow is true."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust
import pytest
from typer.main import get_command

from agents.notifier import build_notifier
from agents.sink import build_sink
from agents.worker import build_worker
from cli.main import app
from pipeline.flow import stages
from pipeline.settings import Settings
from pipeline.topics import Topics

TOPICS = Topics("quality")
STAGES = stages(TOPICS)


def test_what_is_read_was_written_before() -> None:
    written: set[str] = set()
    for stage in STAGES:
        written.update(stage.writes)
        assert written.issuperset(stage.reads), stage.name


def test_every_topic_has_its_place() -> None:
    assert {topic for stage in STAGES for topic in stage.writes} == set(TOPICS.all())


def test_every_stage_is_run_by_a_command() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {stage.process for stage in STAGES} <= commands.keys()


@pytest.mark.parametrize(
    ("process", "build"),
    [("worker", build_worker), ("sink", build_sink), ("notify", build_notifier)],
)
def test_agents_read_what_the_picture_says(
    process: str, build: Callable[[Settings], faust.App], tmp_path: Path
) -> None:
    built: Any = build(Settings(state_dir=tmp_path, state_store="memory"))
    found = {
        name.rpartition(".")[2]: set(agent.channel.topics) for name, agent in built.agents.items()
    }
    wanted = {s.name: set(s.reads) for s in STAGES if s.process == process and s.reads}
    assert found == wanted
    assert built.transport.batch_topics == {topic for topics in wanted.values() for topic in topics}
