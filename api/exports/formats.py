"""Rows as CSV or JSON lines."""

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from api.exports.datasets import Column, Dataset, Kind

Rows = Sequence[tuple[Any, ...]]

OPERATORS: Final = frozenset("=+-@'")
"""A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV
injection"); the apostrophe is among them so that what is put before can be told."""


class FileFormat(StrEnum):
    """What a file is written in."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class TextFormat(Protocol):
    """Turns rows into bytes; `media_type` is what those are."""

    media_type: str

    def header(self) -> bytes:
        """Return what comes before all rows."""

    def encode(self, rows: Rows) -> bytes:
        """Return the bytes of some rows."""


class Csv:
    """RFC 4180 in UTF-8 with a header; before text that could be a formula goes an apostrophe."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, dataset: Dataset) -> None:
        self._names = [column.name for column in dataset.columns]
        self._cells = [_cell_of(column) for column in dataset.columns]

    def header(self) -> bytes:
        """Return the names of the columns."""
        return self._lines([self._names])

    def encode(self, rows: Rows) -> bytes:
        """Return a line for each row."""
        return self._lines(
            [
                [
                    None if value is None else cell(value)
                    for cell, value in zip(self._cells, row, strict=True)
                ]
                for row in rows
            ]
        )

    def _lines(self, rows: Sequence[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()


class JsonLines:
    """One JSON object a line, as REST would tell it."""

    media_type = "application/x-ndjson"

    def __init__(self, dataset: Dataset) -> None:
        self._names = [column.name for column in dataset.columns]
        self._json = [
            number for number, column in enumerate(dataset.columns) if column.kind is Kind.JSON
        ]
        self._encoder = msgspec.json.Encoder()

    def header(self) -> bytes:
        """Return nothing."""
        return b""

    def encode(self, rows: Rows) -> bytes:
        """Return a line for each row."""
        return self._encoder.encode_lines([self._object(row) for row in rows])

    def _object(self, row: tuple[Any, ...]) -> dict[str, Any]:
        values = list(row)
        for number in self._json:
            text = values[number]
            if text is not None:
                # The sender's JSON as it is, unless it has lines of its own.
                values[number] = msgspec.json.decode(text) if "\n" in text else msgspec.Raw(text)
        return dict(zip(self._names, values, strict=True))


TEXT_FORMATS: Final[dict[FileFormat, Callable[[Dataset], TextFormat]]] = {
    FileFormat.CSV: Csv,
    FileFormat.JSONL: JsonLines,
}


def _cell_of(column: Column) -> Callable[[Any], Any]:
    if column.kind in (Kind.TEXT, Kind.JSON):
        return _harmless
    if column.kind in (Kind.MOMENT, Kind.DAY):
        return _iso
    return _truth if column.kind is Kind.TRUTH else _same


def _harmless(text: str) -> str:
    return f"'{text}" if _is_suspect(text) else text


def _is_suspect(text: str) -> bool:
    """Say whether a spreadsheet could find a formula in a cell.

    They pass over blanks and what is not seen, and some read full-width operators as others.
    """
    first = text[:1]
    if not first or "a" <= first <= "z":
        return False
    if first.isspace() or not first.isprintable():
        return True
    return unicodedata.normalize("NFKC", first)[0] in OPERATORS or first == "\u2212"


def _iso(moment: date | datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _same(value: Any) -> Any:
    return value
