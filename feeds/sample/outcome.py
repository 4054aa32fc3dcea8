"""From tallies to metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from feeds.sample.rules import Tally
from schemas.metrics import MetricType

DIGITS = 2


@dataclass(frozen=True)
class Outcome:
    """How one asset fared in one day's batch."""

    asset_id: str
    asset_name: str
    asset_type: str
    rows: int
    tallies: Sequence[Tally]

    def metrics(self) -> Iterator[tuple[MetricType, float]]:
        """Yield score, issues and one value per dimension that has rules.

        Score: 100 * sum(weight * share of rows that passed) / sum(weight) over all rules.
        A dimension is the same over its own rules. An issue is a rule that more rows
        fail than it tolerates.
        """
        yield MetricType.SCORE, weighted_percent(self.tallies)
        yield MetricType.ISSUES, float(sum(1 for _ in self.broken()))
        for dimension in dict.fromkeys(tally.rule.dimension for tally in self.tallies):
            own = [tally for tally in self.tallies if tally.rule.dimension is dimension]
            yield dimension, weighted_percent(own)

    def broken(self) -> Iterator[Tally]:
        """Yield the tallies that are open issues."""
        for tally in self.tallies:
            if 1.0 - tally.passed_share > tally.rule.tolerance:
                yield tally

    def metadata(self, day: str) -> dict[str, Any]:
        """Return what a person wants to know beside the value: which rows failed what."""
        return {
            "dataDate": day,
            "rows": self.rows,
            "failed": {tally.rule.name: tally.failed for tally in self.tallies if tally.failed},
            "issues": [tally.rule.name for tally in self.broken()],
        }


def weighted_percent(tallies: Sequence[Tally]) -> float:
    """Return 100 * sum(weight * passed share) / sum(weight), to two digits."""
    weights = sum(tally.rule.weight for tally in tallies)
    passed = sum(tally.rule.weight * tally.passed_share for tally in tallies)
    return min(100.0, round(100.0 * passed / weights, DIGITS))
