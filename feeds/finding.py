"""What a check found."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from schemas.metrics import MetricType


class Verdict(Enum):
    """How a check ended."""

    # Enum hashes by name in Python code; these are looked up for every finding.
    __hash__ = object.__hash__

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    ERRORED = "errored"
    """Could not run: an open issue that says nothing of the score."""
    MEASURED = "measured"
    """A share of good rows without a verdict."""
    RAN = "ran"
    """A job that ran, such as a dbt model: closes its issue, scores nothing."""


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
class Word:
    """What one run of a job says of one asset: a part of what there is to say of it.

    Attributes:
        gather: the run that this run is a part of, or itself.
        identity: text that is the same where the same is said again, for event ids.
    """

    asset: str
    job: str
    run: str
    gather: str
    when: datetime
    identity: str
    findings: tuple[Finding, ...]
