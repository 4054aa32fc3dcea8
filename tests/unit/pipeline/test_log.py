"""What of the libraries' lines is written."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from pipeline.log import configure_logging
from pipeline.repeats import RepeatFilter
from pipeline.settings import Settings

SECONDS = 10.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repeats(clock: Clock) -> RepeatFilter:
    return RepeatFilter(["aiokafka"], SECONDS, clock)


def a_record(
    template: str = "Unable connect to node with id %s",
    name: str = "aiokafka",
    level: int = logging.ERROR,
    error: Exception | None = None,
    node: int = 1,
) -> logging.LogRecord:
    trace = (type(error), error, None) if error else None
    return logging.LogRecord(name, level, "client.py", 1, template, (node,), trace)


def test_one_of_a_kind_passes_and_tells_how_many_were_left_out(
    clock: Clock, repeats: RepeatFilter
) -> None:
    first = a_record()
    assert repeats.filter(first)
    assert not hasattr(first, "left_out")
    clock.now = 9.9
    assert not repeats.filter(a_record())
    assert not repeats.filter(a_record(node=2))
    clock.now = 10.0
    after = a_record()
    assert repeats.filter(after)
    assert vars(after)["left_out"] == 2
    clock.now = 20.0
    alone = a_record()
    assert repeats.filter(alone)
    assert not hasattr(alone, "left_out")


@pytest.mark.parametrize(
    "other",
    [
        a_record("Unable to update metadata from %s"),
        a_record(name="aiokafka.consumer.fetcher"),
        a_record(level=logging.WARNING),
        a_record(error=KeyError()),
    ],
)
def test_another_kind_has_a_time_of_its_own(
    repeats: RepeatFilter, other: logging.LogRecord
) -> None:
    assert repeats.filter(a_record())
    assert repeats.filter(other)
    assert not repeats.filter(other)


@pytest.mark.parametrize("name", ["uvicorn.error", "aiokafkaesque", "pipeline.flow"])
def test_others_are_never_left_out(repeats: RepeatFilter, name: str) -> None:
    assert all(repeats.filter(a_record(name=name)) for _ in range(3))


@pytest.fixture
def _logging() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for chatty in ("faust", "mode", "aiokafka", "kafka", "pipeline.transport", "tables.assets"):
        logging.getLogger(chatty).setLevel(logging.NOTSET)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("_logging")
@pytest.mark.parametrize(("level", "written"), [("info", 1), ("debug", 5)])
def test_a_process_writes_all_only_at_debug(
    level: str, written: int, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(Settings.model_validate({"log_level": level, "log_format": "json"}), "worker")
    for node in range(5):
        logging.getLogger("aiokafka").error("Unable connect to node with id %s", node)
        structlog.get_logger("pipeline.flow").info("our own")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert sum(line["logger"] == "aiokafka" for line in lines) == written
    assert sum(line["event"] == "our own" for line in lines) == 5
    assert lines[0]["event"] == "Unable connect to node with id 0"
