"""What comes of a document: the events of its good part, and what is wrong with the rest."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from feeds.finding import Word
from schemas.metrics import MetricEvent

MOST_FAULTS: Final = 1000
"""Faults of one document that are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a part of a document. `line` counts from 1."""

    message: str
    field: str | None = None
    line: int | None = None

    def below(self, line: int) -> "Fault":
        """Return the fault of a text that begins on a line, where `line` counts from it."""
        return Fault(self.message, self.field, (self.line or 1) + line - 1)

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        name = f"{self.field}: " if self.field else ""
        return f"{where}{name}{self.message}"


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The events of a document's good part, and the faults of the rest.

    Attributes:
        skipped: why checks or entries give no metric although nothing is wrong with
            them, and how many.
        words: what single runs said, where a document may be a part of a larger run;
            see `feeds.memory`.
    """

    events: list[MetricEvent] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    words: list[Word] = field(default_factory=list)


class Malformed(ValueError):
    """Nothing in the document can be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def bounded(faults: list[Fault]) -> list[Fault]:
    """Return at most `MOST_FAULTS` faults, and one that counts the others."""
    if len(faults) <= MOST_FAULTS:
        return faults
    return [*faults[:MOST_FAULTS], Fault(f"{len(faults) - MOST_FAULTS:,} more faults like these")]
