"""A document of another tool: what is good in it, and what is wrong where."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw

from feeds.locate import Path, line_of, path_name
from schemas.metrics import MetricEvent

T = TypeVar("T")

MOST_LINES: Final = 100
"""Faults whose line is looked up; finding one reads the document again."""
_WHERE: Final = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_STEP: Final = re.compile(r"\.(?P<key>[^.\[]+)|\[(?P<index>\d+)\]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a part of a document. `line` counts from 1."""

    message: str
    field: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        name = f"{self.field}: " if self.field else ""
        return f"{where}{name}{self.message}"


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The events of a document's good part, and the faults of the rest."""

    events: list[MetricEvent] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Malformed(ValueError):
    """Nothing in the document can be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class JsonDocument:
    """A JSON document, decoded piece by piece so that one bad piece spoils no other."""

    def __init__(self, body: bytes) -> None:
        """Take the bytes of the document.

        Raises:
            Malformed: they are not JSON.
        """
        text = body.removeprefix(b"\xef\xbb\xbf")
        if not text.strip():
            raise Malformed(Fault("the document is empty"))
        try:
            self._text = text.decode()
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            raise Malformed(Fault(f"not UTF-8: {error.reason}", line=line)) from None
        self._json = _strict_json(text)
        self.faults: list[Fault] = []

    def whole(self, kind: type[T]) -> T:
        """Return the document as `kind`.

        Raises:
            Malformed: it is something else.
        """
        try:
            return msgspec.json.decode(self._json, type=kind)
        except msgspec.ValidationError as error:
            raise Malformed(self._fault(error, ())) from None

    def items(
        self, raws: Iterable[Raw], kind: type[T], *path: str | int
    ) -> Iterator[tuple[int, T]]:
        """Yield index and value of the items that are of `kind`; the others become faults.

        `path` leads to the array from the top of the document.
        """
        for index, raw in enumerate(raws):
            try:
                yield index, msgspec.json.decode(raw, type=kind)
            except msgspec.ValidationError as error:
                self.faults.append(self._fault(error, (*path, index)))

    def part(self, raw: Raw, kind: type[T], *path: str | int) -> T | None:
        """Return one part as `kind`, or None and a fault."""
        for _, value in self.items([raw], kind):
            return value
        fault = self.faults.pop()
        name = path_name(path) + (fault.field or "").removeprefix("[0]")
        self.faults.append(Fault(fault.message, name, line_of(self._text, path)))
        return None

    def blame(self, message: str, *path: str | int) -> None:
        """Add a fault of the value at `path`."""
        line = line_of(self._text, path) if len(self.faults) < MOST_LINES else None
        self.faults.append(Fault(message, path_name(path) or None, line))

    def _fault(self, error: msgspec.ValidationError, prefix: Path) -> Fault:
        said = str(error)
        where = _WHERE.search(said)
        path = prefix + (_steps(where["path"]) if where else ())
        message = _WHERE.sub("", said).replace("`", "")
        line = line_of(self._text, path) if len(self.faults) < MOST_LINES else None
        if missing := _MISSING.search(said):
            path, message = (*path, missing["name"]), "is missing"
        else:
            message = message[:1].lower() + message[1:]
        return Fault(message, path_name(path) or None, line)


def _strict_json(text: bytes) -> bytes:
    """Return JSON without the NaN and Infinity that Python and Scala tools write."""
    try:
        with suppress(msgspec.DecodeError):
            msgspec.json.decode(text, type=Raw)
            return text
        loaded: Any = json.loads(text, parse_constant=lambda _: None)
        return json.dumps(loaded).encode()
    except json.JSONDecodeError as error:
        raise Malformed(Fault(f"not JSON: {error.msg}", line=error.lineno)) from None
    except RecursionError:
        raise Malformed(Fault("nested too deeply")) from None


def _steps(path: str) -> Path:
    """Read msgspec's path, `.results[3].status`; `[...]` (a key of a map) ends it."""
    steps: list[str | int] = []
    position = 0
    while step := _STEP.match(path, position):
        steps.append(step["key"] if step["key"] is not None else int(step["index"]))
        position = step.end()
    return tuple(steps)
