"""Rows of a CSV, a JSON array or JSON lines, each with the line it begins on."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw

from feeds.document import Fault, Malformed
from feeds.door import Door
from feeds.encoding import checked_text, text_bytes
from feeds.json_document import JsonDocument
from feeds.sound import sound_json

LONGEST_VALUE: Final = 64 * 1024 * 1024
NO_VALUE: Final = frozenset(
    ("", "\\N", "NULL", "Null", "null", "<NULL>", "<null>", "None", "NaN", "nan", "NaT", "<NA>")
)
"""What databases and data frames write for null."""
_BETWEEN: Final = re.compile(rb"[\s,]*")
Columns = Sequence[Sequence[str]]
"""Columns a CSV must have: one of each group."""

# The csv module's own bound, 128 KiB, ends the reading of the whole file.
csv.field_size_limit(LONGEST_VALUE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; names are in lower case. `line` counts from 1."""

    line: int
    values: dict[str, Any]

    def text(self, *names: str) -> str | None:
        """Return the first of the named values that is there and not null."""
        for name in names:
            value = self.values.get(name)
            if value is None:
                continue
            if isinstance(value, (str, int, float)):
                text = str(value).strip()
                if text not in NO_VALUE:
                    return text
        return None

    def value(self, name: str) -> Any:
        """Return a value as it is, None where it is null."""
        value = self.values.get(name)
        return None if isinstance(value, str) and value.strip() in NO_VALUE else value


def read_rows(body: bytes, faults: list[Fault], door: Door, columns: Columns = ()) -> Iterator[Row]:
    """Yield the rows; what is wrong with one is added to `faults`.

    Raises:
        Malformed: there are none to read, or too many.
    """
    start = text_bytes(body).lstrip()[:1]
    if start == b"[":
        yield from _array(body, faults, door)
    elif start == b"{":
        yield from _lines(body, faults, door)
    else:
        yield from csv_rows(body, faults, door, columns)


def csv_rows(body: bytes, faults: list[Fault], door: Door, columns: Columns = ()) -> Iterator[Row]:
    """Yield the rows of a CSV with a header; comma, semicolon or tab between the values.

    Raises:
        Malformed: see `read_rows`.
    """
    text = checked_text(body)
    header_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader)]
        _require(header, columns)
        line = reader.line_num + 1
        for number, values in enumerate(reader, 1):
            door.check_entries(number)
            if len(values) == len(header):
                yield Row(line, dict(zip(header, values, strict=True)))
            elif any(value.strip() for value in values):
                faults.append(Fault(f"{len(values)} values for {len(header)} columns", line=line))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(f"not CSV from here on: {error}", line=reader.line_num))


def _require(header: list[str], columns: Columns) -> None:
    for group in columns:
        if set(header).isdisjoint(group):
            there = ", ".join(header)[:200]
            raise Malformed(
                Fault(f"no column {' or '.join(group)}; the columns are {there}", line=1)
            )


def _array(body: bytes, faults: list[Fault], door: Door) -> Iterator[Row]:
    document = JsonDocument(body, door)
    raws = document.whole(list[Raw])
    lines = _lines_of(document.text, raws)
    position = -1
    line = 1
    for index, values in document.items(raws, dict[str, Any]):
        while position < index:
            line = next(lines)
            position += 1
        yield Row(line, _lowered(values))
    faults += document.faults()


def _lines_of(text: bytes, raws: list[Raw]) -> Iterator[int]:
    """Yield the line of each element of an array: there is only space and commas between them."""
    position = text.index(b"[") + 1
    line = text.count(b"\n", 0, position) + 1
    for raw in raws:
        between = _BETWEEN.match(text, position)
        start = between.end() if between else position
        line += text.count(b"\n", position, start)
        yield line
        end = start + memoryview(raw).nbytes
        line += text.count(b"\n", start, end)
        position = end


def _lines(body: bytes, faults: list[Fault], door: Door) -> Iterator[Row]:
    for number, line in lines(body, door):
        try:
            yield Row(number, _lowered(JsonDocument(line, door).whole(dict[str, Any])))
        except Malformed as error:
            faults.append(Fault(error.fault.message, error.fault.field, number))


def documents(body: bytes, faults: list[Fault], door: Door) -> Iterator[tuple[JsonDocument, int]]:
    """Yield a JSON document with the line it begins on, or each line as one.

    Raises:
        Malformed: it is neither, or there are too many lines.
    """
    found = list(lines(body, door))
    try:
        first = JsonDocument(found[0][1], door)
    except Malformed:
        # Its first line is no document by itself: it is one document over several lines.
        yield JsonDocument(body, door), 1
        return
    yield first, found[0][0]
    entries = first.entries
    for number, line in found[1:]:
        try:
            document = JsonDocument(line, door, entries)
        except Malformed as error:
            faults.append(Fault(error.fault.message, error.fault.field, number))
            continue
        yield document, number
        entries = document.entries


def array_of(body: bytes, faults: list[Fault], door: Door) -> bytes:
    """Return JSON lines as one array, whose elements stand on the lines they stood on.

    Lines that are no JSON are left out and added to `faults`. An array stays as it is.

    Raises:
        Malformed: there is nothing to read, or there are too many lines.
    """
    found = list(lines(body, door))
    if found[0][1].startswith(b"["):
        return body
    if _broken(*found[0]):
        # Its first line is no document by itself: it is one document over several lines.
        found = [(1, text_bytes(body))]
    array, line = [b"["], 1
    for number, text in found:
        if len(found) > 1 and (fault := _broken(number, text)):
            faults.append(fault)
            continue
        array += [b"\n" * (number - line), b"," if len(array) > 1 else b"", text]
        line = number
    return b"".join([*array, b"]"])


def _broken(number: int, line: bytes) -> Fault | None:
    """Return what is wrong with a line that is no JSON, NaN and half pairs aside."""
    if not _is_json(line):
        try:
            sound_json(checked_text(line).encode())
        except Malformed as error:
            return Fault(error.fault.message, error.fault.field, number)
    return None


def lines(body: bytes, door: Door) -> Iterator[tuple[int, bytes]]:
    """Yield number and text of the lines that are not blank; an object alone is one line.

    Raises:
        Malformed: there are too many of them.
    """
    text = text_bytes(body)
    if _is_json(text):
        start = len(text) - len(text.lstrip())
        yield text.count(b"\n", 0, start) + 1, text[start:]
        return
    found = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found += 1
            door.check_entries(found)
            yield number, line


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _lowered(values: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in values.items()}
