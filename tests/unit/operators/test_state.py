"""The packed window, and the codec of the state."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.identity import fingerprint
from pipeline.operators.state import AssetState, MetricState
from schemas.metrics import MetricType
from tables import codec

observations = st.lists(
    st.tuples(
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(0, 2**64 - 1),
    ),
    min_size=1,
    max_size=20,
)


def observed(seen, size):
    state = MetricState(0.0, 0)
    for time, value, mark in seen:
        state.observe(time, value, mark, size)
    return state


@given(observations, st.integers(1, 10))
def test_the_window_holds_the_most_recent_observations(seen, size):
    state = observed(seen, size)
    assert state.recent() == [(time, value) for time, value, _ in seen[-size:]]
    assert (state.time, state.value) == seen[-1][:2]
    kept = {mark for _, _, mark in seen[-size:]}
    assert all(state.saw(mark) for mark in kept)
    assert not any(state.saw(mark) for *_, mark in seen if mark not in kept)


def test_a_fingerprint_is_not_found_inside_a_value():
    state = MetricState(0.0, 0)
    state.observe(7, 7.0, 99, 4)
    assert not state.saw(7)
    assert state.saw(99)


@given(st.uuids(), st.uuids())
def test_fingerprints_differ_where_ids_do(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (one == other)
    assert 0 <= fingerprint(one) < 2**64


def test_ids_of_one_host_and_hour_differ():
    one, other = (UUID(f"6ba7b81{i}-9dad-11d1-80b4-00c04fd430c8") for i in (0, 1))
    assert fingerprint(one) != fingerprint(other)


@given(observations, st.text(max_size=10) | st.none(), st.integers(0, 2**50))
def test_the_codec_gives_back_what_it_took(seen, name, offset):
    state = AssetState(offset=offset, last_seen=5, gaps=2, name=name)
    state.metrics[MetricType.SCORE] = observed(seen, 5)
    raw = codec.encode(state)
    assert codec.decode(raw) == state
    liveness = codec.decode_liveness(raw)
    assert (liveness.offset, liveness.last_seen, liveness.gaps) == (offset, 5, 2)


def test_a_state_of_a_later_release_is_not_touched():
    with pytest.raises(codec.UnknownStateVersionError, match="state version 9, this release"):
        codec.decode(b"\x09rest")
