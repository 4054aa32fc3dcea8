"""Adapters: other tools' documents to metric events."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from feeds.adapters import (
    dbt,
    deequ,
    elementary,
    great_expectations,
    openlineage,
    soda,
    tabular,
    wire,
)
from feeds.document import Fault, Malformed, ParsedDocument, bounded
from feeds.door import POSTED, Door
from feeds.finding import Word
from feeds.json_document import NESTED
from feeds.mapping import DEFAULT, Mapping
from feeds.memory import Memory
from feeds.options import Options

ADAPTERS: Final[dict[str, Callable[[bytes, Options], ParsedDocument]]] = {
    "dbt": dbt.read,
    "great-expectations": great_expectations.read,
    "soda": soda.read,
    "deequ": deequ.read,
    "openlineage": openlineage.read,
    "elementary": elementary.read,
    "csv": tabular.read,
    "jsonl": wire.read,
}


def parse(
    kind: str,
    body: bytes,
    *,
    mapping: Mapping = DEFAULT,
    asset: str | None = None,
    manifest: bytes | None = None,
    received: datetime | None = None,
    door: Door = POSTED,
    memory: Memory | None = None,
) -> ParsedDocument:
    """Turn a document into metric events, as far as it is good.

    The same document with the same mapping gives the same event ids, so that feeding
    it twice changes nothing.

    Args:
        kind: one of `ADAPTERS`.
        body: the document's bytes.
        mapping: check types to dimensions, weights and asset names.
        asset: name for documents and checks that name no asset.
        manifest: dbt's manifest.json, which knows what a test belongs to.
        received: time of the measurements where the document tells none (default: now).
        door: bounds, and words for the sender; by default those of a document that is posted.
        memory: what earlier documents said, where one may tell only a part of a run.

    Raises:
        KeyError: there is no such kind.
    """
    options = Options(
        mapping, asset, manifest, received or datetime.now(UTC), door, memory or Memory()
    )
    try:
        door.check_size(len(body))
        parsed = ADAPTERS[kind](body, options)
    except Malformed as error:
        return ParsedDocument(faults=[error.fault])
    except RecursionError:
        return ParsedDocument(faults=[Fault(NESTED)])
    return replace(parsed, faults=bounded(parsed.faults))


def together(
    parsed: ParsedDocument, words: Sequence[Word], memory: Memory, mapping: Mapping = DEFAULT
) -> ParsedDocument:
    """Return a document whose metrics count its words together with those remembered.

    `words` are those of the document that may be remembered; the other assets' metrics
    stay as they are.
    """
    options = Options(mapping, None, None, datetime.now(UTC), POSTED, memory)
    try:
        told = openlineage.retell(words, options)
    except Malformed as error:
        return replace(parsed, events=[], faults=[*parsed.faults, error.fault])
    known = {mapping.asset(word.asset) for word in words}
    others = [event for event in parsed.events if event.asset_id not in known]
    return replace(parsed, events=told.events + others)
