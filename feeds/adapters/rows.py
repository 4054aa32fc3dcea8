"""Rows of a CSV, a JSON array or JSON lines, each with the line it begins on."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from feeds.document import Fault, JsonDocument, Malformed
from feeds.locate import line_of


@dataclass(frozen=True, slots=True)
class Row:
    """One row; names are in lower case. `line` counts from 1."""

    line: int
    values: dict[str, Any]

    def text(self, *names: str) -> str | None:
        """Return the first of the named values that is not empty."""
        for name in names:
            value = self.values.get(name)
            if value is not None and str(value).strip():
                return str(value).strip()
        return None


def read_rows(body: bytes, faults: list[Fault]) -> Iterator[Row]:
    """Yield the rows; what is wrong with one is added to `faults`.

    Raises:
        Malformed: there are none to read.
    """
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"[":
        yield from _array(body, faults)
    elif start == b"{":
        yield from _lines(body, faults)
    else:
        yield from csv_rows(body, faults)


def csv_rows(body: bytes, faults: list[Fault]) -> Iterator[Row]:
    """Yield the rows of a CSV with a header; comma, semicolon or tab between the values."""
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise Malformed(Fault(f"not UTF-8: {error.reason}", line=line)) from None
    header_line = text.partition("\n")[0]
    if not header_line.strip():
        raise Malformed(Fault("the document is empty"))
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader)]
        line = reader.line_num + 1
        for values in reader:
            if len(values) == len(header):
                yield Row(line, dict(zip(header, values, strict=True)))
            elif any(value.strip() for value in values):
                faults.append(Fault(f"{len(values)} values for {len(header)} columns", line=line))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(f"not CSV: {error}", line=reader.line_num))


def _array(body: bytes, faults: list[Fault]) -> Iterator[Row]:
    document = JsonDocument(body)
    text = body.decode("utf-8", "replace")
    for index, values in document.items(document.whole(list[Raw]), dict[str, Any]):
        yield Row(line_of(text, (index,)), _lowered(values))
    faults += document.faults


def _lines(body: bytes, faults: list[Fault]) -> Iterator[Row]:
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield Row(number, _lowered(msgspec.json.decode(line, type=dict[str, Any])))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(Fault(f"not a JSON object: {error}", line=number))


def _lowered(values: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in values.items()}
