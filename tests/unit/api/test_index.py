from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth.scope import EVERYTHING, Scope
from api.live.index import Filter, Index
from pipeline.globs import matches_any
from schemas.alerts import Severity
from schemas.metrics import MetricType
from schemas.websocket import Kind
from tests.unit.api.events import alert, change

ALL = Filter(EVERYTHING)
PATTERNS = st.sampled_from(["a", "b", "ab", "*", "a*", "?", "[ab]b"])
MOVES = st.lists(st.tuples(st.booleans(), st.integers(0, 4), PATTERNS), max_size=30)


@pytest.mark.parametrize("known_globs", [0, 1000])
@given(moves=MOVES)
def test_finds_what_a_search_of_everything_finds(
    known_globs: int, moves: list[tuple[bool, int, str]]
) -> None:
    index: Index[int] = Index()
    held: set[tuple[int, str]] = set()
    with mock.patch("api.live.index.KNOWN_GLOBS", known_globs):
        for comes, who, pattern in moves:
            if comes:
                index.add(who, ALL, [pattern])
                held.add((who, pattern))
            elif (who, pattern) in held:
                index.remove(who, ALL, [pattern])
                held.discard((who, pattern))
            for asset in ("a", "ab", "bb", "c"):
                event = change(asset)
                expected = {one for one, glob in held if matches_any([glob], asset)}
                assert set(index.recipients(event)) == expected
                assert all(index.wants(one, event) == (one in expected) for one in range(5))


def test_globs_that_come_and_go_leave_nothing() -> None:
    index: Index[int] = Index()
    for number in range(5000):
        index.add(1, ALL, [f"{number}*"])
        index.recipients(change("1"))
        index.remove(1, ALL, [f"{number}*"])
    assert len(index._known) <= 1001


def test_an_emptied_index_keeps_nothing() -> None:
    index: Index[int] = Index()
    index.add(1, ALL, ["a", "a*"])
    index.remove(1, ALL, ["a", "a*"])
    assert not index._exact
    assert not index._globs


def test_filters() -> None:
    critical = Filter(EVERYTHING, severities=frozenset({Severity.CRITICAL}))
    assert not critical.passes(alert(severity="high"))
    assert critical.passes(alert(severity="critical"))
    assert critical.passes(change())
    scores = Filter(EVERYTHING, metric_types=frozenset({MetricType.SCORE}))
    assert scores.passes(change(metric="score"))
    assert not scores.passes(change(metric="issues"))
    assert not scores.passes(alert(metric="issues"))
    assert scores.passes(alert(metric=None))
    alerts = Filter(EVERYTHING, kinds=frozenset({Kind.ALERTS}))
    assert not alerts.passes(change())
    assert alerts.passes(alert())


def test_scope_wins_over_what_is_subscribed() -> None:
    index: Index[int] = Index()
    index.add(1, Filter(Scope(["sales.*"])), ["*"])
    assert set(index.recipients(change("sales.orders"))) == {1}
    assert not index.recipients(change("hr.salaries"))


def test_somebody_who_asked_twice_is_told_once() -> None:
    index: Index[int] = Index()
    index.add(1, ALL, ["a", "*", "a*"])
    index.add(1, Filter(EVERYTHING, kinds=frozenset({Kind.CHANGES})), ["a"])
    assert list(index.recipients(change("a"))) == [1]
