"""JSON as tools write it, made into JSON as the standard has it."""

import re
from typing import Final

import msgspec
from msgspec import Raw

from feeds.document import Fault, Malformed

HALF: Final = b"\\ufdd0"
"""Put in for the escape of half a surrogate pair; U+FDD0 is never a character of a text."""
_TOKENS: Final = re.compile(
    # Whatever needs no mending, as much of it at once as there is.
    rb'(?P<sound>(?:[^"NI-]++|"(?:[^"\\]++|\\[^u])*+"|-(?!I))++)'
    rb'|"(?:[^"\\]++|\\.)*+"?|-?Infinity|NaN',
    re.DOTALL,
)
_HIGH: Final = rb"[dD][89abAB][0-9a-fA-F]{2}"
_LOW: Final = rb"[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES: Final = re.compile(
    rb"(?P<sound>(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])|\\u" + _HIGH + rb"\\u" + _LOW + rb")++)"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}",
    re.DOTALL,
)
_POSITION: Final = re.compile(r" \(byte (?P<byte>\d+)\)$")


def sound_json(text: bytes) -> bytes:
    """Return JSON in which NaN and Infinity are null, and half surrogate pairs are `HALF`.

    Raises:
        Malformed: it is not JSON even then.
    """
    try:
        if _well(text):
            return text
        mended = _TOKENS.sub(_mended, text)
        msgspec.json.decode(mended, type=Raw)
    except msgspec.DecodeError as error:
        raise Malformed(_fault(mended, error)) from None
    except RecursionError:
        raise Malformed(Fault("nested too deeply")) from None
    return mended


def _well(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
    except msgspec.DecodeError:
        return False
    return True


def _mended(token: re.Match[bytes]) -> bytes:
    found = token[0]
    if token["sound"]:
        return found
    return _ESCAPES.sub(_escape, found) if found.startswith(b'"') else b"null"


def _escape(escape: re.Match[bytes]) -> bytes:
    return escape[0] if escape["sound"] else HALF


def _fault(text: bytes, error: msgspec.DecodeError) -> Fault:
    said = str(error)
    position = _POSITION.search(said)
    if position is None:
        return Fault("not JSON: it ends too early", line=text.count(b"\n") + 1)
    line = text.count(b"\n", 0, int(position["byte"])) + 1
    reason = _POSITION.sub("", said).removeprefix("JSON is malformed: ")
    return Fault(f"not JSON: {reason}", line=line)
