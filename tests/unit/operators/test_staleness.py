"""Learning how often an asset speaks, and noticing that it stopped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators import staleness
from pipeline.operators.compose import stale_alert
from pipeline.operators.detect import detect
from pipeline.operators.staleness import SECOND
from pipeline.operators.state import AssetState
from pipeline.thresholds import Thresholds
from schemas.alerts import AlertStatus

from .events import ASSET, payload, record, rules

LEARNED = Thresholds()
CONFIGURED = Thresholds(stale_after=60)


def heard(*seconds: float) -> AssetState:
    state = AssetState()
    for second in seconds:
        staleness.hear(state, int((1000 + second) * SECOND))
    return state


def overdue(state: AssetState, second: float, thresholds: Thresholds = LEARNED) -> bool:
    return staleness.is_overdue(state, int((1000 + second) * SECOND), thresholds, 5.0)


def test_a_steady_asset_is_missed_soon_after_its_time():
    state = heard(*range(0, 1000, 10))
    assert not overdue(state, 990 + 14)
    assert overdue(state, 990 + 16)


def test_nothing_is_expected_before_enough_was_seen():
    assert not overdue(heard(0, 10, 20, 30), 10_000)
    assert overdue(heard(0, 10, 20, 30, 40), 10_000)


def test_a_configured_interval_needs_no_learning():
    assert not overdue(heard(0), 60, CONFIGURED)
    assert overdue(heard(0), 61, CONFIGURED)


def test_events_of_one_run_are_not_an_interval():
    bursts = [start + part / 10 for start in range(0, 600, 60) for part in range(8)]
    state = heard(*bursts)
    assert state.gap_mean == pytest.approx(59.3)
    assert not overdue(state, 540.7 + 80)


def test_an_asset_never_heard_is_not_missed():
    assert not overdue(AssetState(), 10_000, CONFIGURED)


def test_a_silence_is_told_once():
    state = heard(0)
    state.stale_since = state.last_seen
    assert not overdue(state, 10_000, CONFIGURED)


@given(st.lists(st.floats(1, 1e6), min_size=5, max_size=50))
def test_a_learned_interval_is_not_below_the_smallest_gap_nor_the_minimum(gaps):
    state = heard(*(sum(gaps[:i]) for i in range(len(gaps) + 1)))
    interval = staleness.expected_interval(state, LEARNED, 5.0)
    assert interval is not None
    assert interval >= max(5.0, min(gaps) * 0.999)


def test_speaking_resolves_the_very_alert_that_was_raised():
    states: dict[str, AssetState] = {}
    detect([record(payload(90), 0)], "t", 0, states, rules())
    state = states[ASSET]
    state.stale_since = state.last_seen
    raised = stale_alert(ASSET, state, 60.0, AlertStatus.ACTIVE, state.last_seen + 61 * SECOND)
    outcome = detect([record(payload(90, second=99), 1, arrived=99)], "t", 0, states, rules())
    (resolved,) = outcome.alerts
    assert (raised.id, raised.status, raised.metadata.rule) == (resolved.id, "active", "stale")
    assert resolved.status == "resolved"
    assert resolved.step_id != raised.step_id
    assert state.stale_since == 0
    assert raised.alert_type == "threshold_breach"
    assert "no event since 2026-11-24 09:00:00 UTC" in raised.message
