"""Fixtures of other tools' formats, and what is read from them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from feeds.adapters import parse
from feeds.document import ParsedDocument

DATA = Path(__file__).parent / "data"
RECEIVED = datetime(2026, 3, 5, tzinfo=UTC)


def document(name: str) -> bytes:
    return (DATA / name).read_bytes()


def read(kind: str, name: str, **options: Any) -> ParsedDocument:
    return parse(kind, document(name), received=RECEIVED, **options)


def values(parsed: ParsedDocument) -> dict[str, dict[str, float]]:
    """Return metric -> value per asset."""
    found: dict[str, dict[str, float]] = {}
    for event in parsed.events:
        found.setdefault(event.asset_id, {})[event.metric_type.value] = round(event.value, 4)
    return found


def metadata(parsed: ParsedDocument, asset: str) -> dict[str, Any]:
    event = next(event for event in parsed.events if event.asset_id == asset)
    found: dict[str, Any] = msgspec.json.decode(event.metadata)
    return found
