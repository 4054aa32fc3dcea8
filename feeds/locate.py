"""Where values stand in the text of a JSON document."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Path = tuple[str | int, ...]

LOOKED_THROUGH: Final = 100_000
"""Elements or members of one value that are looked through; what lies further back is
placed at the value itself."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
# Numbers are skipped, not read: Python refuses to read those of more than 4,300 digits.
_decoder: Final[Any] = json.JSONDecoder(parse_int=len, parse_float=len)
_skip_value: Final = _decoder.raw_decode
_read_string: Final = _decoder.parse_string


def path_name(path: Path) -> str:
    """Return a path as people write it: `results[3].status`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(steps).removeprefix(".")


def lines_of(text: str, paths: Sequence[Path]) -> list[int]:
    """Return the line, from 1, of the value at each path, or of its nearest parent there is.

    The text is read once for all of them.
    """
    offsets = offsets_of(text, paths)
    lines = [0] * len(paths)
    line, position = 1, 0
    for number in sorted(range(len(paths)), key=offsets.__getitem__):
        line += text.count("\n", position, offsets[number])
        position = offsets[number]
        lines[number] = line
    return lines


def offsets_of(text: str, paths: Sequence[Path]) -> list[int]:
    """Return the index in `text` of the value at each path, or of its nearest parent."""
    root = _Wanted()
    for number, path in enumerate(paths):
        node = root
        for step in path:
            node = node.steps.setdefault(step, _Wanted())
        node.paths.append(number)
    offsets = [0] * len(paths)
    _place(text, _space(text, 0), root, offsets)
    return offsets


@dataclass(slots=True)
class _Wanted:
    """A value on the way to those that are looked for, and the numbers of those it is."""

    paths: list[int] = field(default_factory=list)
    steps: dict[str | int, "_Wanted"] = field(default_factory=dict)


def _place(text: str, position: int, wanted: _Wanted, offsets: list[int]) -> None:
    """Set the offsets of everything wanted in the value at `position`."""
    # Depth first over the few wanted values; what is not found keeps its parent's place.
    waiting = [(position, wanted)]
    while waiting:
        position, node = waiting.pop()
        for number in _numbers(node):
            offsets[number] = position
        try:
            waiting += _children(text, position, node)
        except (ValueError, IndexError, RecursionError):
            continue


def _numbers(node: _Wanted) -> list[int]:
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        found += node.paths
        waiting += node.steps.values()
    return found


def _children(text: str, position: int, node: _Wanted) -> list[tuple[int, _Wanted]]:
    """Return the places of a value's wanted elements or members."""
    found: list[tuple[int, _Wanted]] = []
    opening = text[position : position + 1]
    if not node.steps or opening not in ("[", "{"):
        return found
    missing = set(node.steps)
    position = _space(text, position + 1)
    for index in range(LOOKED_THROUGH):
        step: str | int = index
        if opening == "{":
            if text[position] != '"':
                break
            step, position = _read_string(text, position + 1, True)
            position = _space(text, _space(text, position) + 1)
        if step in missing:
            missing.discard(step)
            found.append((position, node.steps[step]))
            if not missing:
                break
        try:
            position = _space(text, _skip_value(text, position)[1])
            if text[position] != ",":
                break
        except (ValueError, IndexError, RecursionError):
            break
        position = _space(text, position + 1)
    return found


def _space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
