"""Texts and JSON that every later stage can hold: Kafka, PostgreSQL, a header, a browser."""

import re
from typing import Any, Final

import msgspec

from schemas.metrics import CONTROLS, MAX_DEPTH

NUL_ESCAPE: Final = b"\\u0000"
"""The only way for U+0000 into a JSON string; PostgreSQL's text can't hold it."""
SHORT: Final = 300
"""Bytes of JSON that can't hold an integer too large for a double."""

TOO_LARGE: Final = "holds a number that is too large for a double"

_control: Final = re.compile(f"[{CONTROLS}]").search
_half_pair: Final = re.compile(
    rb"(?<!\\)(?:\\\\)*\\u(?:[dD][89abAB]..(?!\\u[dD][c-fC-F])|[dD][c-fC-F])"
).search
_decode: Final = msgspec.json.Decoder().decode


def name_fault(name: str) -> str | None:
    """Return what is wrong with the characters of a name, None if nothing is."""
    found = _control(name)
    return f"holds U+{ord(found[0]):04X}, a control character" if found else None


def utf8_fault(raw: bytes) -> str | None:
    """Return why bytes are not UTF-8: msgspec checks only the fields it reads."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error.reason} at byte {error.start}"
    return None


def nesting_fault(raw: bytes) -> str | None:
    """Return the fault of JSON that is nested deeper than any later reader need follow."""
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return None
    # Brackets in texts count for nothing.
    if _depth(_decode(raw)) <= MAX_DEPTH:
        return None
    return f"nested more than {MAX_DEPTH} deep"


def json_fault(raw: bytes) -> str | None:
    """Return why JSON of any shape can't be read by all who are to, None if it can.

    Texts hold no U+0000, numbers are finite as doubles.
    """
    try:
        value = _decode(raw)
    except msgspec.DecodeError as error:
        return unreadable(raw, error)
    if len(raw) <= SHORT and NUL_ESCAPE not in raw:
        return None
    return next((fault for one in _scalars(value) if (fault := _scalar_fault(one))), None)


def unreadable(raw: bytes, error: msgspec.DecodeError) -> str:
    """Put into words why bytes are not JSON."""
    if "out of range" in str(error):
        return TOO_LARGE
    if found := _half_pair(raw):
        escape = found[0][-6:] if found[0][-6:-4] == b"\\u" else found[0]
        return f"holds half of a surrogate pair, {escape.decode(errors='replace')}"
    return f"not JSON: {error}"


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, str):
        return "holds U+0000" if "\0" in value else None
    try:
        float(value)
    except OverflowError:
        return TOO_LARGE
    return None


def _scalars(value: Any) -> list[Any]:
    """Return all texts, keys included, and numbers in decoded JSON."""
    found: list[Any] = []
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += one.values()
            found += one
        elif isinstance(one, list):
            left += one
        elif one is not None:
            found.append(one)
    return found


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, (dict, list))]:
        depth += 1
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth
