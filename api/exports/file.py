"""An export to disk that can be stopped at any time and goes on where it was.

Beside the unfinished file stands a note of how far it got; both go when it is whole.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from api.exports.datasets import Chunk, Dataset, Place, Wanted
from api.exports.formats import TEXT_FORMATS, FileFormat, TextFormat

NOTE_ROWS: Final = 50_000
"""A stopped export of text writes at most so many rows again."""
PART_ROWS: Final = 500_000
"""Rows in one file of a Parquet folder; a stopped export writes the last one again."""


class ExportError(RuntimeError):
    """The export can't be written there; the message says why and what helps."""


class Request(Struct, frozen=True):
    """What was asked for, in the asker's words: a stopped export only goes on with the same."""

    dataset: str
    format: FileFormat
    asset: str | None = None
    metric: str | None = None
    since: str | None = None
    until: str | None = None


class Note(Struct):
    """How far an export got. `size` is in bytes, or in parts of a folder."""

    asked: Request
    wanted: Wanted
    place: Place | None = None
    size: int = 0
    rows: int = 0


class Target(Protocol):
    """Where rows go."""

    note: Note

    def write(self, chunk: Chunk) -> None:
        """Take some rows."""

    def stop(self) -> None:
        """Leave what was written to a later try."""

    def finish(self) -> None:
        """Make what was written a whole, under its own name."""


def open_target(
    output: Path, dataset: Dataset, asked: Request, wanted: Wanted, *, fresh: bool
) -> Target:
    """Return where an export goes, with what an earlier try has written of it.

    Args:
        output: the file, for Parquet the folder.
        dataset: what is exported.
        asked: the request, to tell whether the earlier try was of the same.
        wanted: what it means just now; what it meant to an earlier try is kept.
        fresh: begin anew, also over what is there.

    Raises:
        ExportError: something else is there.
    """
    if output.exists() and not fresh:
        raise ExportError(f"{output} exists; --fresh replaces it")
    note_file, unfinished = _beside(output, ".progress"), _beside(output, ".part")
    note = _read(note_file) if not fresh else None
    if note is not None and note.asked != asked:
        raise ExportError(
            f"{unfinished} is an unfinished export of something else; --fresh begins anew"
        )
    note = note or Note(asked, wanted)
    kind = _Folder if asked.format is FileFormat.PARQUET else _Text
    return kind(output, dataset, note)


class _Text:
    """One file of lines."""

    def __init__(self, output: Path, dataset: Dataset, note: Note) -> None:
        self.note = note
        self._output = output
        self._format: TextFormat = TEXT_FORMATS[note.asked.format](dataset)
        unfinished = _beside(output, ".part")
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        self._file = unfinished.open("r+b" if unfinished.exists() else "w+b")
        self._file.truncate(note.size)
        self._file.seek(note.size)
        self._noted = note.rows
        if not note.size:
            self._file.write(self._format.header())

    def write(self, chunk: Chunk) -> None:
        self._file.write(self._format.encode(chunk.rows))
        self.note.rows += len(chunk.rows)
        self.note.place = chunk.place
        if self.note.rows - self._noted >= NOTE_ROWS:
            self._save()

    def stop(self) -> None:
        self._save()
        self._file.close()

    def finish(self) -> None:
        self.stop()
        _beside(self._output, ".part").replace(self._output)
        _beside(self._output, ".progress").unlink()

    def _save(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self.note.size, self._noted = self._file.tell(), self.note.rows
        _save(self._output, self.note)


class _Folder:
    """A folder of Parquet files."""

    def __init__(self, output: Path, dataset: Dataset, note: Note) -> None:
        from api.exports.parquet import Part

        self.note = note
        self._output = output
        self._unfinished = _beside(output, ".part")
        if not note.size:
            shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(parents=True, exist_ok=True)
        self._make: Callable[[Path], Part] = lambda path: Part(path, dataset)
        self._part = self._next()

    def write(self, chunk: Chunk) -> None:
        self._part.write(chunk.rows)
        self.note.rows += len(chunk.rows)
        self.note.place = chunk.place
        if self._part.rows >= PART_ROWS:
            self._part.close()
            self.note.size += 1
            _save(self._output, self.note)
            self._part = self._next()

    def stop(self) -> None:
        self._part.abandon()

    def finish(self) -> None:
        self._part.close()
        if self._output.is_dir():
            shutil.rmtree(self._output)
        self._unfinished.replace(self._output)
        _beside(self._output, ".progress").unlink(missing_ok=True)

    def _next(self) -> Any:
        return self._make(self._unfinished / f"part-{self.note.size:05}.parquet")


def _beside(output: Path, ending: str) -> Path:
    return output.with_name(output.name + ending)


def _read(note: Path) -> Note | None:
    try:
        return msgspec.json.decode(note.read_bytes(), type=Note)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _save(output: Path, note: Note) -> None:
    target = _beside(output, ".progress")
    partial = _beside(output, ".progress.new")
    partial.write_bytes(msgspec.json.encode(note))
    partial.replace(target)
