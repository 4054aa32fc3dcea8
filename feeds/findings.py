"""From what checks found to the metrics that follow from it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid5

import msgspec
from msgspec import Raw

from feeds.document import Fault, ParsedDocument
from feeds.finding import JUDGED, OPEN, Finding, Verdict
from feeds.mapping import Mapping
from pipeline.operators.identity import TIDEMARK_NAMESPACE
from schemas.metrics import MAX_ASSET_ID, MetricEvent, MetricType

DIGITS: Final = 4
MOST_NAMES: Final = 10
"""Checks of each verdict that an event's metadata names; with at most so many letters of
each it stays below the 16 KiB that an event may carry, whatever the letters."""
MOST_LETTERS: Final = 80


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and by whom the findings were made.

    Attributes:
        identity: text that is the same for the same document, for event ids.
        source: the tool.
        context: added to every event's metadata.
    """

    identity: str
    source: str
    timestamp: datetime
    context: dict[str, str]


def derive(findings: Iterable[Finding], occasion: Occasion, mapping: Mapping) -> ParsedDocument:
    """Return the metrics of every asset that the findings speak of.

    Score: 100 * sum(weight of passed checks) / sum(weight of passed, warned and failed
    ones), a warning's weight being multiplied by `warning_weight`; without any verdict,
    the weighted mean of the measured shares. Issues: checks that warned, failed or could
    not run. A dimension: 100 * the weighted mean of the shares of good rows of its
    checks, a check that tells no share counting 1 if it passed, else 0.
    """
    by_asset: dict[str, list[Finding]] = {}
    for finding in findings:
        by_asset.setdefault(mapping.asset(finding.asset), []).append(finding)
    parsed = ParsedDocument()
    for asset_id, found in by_asset.items():
        add_events(parsed, asset_id, found, occasion, mapping)
    return parsed


def add_events(
    parsed: ParsedDocument,
    asset_id: str,
    found: Sequence[Finding],
    occasion: Occasion,
    mapping: Mapping,
) -> None:
    """Add one asset's metrics to a document, or a fault if its name is no asset id."""
    if not 1 <= len(asset_id) <= MAX_ASSET_ID or "\0" in asset_id:
        shown = asset_id[:60]
        parsed.faults.append(Fault(f"{shown!r} is no asset id of 1-{MAX_ASSET_ID} characters"))
        return
    context = {name: str(value)[:MOST_LETTERS] for name, value in occasion.context.items()}
    metadata = Raw(msgspec.json.encode(context | _summary(found)))
    for metric, value in metrics(found, mapping):
        # The value too: a fuller document of the same run corrects what was said.
        name = f"{occasion.source}\n{occasion.identity}\n{asset_id}\n{metric}\n{value}"
        parsed.events.append(
            MetricEvent(
                asset_id=asset_id,
                metric_type=metric,
                value=value,
                timestamp=occasion.timestamp,
                event_id=uuid5(TIDEMARK_NAMESPACE, name),
                source=occasion.source,
                metadata=metadata,
            )
        )


def metrics(found: Sequence[Finding], mapping: Mapping) -> Iterator[tuple[MetricType, float]]:
    """Yield the metrics of one asset, see `derive`."""
    judged = [finding for finding in found if finding.verdict in JUDGED]
    measured = [finding for finding in found if finding.verdict is Verdict.MEASURED]
    if judged:
        passed = [float(finding.verdict is Verdict.PASSED) for finding in judged]
        yield MetricType.SCORE, _percent(judged, passed, mapping)
    elif measured:
        yield MetricType.SCORE, _percent(measured, [f.good for f in measured], mapping)
    if len(measured) < len(found):
        yield MetricType.ISSUES, float(sum(finding.verdict in OPEN for finding in found))
    by_dimension: dict[MetricType, list[Finding]] = {}
    for finding in [*judged, *measured]:
        dimension = finding.dimension or mapping.dimension(finding.check)
        if dimension is not None:
            by_dimension.setdefault(dimension, []).append(finding)
    for dimension, own in by_dimension.items():
        yield dimension, _percent(own, [finding.good for finding in own], mapping)


def _summary(found: Sequence[Finding]) -> dict[str, Any]:
    summary: dict[str, Any] = {"checks": sum(f.verdict is not Verdict.RAN for f in found)}
    for verdict in (Verdict.FAILED, Verdict.WARNED, Verdict.ERRORED):
        named = [finding for finding in found if finding.verdict is verdict][:MOST_NAMES]
        if named:
            summary[verdict.value] = [finding.title[:MOST_LETTERS] for finding in named]
    return summary


def _percent(found: Sequence[Finding], goods: Sequence[float], mapping: Mapping) -> float:
    weights = [
        mapping.weight(finding.check)
        * (mapping.warning_weight if finding.verdict is Verdict.WARNED else 1.0)
        for finding in found
    ]
    good = sum(weight * share for weight, share in zip(weights, goods, strict=True))
    return min(100.0, round(100.0 * good / sum(weights), DIGITS))
