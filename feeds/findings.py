"""What checks found, and the metrics that follow from it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import uuid5

import msgspec
from msgspec import Raw

from feeds.document import Fault, ParsedDocument
from feeds.mapping import Mapping
from pipeline.operators.identity import TIDEMARK_NAMESPACE
from pipeline.operators.texts import name_fault
from schemas.metrics import MAX_ASSET_ID, MetricEvent, MetricType

DIGITS: Final = 4
MOST_NAMES: Final = 10
"""Checks of each verdict that an event's metadata names; with at most so many letters of
each it stays below the 16 KiB that an event may carry, whatever the letters."""
MOST_LETTERS: Final = 80


class Verdict(Enum):
    """How a check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    ERRORED = "errored"
    """Could not run: an open issue that says nothing of the score."""
    MEASURED = "measured"
    """A share of good rows without a verdict."""
    RAN = "ran"
    """A job that ran, such as a dbt model: closes its issue, scores nothing."""


JUDGED: Final = frozenset({Verdict.PASSED, Verdict.WARNED, Verdict.FAILED})
OPEN: Final = frozenset({Verdict.WARNED, Verdict.FAILED, Verdict.ERRORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found on one asset.

    Attributes:
        asset: its name in the document.
        check: type of the check as the tool names it.
        share: share of rows that are good, 0-1, where the document tells.
        dimension: where the document itself names it.
        name: what people call the check, if not its type.
    """

    asset: str
    check: str
    verdict: Verdict
    share: float | None = None
    column: str | None = None
    dimension: MetricType | None = None
    name: str | None = None

    @property
    def good(self) -> float:
        """Share of good rows, or all or nothing by the verdict."""
        if self.share is not None:
            return min(1.0, max(0.0, self.share))
        return 1.0 if self.verdict is Verdict.PASSED else 0.0

    @property
    def title(self) -> str:
        """Name for people, with the column."""
        title = self.name or self.check
        return f"{title} ({self.column})" if self.column and self.column not in title else title


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
        if not 1 <= len(asset_id) <= MAX_ASSET_ID:
            shown = asset_id[:60]
            parsed.faults.append(Fault(f"{shown!r} is no asset id of 1-{MAX_ASSET_ID} characters"))
            continue
        if fault := name_fault(asset_id):
            parsed.faults.append(Fault(f"the asset id {asset_id[:60]!r} {fault}"))
            continue
        parsed.events.extend(_events(asset_id, found, occasion, mapping))
    return parsed


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


def _events(
    asset_id: str, found: Sequence[Finding], occasion: Occasion, mapping: Mapping
) -> Iterator[MetricEvent]:
    context = {name: _shortened(str(value)) for name, value in occasion.context.items()}
    metadata = Raw(msgspec.json.encode(context | _summary(found)))
    for metric, value in metrics(found, mapping):
        name = f"{occasion.source}\n{occasion.identity}\n{asset_id}\n{metric}"
        yield MetricEvent(
            asset_id=asset_id,
            metric_type=metric,
            value=value,
            timestamp=occasion.timestamp,
            event_id=uuid5(TIDEMARK_NAMESPACE, name),
            source=occasion.source,
            metadata=metadata,
        )


def _summary(found: Sequence[Finding]) -> dict[str, Any]:
    summary: dict[str, Any] = {"checks": sum(f.verdict is not Verdict.RAN for f in found)}
    for verdict in (Verdict.FAILED, Verdict.WARNED, Verdict.ERRORED):
        titles = [_shortened(finding.title) for finding in found if finding.verdict is verdict]
        if titles:
            summary[verdict.value] = titles[:MOST_NAMES]
    return summary


def _shortened(text: str) -> str:
    """Return a text as metadata holds it, which takes no U+0000."""
    return text[:MOST_LETTERS].replace("\0", "\ufffd")


def _percent(found: Sequence[Finding], goods: Sequence[float], mapping: Mapping) -> float:
    weights = [
        mapping.weight(finding.check)
        * (mapping.warning_weight if finding.verdict is Verdict.WARNED else 1.0)
        for finding in found
    ]
    good = sum(weight * share for weight, share in zip(weights, goods, strict=True))
    return min(100.0, round(100.0 * good / sum(weights), DIGITS))
