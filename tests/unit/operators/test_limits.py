"""Findings beyond learned limits, and when a trouble is over."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.limits import QUIET, RECOVERED, Judged, Verdict, Watch, judge

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINE, WARNED, FAR = 90.0, 85.0, 70.0


def verdicts(*values: tuple[float, float], below: bool = True) -> list[Verdict]:
    """Judge values at hours after the start; the inner limit is 88, the outer 80."""
    watch, opened, found = Watch(START), False, []
    for hours, value in values:
        at = START + hours * HOUR
        start = START + int(hours) * HOUR
        sign = 1 if below else -1
        one = Judged(sign * value, at, start, HOUR, sign * 88, sign * 80, below)
        verdict = judge(watch, one, alerted=opened)
        watch, opened = verdict.watch, verdict.told or (opened and not verdict.recovered)
        found.append(verdict)
    return found


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([(0, FAR)], [80]),
        ([(0, WARNED)], [None]),
        ([(0.1, WARNED), (0.9, WARNED)], [None, None]),  # one step
        ([(0, WARNED), (1, WARNED)], [None, 88]),
        ([(0, WARNED), (0.5, FINE), (1, FINE), (1.5, WARNED)], [None, None, None, 88]),
        ([(0, WARNED), (1.2, WARNED), (1.4, WARNED)], [None, 88, 88]),
        ([(0, WARNED), (2, WARNED)], [None, None]),  # none in the hour between
        ([(0, FAR), (1, WARNED), (2, FAR)], [80, 88, 80]),
    ],
)
@pytest.mark.parametrize("below", [True, False])
def test_what_is_a_finding(
    values: list[tuple[float, float]], limits: list[float | None], below: bool
) -> None:
    sign = 1 if below else -1
    assert [v.limit and sign * v.limit for v in verdicts(*values, below=below)] == limits


def test_a_trouble_is_told_once_and_ends_with_values_within_the_limits() -> None:
    found = verdicts(
        (0, FAR), (1, FAR), (2, FINE), (3, FINE), (4, WARNED), (5, FINE), (6, FINE), (7, FINE),
        (8, FINE), (9, FAR),
    )  # fmt: skip
    assert [at for at, one in enumerate(found) if one.told] == [0, 9]
    assert [at for at, one in enumerate(found) if one.recovered] == [7]


def test_without_an_open_alert_a_trouble_ends_in_silence() -> None:
    watch = Watch(START)
    told = []
    for hours in (0, 23, 46.5, 71):
        at = START + hours * HOUR
        verdict = judge(watch, Judged(FAR, at, at, HOUR, 88, 80, below=True), alerted=False)
        watch = verdict.watch
        told.append(verdict.told)
    assert told == [True, False, False, True]
    assert watch.quiet_until == START + 71 * HOUR + QUIET


@given(st.lists(st.sampled_from([FINE, WARNED, FAR]), max_size=60))
def test_troubles_do_not_overlap(values: list[float]) -> None:
    found = verdicts(*enumerate(values))
    marks = [one.told for one in found if one.told or one.recovered]
    assert marks == [at % 2 == 0 for at in range(len(marks))]
    for at, one in enumerate(found):
        assert one.told <= (one.limit is not None)
        if one.recovered:
            assert values[at - RECOVERED + 1 : at + 1] == [FINE] * RECOVERED
