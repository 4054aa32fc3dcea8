"""Writes the documents into `schemas/`: `python -m api.documents.export`.

A test fails when what is there is not what the code says.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from api.documents.asyncapi import asyncapi
from api.documents.components import schemas_of
from api.documents.openapi import openapi
from schemas.alerts import Alert
from schemas.metrics import HistoryBatch, MetricChange, MetricEvent

FOLDER: Final = Path(__file__).parents[2] / "schemas"
RECORDS: Final[dict[str, type[msgspec.Struct]]] = {
    "metric-event": MetricEvent,
    "metric-change": MetricChange,
    "alert": Alert,
    "history-batch": HistoryBatch,
}


def documents() -> Iterator[tuple[Path, str]]:
    """Return each file and its text."""
    yield FOLDER / "openapi.json", _text(openapi())
    yield FOLDER / "asyncapi.json", _text(asyncapi())
    for name, kind in RECORDS.items():
        yield FOLDER / "json" / f"{name}.schema.json", _text(_standalone(kind))


def _standalone(kind: type[msgspec.Struct]) -> dict[str, Any]:
    (schema,), components = schemas_of([kind])
    text = json.dumps({**schema, "$defs": components})
    found: dict[str, Any] = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file."""
    for path, text in documents():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
