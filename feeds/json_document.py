"""A JSON document, decoded piece by piece so that one bad piece spoils no other."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar, cast, get_args, get_type_hints

import msgspec
from msgspec import Raw

from feeds.document import Fault, Malformed
from feeds.door import Door
from feeds.encoding import checked_text
from feeds.locate import Path, lines_of, path_name
from feeds.moments import EXPECTED, absent, moment
from feeds.sound import HALF, sound_json

T = TypeVar("T")

MOST_LINES: Final = 1000
"""Faults whose line is looked up."""
NESTED: Final = "nested too deeply"
_WHERE: Final = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_STEP: Final = re.compile(r"\.(?P<key>[^.\[]+)|\[(?P<index>\d+)\]")


class JsonDocument:
    """Decodes parts of a document and remembers what is wrong where."""

    def __init__(self, body: bytes, door: Door, entries: int = 0) -> None:
        """Take the bytes of the document; `entries` were read already of what it is a part of.

        Raises:
            Malformed: they are not JSON.
        """
        self._door = door
        self._json = sound_json(checked_text(body).encode())
        self._halved = HALF in self._json
        self.entries = entries
        self._blamed: list[tuple[str, Path, Path]] = []

    @property
    def text(self) -> bytes:
        """Return the document as it is decoded."""
        return self._json

    @property
    def is_array(self) -> bool:
        """Tell whether the document is an array."""
        return self._json.lstrip()[:1] == b"["

    def whole(self, kind: type[T]) -> T:
        """Return the document as `kind`.

        Raises:
            Malformed: it is something else.
        """
        value = self._decoded(self._json, kind, ())
        if value is None:
            raise Malformed(self.faults()[-1])
        return value

    def items(
        self, raws: Sequence[Raw], kind: type[T], *path: str | int
    ) -> Iterator[tuple[int, T]]:
        """Yield index and value of the items that are of `kind`; the others become faults.

        `path` leads to the array from the top of the document.

        Raises:
            Malformed: the document holds too many of them.
        """
        self._count(len(raws))
        for index, raw in enumerate(raws):
            value = self._decoded(raw, kind, (*path, index))
            if value is not None:
                yield index, value

    def part(self, raw: Raw, kind: type[T], *path: str | int) -> T | None:
        """Return one part as `kind`, or None and a fault.

        Raises:
            Malformed: the document holds too many of them.
        """
        self._count(1)
        return self._decoded(raw, kind, path)

    def inner(self, raw: Raw, kind: type[T], *path: str | int) -> T | None:
        """Return the one part of an item that was counted, as `part` does."""
        return self._decoded(raw, kind, path)

    def time(self, value: Any, *path: str | int) -> datetime | None:
        """Return the time in a value; None where there is none, and a fault if it is unreadable."""
        if absent(value):
            return None
        when = moment(value)
        if when is None:
            self.blame(unreadable(value), *path)
        return when

    def blame(self, message: str, *path: str | int) -> None:
        """Add a fault of the value at `path`."""
        self._blamed.append((message, path, path))

    def faults(self) -> list[Fault]:
        """Return what is wrong so far, in the order in which it was found."""
        lines: list[int | None] = [None] * len(self._blamed)
        if self._blamed:
            paths = [path for _, path, _ in self._blamed[:MOST_LINES]]
            lines[: len(paths)] = lines_of(self._json.decode(), paths)
        return [
            Fault(message, path_name(named) or None, line)
            for (message, _, named), line in zip(self._blamed, lines, strict=True)
        ]

    def _count(self, entries: int) -> None:
        self.entries += entries
        self._door.check_entries(self.entries)

    def _decoded(self, raw: Raw | bytes, kind: type[T], path: Path) -> T | None:
        try:
            value: T = _decoder(cast("Any", kind))(raw)
        except msgspec.DecodeError as error:
            self._blamed.append(_reason(error, path))
        except RecursionError:
            self.blame(NESTED, *path)
        else:
            if not self._halved or _in_pieces(cast("Any", kind)) or HALF not in bytes(raw):
                return value
            self.blame("holds one half of a surrogate pair (\\ud800-\\udfff), no character", *path)
        return None


def unreadable(value: Any) -> str:
    """Say that a time can't be read, and what becomes of it."""
    shown = repr(value)[:60]
    return f"{shown} is no time ({EXPECTED}): without another the time of reading counts"


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> Callable[[Raw | bytes], Any]:
    return msgspec.json.Decoder(kind).decode


@lru_cache(maxsize=256)
def _in_pieces(kind: Any) -> bool:
    """Tell whether parts of a type are decoded later, each on its own."""
    if kind is Raw or Raw in get_args(kind):
        return True
    is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return is_struct and any(map(_holds_raw, get_type_hints(kind).values()))


def _holds_raw(hint: Any) -> bool:
    return hint is Raw or any(map(_holds_raw, get_args(hint)))


def _reason(error: msgspec.DecodeError, prefix: Path) -> tuple[str, Path, Path]:
    """Return what is wrong, the path to what there is of it, and the path that names it."""
    said = str(error)
    where = _WHERE.search(said)
    path = prefix + (_steps(where["path"]) if where else ())
    if missing := _MISSING.search(said):
        return "is missing", path, (*path, missing["name"])
    message = _WHERE.sub("", said).replace("`", "")
    return message[:1].lower() + message[1:], path, path


def _steps(path: str) -> Path:
    """Read msgspec's path, `.results[3].status`; `[...]` (a key of a map) ends it."""
    steps: list[str | int] = []
    position = 0
    while step := _STEP.match(path, position):
        steps.append(step["key"] if step["key"] is not None else int(step["index"]))
        position = step.end()
    return tuple(steps)
