"""Rules: what is checked, what it says about quality, and how much it counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from schemas.metrics import MetricType


@dataclass(frozen=True, eq=False)
class Rule:
    """One pandera check, of a column or (without one) of the whole row.

    Attributes:
        name: what holds of a good row, in a few words.
        weight: its share in the score, relative to the table's other rules.
        tolerance: share of rows (0-1) that may fail before it is an open issue.
    """

    name: str
    dimension: MetricType
    check: pa.Check
    column: str | None = None
    weight: float = 1.0
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """How one rule fared on some rows."""

    rule: Rule
    rows: int
    failed: int

    @property
    def passed_share(self) -> float:
        """Share of rows that passed, 0-1; with no rows, nothing failed."""
        return 1.0 if self.rows == 0 else 1.0 - self.failed / self.rows


class RuleSet:
    """The rules of one table, as one pandera schema."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        for rule in rules:
            # What failure cases call the check.
            rule.check.error = rule.name
        columns = {rule.column for rule in rules if rule.column is not None}
        self._schema = pa.DataFrameSchema(
            columns={
                name: pa.Column(
                    checks=[rule.check for rule in rules if rule.column == name], nullable=True
                )
                for name in sorted(columns)
            },
            checks=[rule.check for rule in rules if rule.column is None],
        )

    def failures(self, frame: pd.DataFrame) -> dict[Rule, set[int]]:
        """Return, for each rule, the index labels of the rows that fail it.

        Raises:
            ValueError: the frame is not the table these rules are for.
        """
        failed: dict[Rule, set[int]] = {rule: set() for rule in self.rules}
        if frame.empty:
            return failed
        try:
            self._schema.validate(frame, lazy=True)
        except SchemaErrors as error:
            by_name = {rule.name: rule for rule in self.rules}
            cases = error.failure_cases
            for name, indices in cases.groupby("check")["index"]:
                if name not in by_name or indices.isna().any():
                    raise ValueError(f"the table is not as expected: {name}") from error
                failed[by_name[name]] = set(indices)
        return failed


def tallies(failures: dict[Rule, set[int]], rows: pd.Index) -> list[Tally]:
    """Count the failures among some of the rows, such as one carrier's."""
    labels = set(rows)
    return [Tally(rule, len(labels), len(labels & failed)) for rule, failed in failures.items()]
