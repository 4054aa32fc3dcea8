"""Dead letters as a person or a program reads them.

Their bytes come from anywhere: nothing of them reaches a terminal unescaped.
"""

import base64
import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.dead_letters.letter import DeadLetter
from schemas.dead_letters import LetterId

SHOWN_BYTES: Final = 4096
_WIDTH: Final = 16


def letter_table(letters: Sequence[DeadLetter], redriven: Collection[LetterId]) -> None:
    """Print one letter a row."""
    table = Table("letter", "refused at", "asset", "reason", "source", "bytes", "sent back")
    for letter in letters:
        table.add_row(
            str(letter.id),
            _moment(letter.id.timestamp),
            Text(plain(letter.asset or "")),
            Text(plain(letter.reason)),
            Text(plain(_source(letter))),
            str(len(letter.value or b"")),
            "yes" if letter.id in redriven else "",
        )
    Console(width=None if Console().is_terminal else 200).print(table)


def full_view(letter: DeadLetter, redriven: Collection[LetterId]) -> str:
    """Return everything about one letter, its bytes cut at `SHOWN_BYTES`."""
    lines = [
        f"letter     {letter.id}{', sent back' if letter.id in redriven else ''}",
        f"reason     {plain(letter.reason)}",
        f"asset      {plain(letter.asset or '')}",
        f"refused    {_moment(letter.id.timestamp)}",
        f"source     {plain(_source(letter))}",
        f"arrived    {_moment(letter.source_timestamp)}",
        f"key        {_shown(letter.key)}",
        *(f"header     {plain(name)} = {_shown(value)}" for name, value in letter.headers),
        "",
        *_body(letter.value or b""),
    ]
    return "\n".join(line.rstrip() for line in lines)


def document(letter: DeadLetter, redriven: Collection[LetterId]) -> str:
    """Return the letter as a JSON object; bytes that are not UTF-8 as base64."""
    return json.dumps(
        {
            "letter": str(letter.id),
            "refusedAt": _iso(letter.id.timestamp),
            "reason": letter.reason,
            "asset": letter.asset,
            "sentBack": letter.id in redriven,
            "source": {
                "topic": letter.source_topic,
                "partition": letter.source_partition,
                "offset": letter.source_offset,
                "timestamp": _iso(letter.source_timestamp),
            },
            **_field("key", letter.key),
            **_field("value", letter.value),
            "headers": [{"name": name, **_field("value", raw)} for name, raw in letter.headers],
        }
    )


def plain(text: str) -> str:
    """Return the text with what is not printable escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _body(raw: bytes) -> Iterator[str]:
    shown = raw[:SHOWN_BYTES]
    try:
        text = shown.decode("utf-8", "strict" if len(raw) == len(shown) else "ignore")
        yield from (plain(line) for line in text.splitlines())
    except UnicodeDecodeError:
        yield from _dump(shown)
    if len(raw) > len(shown):
        yield f"... {len(raw)} bytes in all; --raw gives them"


def _dump(raw: bytes) -> Iterator[str]:
    for start in range(0, len(raw), _WIDTH):
        part = raw[start : start + _WIDTH]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"{start:08x}  {part.hex(' '):<{3 * _WIDTH}} {text}"


def _shown(raw: bytes | None) -> str:
    return "(none)" if raw is None else plain(raw.decode("utf-8", "backslashreplace"))


def _field(name: str, raw: bytes | None) -> dict[str, Any]:
    try:
        return {name: None if raw is None else raw.decode()}
    except UnicodeDecodeError:
        return {f"{name}Base64": base64.b64encode(raw or b"").decode()}


def _source(letter: DeadLetter) -> str:
    if letter.source_topic is None:
        return "unknown"
    return f"{letter.source_topic}/{letter.source_partition}@{letter.source_offset}"


def _moment(timestamp: int | None) -> str:
    if timestamp is None:
        return ""
    return f"{datetime.fromtimestamp(timestamp / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _iso(timestamp: int | None) -> str | None:
    if timestamp is None:
        return None
    return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(timespec="milliseconds")
