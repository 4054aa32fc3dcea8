"""Exports as bytes and files."""

import asyncio
import csv
import io
import json
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from starlette.types import Message

from api.exports import file
from api.exports.datasets import ALERTS, HISTORY, TRENDS, Chunk, Wanted
from api.exports.file import ExportError, Request, open_target
from api.exports.formats import Csv, FileFormat, JsonLines
from api.exports.slots import AT_ONCE, OF_ONE, Slots
from api.handlers.exports import ExportEnded, _Export, _stream

DAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 12, 30, 0, 5, UTC)


def row(number: int, asset: str = "crm.users", metadata: str | None = None) -> tuple[Any, ...]:
    at = AT + timedelta(seconds=number)
    return (
        asset,
        "score",
        number / 4,
        at,
        f"00000000-0000-0000-0000-{number:012}",
        False,
        metadata,
    )


def read_csv(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode(), newline="")))


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and "\r" not in text))
def test_no_cell_of_text_is_a_formula_and_the_text_can_be_told(text: str) -> None:
    form = Csv(HISTORY)
    names, cells = read_csv(form.header() + form.encode([row(1, text)]))
    assert names[0] == "assetId"
    shown = unicodedata.normalize("NFKC", cells[0])
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))
    assert cells[0].removeprefix("'") == text or (cells[0] == text and text[0] != "'")


@pytest.mark.parametrize(
    "first",
    ["=", "+", "-", "@", "'", "\t", "\r", "\n", " ", "\u00a0", "\u3000", "\u200b", "\ufeff",
     "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62", "\ufe63", "\ufe6b",
     "\u2212", "\u207c"],
)  # fmt: skip
def test_what_a_spreadsheet_may_take_for_a_formula_is_text(first: str) -> None:
    line = Csv(HISTORY).encode([row(1, f"{first}1+1")]).decode()
    assert line.lstrip('"').startswith(f"'{first}1+1")


def test_one_caller_does_not_hold_all_exports() -> None:
    slots = Slots()
    assert [slots.take("ann") for _ in range(OF_ONE)] == [None] * OF_ONE
    assert "of yours" in (slots.take("ann") or "")
    assert slots.take("bob") is None
    slots.give_back("ann")
    assert slots.take("ann") is None
    for number in range(AT_ONCE - OF_ONE - 1):
        assert slots.take(f"other {number}") is None
    assert f"{AT_ONCE} exports are running" in (slots.take("eve") or "")


async def test_an_export_ends_with_its_callers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, True, False])
    closed = asyncio.Event()

    async def endless(*_: Any) -> AsyncGenerator[Chunk, None]:
        try:
            while True:
                yield Chunk([row(1)], HISTORY.place_of(DAY, row(1)))
        finally:
            closed.set()

    class Parts:
        @asynccontextmanager
        async def connection(self) -> AsyncGenerator[None, None]:
            yield None

        async def still_valid(self, _: object) -> bool:
            return next(answers)

    parts = Parts()
    call: Any = SimpleNamespace(
        edge=SimpleNamespace(pool=parts, authenticator=parts), caller=SimpleNamespace(scope=None)
    )
    monkeypatch.setattr("api.handlers.exports.chunks", endless)
    stream = _stream(call, HISTORY, Csv(HISTORY), Wanted())
    for _ in range(3):  # the heading, and two chunks
        await anext(stream)
    with pytest.raises(ExportEnded, match="not valid any more"):
        await anext(stream)
    assert closed.is_set()


async def test_a_reader_that_does_not_read_ends_its_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.handlers.exports.CHUNK_SECONDS", 0.05)
    closed, done = asyncio.Event(), asyncio.Event()

    async def rows() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"row"
        finally:
            closed.set()

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 3:
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    response = _Export(rows(), done=done.set)
    async with asyncio.timeout(10):
        await response({"type": "http", "method": "GET", "asgi": {}}, receive, send)
    assert done.is_set()
    assert closed.is_set()
    assert all(message.get("more_body", True) for message in sent), "it is not told as whole"


def test_csv_cells() -> None:
    form = Csv(HISTORY)
    (cells,) = read_csv(form.encode([row(-2, "=cmd|'/C calc'!A0", '{"a": "b\\nc"}')]))
    assert cells == [
        "'=cmd|'/C calc'!A0", "score", "-0.5", "2026-11-24T12:29:58.000005Z",
        "00000000-0000-0000-0000--00000000002", "false", '{"a": "b\\nc"}',
    ]  # fmt: skip
    empty = tuple(None for _ in ALERTS.columns)
    assert read_csv(Csv(ALERTS).encode([empty])) == [[""] * len(ALERTS.columns)]


def test_json_lines_keep_the_sender_s_metadata_on_one_line() -> None:
    form = JsonLines(HISTORY)
    lines = form.encode([row(1), row(2, metadata='{"a":1.50}'), row(3, metadata='{\n"a":\n1}')])
    first, second, third = (json.loads(line) for line in lines.splitlines())
    assert first["metadata"] is None
    assert first["timestamp"] == "2026-11-24T12:30:01.000005Z"
    assert b'"metadata":{"a":1.50}' in lines
    assert (second["metadata"], third["metadata"]) == ({"a": 1.5}, {"a": 1})


def chunks_of(rows: list[tuple[Any, ...]], size: int) -> list[Chunk]:
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [Chunk(part, HISTORY.place_of(DAY, part[-1])) for part in parts]


def after(rows: list[tuple[Any, ...]], note: file.Note) -> list[tuple[Any, ...]]:
    """What PostgreSQL would go on with."""
    if note.place is None:
        return rows
    ends = [HISTORY.place_of(DAY, one).key for one in rows]
    return rows[ends.index(note.place.key) + 1 :]


@pytest.mark.parametrize("form", list(FileFormat))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    total=st.integers(0, 60),
    stops=st.lists(st.integers(0, 30), max_size=3),
    size=st.integers(1, 7),
    clean=st.booleans(),
)
def test_an_export_that_was_stopped_goes_on_and_misses_and_repeats_nothing(
    form: FileFormat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    total: int,
    stops: list[int],
    size: int,
    clean: bool,
) -> None:
    monkeypatch.setattr(file, "NOTE_ROWS", 5)
    monkeypatch.setattr(file, "PART_ROWS", 9)
    rows = [row(number) for number in range(total)]
    output, asked = tmp_path / "history", Request("history", form)
    for stop in stops:
        target = open_target(output, HISTORY, asked, Wanted(), fresh=output.exists())
        for chunk in chunks_of(after(rows, target.note), size)[:stop]:
            target.write(chunk)
        target.stop() if clean else abandon(target)
    target = open_target(output, HISTORY, asked, Wanted(), fresh=output.exists())
    for chunk in chunks_of(after(rows, target.note), size):
        target.write(chunk)
    target.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["history"]
    assert target.note.rows == total
    assert ids_in(output, form) == [one[4] for one in rows]


def abandon(target: Any) -> None:
    """End without a note, as a killed process would."""
    target._file.close() if hasattr(target, "_file") else target.stop()


def ids_in(output: Path, form: FileFormat) -> list[str]:
    if form is FileFormat.CSV:
        return [cells[4] for cells in read_csv(output.read_bytes())[1:]]
    if form is FileFormat.JSONL:
        return [json.loads(line)["eventId"] for line in output.read_text().splitlines()]
    return [str(one) for one in parquet.read_table(output)["eventId"].to_pylist()]


def test_parquet_keeps_types(tmp_path: Path) -> None:
    output = tmp_path / "days"
    target = open_target(
        output, TRENDS, Request("trends", FileFormat.PARQUET), Wanted(), fresh=False
    )
    given_row = (DAY, "a", "score", 1, 90.5, None, 90.5, 90.5, 90.5, 90.5)
    target.write(Chunk([given_row], TRENDS.place_of(DAY, given_row)))
    target.finish()
    (found,) = parquet.read_table(output).to_pylist()
    assert tuple(found.values()) == given_row


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    output = tmp_path / "x.csv"
    output.write_text("mine")
    with pytest.raises(ExportError, match="exists; --fresh replaces it"):
        open_target(output, HISTORY, Request("history", FileFormat.CSV), Wanted(), fresh=False)


def test_another_unfinished_export_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "NOTE_ROWS", 1)
    output = tmp_path / "x.csv"
    target = open_target(output, HISTORY, Request("history", FileFormat.CSV), Wanted(), fresh=False)
    target.write(chunks_of([row(1)], 1)[0])
    target.stop()
    other = Request("history", FileFormat.CSV, asset="b")
    with pytest.raises(ExportError, match="unfinished export of something else"):
        open_target(output, HISTORY, other, Wanted(), fresh=False)
    fresh = open_target(output, HISTORY, other, Wanted(), fresh=True)
    assert fresh.note.rows == 0
    fresh.stop()
