"""From what checks found to the metrics that follow from it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Raw

from feeds.document import Fault, ParsedDocument
from feeds.finding import OPEN, Finding, Verdict
from feeds.ids import derived_id
from feeds.mapping import Mapping
from pipeline.operators.texts import name_fault
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
    if not 1 <= len(asset_id) <= MAX_ASSET_ID:
        shown = asset_id[:60]
        parsed.faults.append(Fault(f"{shown!r} is no asset id of 1-{MAX_ASSET_ID} characters"))
        return
    if fault := name_fault(asset_id):
        parsed.faults.append(Fault(f"the asset id {asset_id[:60]!r} {fault}"))
        return
    context = {name: _shortened(str(value)) for name, value in occasion.context.items()}
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
                event_id=derived_id(name),
                source=occasion.source,
                metadata=metadata,
            )
        )


class _Mean:
    """A weighted mean, as percent."""

    __slots__ = ("good", "weight")

    def __init__(self) -> None:
        self.weight = self.good = 0.0

    def add(self, weight: float, good: float) -> None:
        self.weight += weight
        self.good += weight * good

    def percent(self) -> float:
        return min(100.0, round(100.0 * self.good / self.weight, DIGITS))


def metrics(found: Iterable[Finding], mapping: Mapping) -> Iterator[tuple[MetricType, float]]:
    """Yield the metrics of one asset, see `derive`."""
    judged, measured = _Mean(), _Mean()
    dimensions: dict[MetricType, _Mean] = {}
    issues = 0
    judges = False
    for finding in found:
        verdict = finding.verdict
        issues += verdict in OPEN
        judges = judges or verdict is not Verdict.MEASURED
        if verdict is Verdict.ERRORED or verdict is Verdict.RAN:
            continue
        weight = mapping.weight(finding.check)
        if verdict is Verdict.WARNED:
            weight *= mapping.warning_weight
        good = finding.good
        if verdict is Verdict.MEASURED:
            measured.add(weight, good)
        else:
            judged.add(weight, float(verdict is Verdict.PASSED))
        dimension = finding.dimension or mapping.dimension(finding.check)
        if dimension is not None:
            if dimension not in dimensions:
                dimensions[dimension] = _Mean()
            dimensions[dimension].add(weight, good)
    if judged.weight or measured.weight:
        yield MetricType.SCORE, (judged if judged.weight else measured).percent()
    if judges:
        yield MetricType.ISSUES, float(issues)
    for dimension, mean in dimensions.items():
        yield dimension, mean.percent()


def _summary(found: Sequence[Finding]) -> dict[str, Any]:
    checks = 0
    named: dict[Verdict, list[str]] = {}
    for finding in found:
        checks += finding.verdict is not Verdict.RAN
        if finding.verdict in OPEN:
            names = named.setdefault(finding.verdict, [])
            if len(names) < MOST_NAMES:
                names.append(_shortened(finding.title))
    summary: dict[str, Any] = {"checks": checks}
    for verdict in (Verdict.FAILED, Verdict.WARNED, Verdict.ERRORED):
        if verdict in named:
            summary[verdict.value] = named[verdict]
    return summary


def _shortened(text: str) -> str:
    """Return a text as metadata holds it, which takes no U+0000."""
    return text[:MOST_LETTERS].replace("\0", "\ufffd")
