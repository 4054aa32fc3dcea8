"""Where a value stands in the text of a JSON document."""

import json
import re
from typing import Any, Final

Path = tuple[str | int, ...]

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_decoder: Final[Any] = json.JSONDecoder()
_skip_value: Final = _decoder.raw_decode
_read_string: Final = _decoder.parse_string


def path_name(path: Path) -> str:
    """Return a path as people write it: `results[3].status`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(steps).removeprefix(".")


def line_of(text: str, path: Path) -> int:
    """Return the line, from 1, of the value at `path`, or of its nearest parent there is."""
    return text.count("\n", 0, offset_of(text, path)) + 1


def offset_of(text: str, path: Path) -> int:
    """Return the index in `text` of the value at `path`, or of its nearest parent."""
    position = _space(text, 0)
    for step in path:
        try:
            if isinstance(step, int):
                found = _element(text, position, step)
            else:
                found = _member(text, position, step)
        except (ValueError, IndexError):
            return position
        if found is None:
            return position
        position = found
    return position


def _element(text: str, position: int, index: int) -> int | None:
    if text[position] != "[":
        return None
    position = _space(text, position + 1)
    for _ in range(index):
        position = _space(text, _skip_value(text, position)[1])
        if text[position] != ",":
            return None
        position = _space(text, position + 1)
    return None if text[position] == "]" else position


def _member(text: str, position: int, name: str) -> int | None:
    if text[position] != "{":
        return None
    position = _space(text, position + 1)
    while text[position] == '"':
        key, position = _read_string(text, position + 1, True)
        position = _space(text, _space(text, position) + 1)
        if key == name:
            return position
        position = _space(text, _skip_value(text, position)[1])
        if text[position] != ",":
            return None
        position = _space(text, position + 1)
    return None


def _space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
