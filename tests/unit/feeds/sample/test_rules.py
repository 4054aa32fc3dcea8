"""Rules count rows as a person would."""

import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sample.checks import is_clock, not_repeated, recorded
from feeds.sample.outcome import Outcome, weighted_percent
from feeds.sample.rules import Rule, RuleSet, Tally, tallies
from schemas.metrics import MetricType

PRESENT = Rule("present", MetricType.COMPLETENESS, recorded(), "a", 3, 0.25)
SMALL = Rule("small", MetricType.VALIDITY, pa.Check.in_range(0, 10), "a")
ONCE = Rule("once", MetricType.UNIQUENESS, pa.Check(not_repeated(["k"])))
RULES = RuleSet([PRESENT, SMALL, ONCE])

columns = st.lists(
    st.tuples(st.none() | st.integers(-5, 15), st.integers(0, 5)), min_size=1, max_size=30
)


@given(columns)
def test_failures_are_the_rows_that_fail(rows: list[tuple[int | None, int]]) -> None:
    frame = pd.DataFrame(
        {
            "a": pd.array([a for a, _ in rows], dtype="Float64").astype(float),
            "k": [k for _, k in rows],
        },
        index=range(100, 100 + len(rows)),
    )
    keys = [k for _, k in rows]
    expected = {
        PRESENT: {100 + n for n, (a, _) in enumerate(rows) if a is None},
        SMALL: {100 + n for n, (a, _) in enumerate(rows) if a is not None and not 0 <= a <= 10},
        ONCE: {100 + n for n, key in enumerate(keys) if keys.count(key) > 1},
    }
    failed = RULES.failures(frame)
    assert failed == expected
    half = frame.index[: len(rows) // 2]
    counts = {tally.rule: (tally.rows, tally.failed) for tally in tallies(failed, half)}
    assert counts == {rule: (len(half), len(bad & set(half))) for rule, bad in expected.items()}


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not as expected: .*column_in_dataframe"):
        RULES.failures(pd.DataFrame({"k": [1]}))


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=6))
def test_score_is_the_weighted_share_of_rows_that_passed(counts: list[tuple[int, int]]) -> None:
    made = [Tally(PRESENT, rows, min(rows, failed)) for rows, failed in counts]
    made += [Tally(SMALL, rows, min(rows, failed)) for rows, failed in counts]
    score = weighted_percent(made)
    passed = sum(t.rule.weight * (t.rows - t.failed) / t.rows for t in made)
    assert 0 <= score <= 100
    assert score == pytest.approx(100 * passed / sum(t.rule.weight for t in made), abs=0.006)


def test_metrics_issues_and_metadata() -> None:
    outcome = Outcome(
        "nyc.x", "X", "table", 4, [Tally(PRESENT, 4, 1), Tally(SMALL, 4, 1), Tally(ONCE, 0, 0)]
    )
    assert dict(outcome.metrics()) == {
        MetricType.SCORE: 80.0,
        MetricType.ISSUES: 1.0,
        MetricType.COMPLETENESS: 75.0,
        MetricType.VALIDITY: 75.0,
        MetricType.UNIQUENESS: 100.0,
    }
    assert outcome.metadata("2013-02-08") == {
        "dataDate": "2013-02-08",
        "rows": 4,
        "failed": {"present": 1, "small": 1},
        "issues": ["small"],
    }


def test_midnight_is_a_time_and_1275_is_not() -> None:
    times = pd.Series([1.0, 2400.0, 1275.0, 0.0, 2401.0])
    assert is_clock(times).tolist() == [True, True, False, False, False]
