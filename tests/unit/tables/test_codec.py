"""Bytes of the state: what any release wrote, this one reads."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.state import AssetState, Liveness, MetricState
from schemas.alerts import Severity
from schemas.metrics import MetricType
from tables import codec
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "unit" / "data"
"""One for every shape that workers ever wrote: to append a field means to add one."""

MINUTE = 60_000_000
BEGIN = 1_764_000_000_000_000

samples = pytest.mark.parametrize("path", sorted(SAMPLES.glob("state-*.bin")), ids=lambda p: p.stem)


@samples
def test_what_was_written_once_is_read(path: Path) -> None:
    state = codec.decode(path.read_bytes())
    assert (state.offset, state.last_seen, state.gaps) == (4711, BEGIN + 120_500_000, 12)
    assert (state.gap_mean, state.gap_deviation, state.stale_since) == (60.25, 1.5, 0)
    assert (state.name, state.type, state.source) == ("Orders", "table", "warehouse")
    assert set(state.metrics) == {MetricType.SCORE, MetricType.ISSUES}
    score = state.metrics[MetricType.SCORE]
    assert (score.value, score.time) == (50.1, BEGIN + 2 * MINUTE)
    assert score.recent() == [
        (BEGIN, 95.5),
        (BEGIN + MINUTE, 70.1),
        (BEGIN + 2 * MINUTE, 50.1),
    ]
    assert score.saw(0x1001)
    assert state.metrics[MetricType.ISSUES].saw(2**64 - 1)


def test_what_was_appended_later_has_its_default() -> None:
    before = codec.decode((SAMPLES / "state-v1.bin").read_bytes())
    assert before.metrics[MetricType.SCORE].incident is None
    after = codec.decode((SAMPLES / "state-v1-incident.bin").read_bytes())
    incident = after.metrics[MetricType.SCORE].incident
    assert incident is not None
    assert (incident.alert.severity, incident.baseline, incident.recovered) == (
        Severity.CRITICAL, 95.5, 1,
    )  # fmt: skip
    assert incident.alert.metadata.change == -20


def test_the_newest_sample_is_what_is_written_now() -> None:
    raw = (SAMPLES / "state-v1-incident.bin").read_bytes()
    assert codec.encode(codec.decode(raw)) == raw, "the state's shape has changed: add a sample"


@samples
def test_liveness_is_the_beginning_of_the_state(path: Path) -> None:
    raw = path.read_bytes()
    state, liveness = codec.decode(raw), codec.decode_liveness(raw)
    for name in Liveness.__struct_fields__:
        assert getattr(liveness, name) == getattr(state, name)


def test_the_leading_fields_are_liveness_in_order() -> None:
    leading = AssetState.__struct_fields__[: len(Liveness.__struct_fields__)]
    assert leading == Liveness.__struct_fields__


def test_fields_that_a_release_does_not_know_are_left_out() -> None:
    """A worker that goes back to the release before reads what the newer one wrote."""
    fields = msgspec.msgpack.decode((SAMPLES / "state-v1.bin").read_bytes()[1:])
    later = codec.VERSION + msgspec.msgpack.encode([*fields, {"new": 1}])
    assert codec.decode(later) == codec.decode((SAMPLES / "state-v1.bin").read_bytes())
    assert codec.decode_liveness(later).offset == 4711


@pytest.mark.parametrize("raw", [b"", b"\0", b"{}", b"\xff", b"\x01", b"\x01\x90", b"\x01\xc1"])
def test_what_is_no_state_is_told_from_a_later_one(raw: bytes) -> None:
    for read in (codec.decode, codec.decode_liveness):
        if raw == b"\x01\x90" and read is codec.decode:
            continue  # all its fields have defaults
        with pytest.raises(codec.CorruptStateError):
            read(raw)


@pytest.mark.parametrize(("raw", "named"), [(b"\x02\x90", "2"), (b"\x1f", "31")])
def test_a_version_from_the_future_is_refused(raw: bytes, named: str) -> None:
    for read in (codec.decode, codec.decode_liveness):
        with pytest.raises(
            codec.UnknownStateVersionError, match=f"state version {named}, this release knows 1"
        ):
            read(raw)


times = st.integers(0, 2**53)
values = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def states(draw: st.DrawFn) -> AssetState:
    state = AssetState(
        offset=draw(st.integers(-1, 2**62)),
        last_seen=draw(times),
        gap_mean=draw(values),
        gap_deviation=draw(values),
        gaps=draw(st.integers(0, 2**40)),
        stale_since=draw(times),
        name=draw(st.none() | st.text(max_size=255)),
        type=draw(st.none() | st.text(max_size=255)),
    )
    for metric in draw(st.sets(st.sampled_from(MetricType))):
        kept = state.metrics[metric] = MetricState(draw(values), draw(times))
        for _ in range(draw(st.integers(0, 3))):
            kept.observe(draw(times), draw(values), draw(st.integers(0, 2**64 - 1)), 2)
    return state


@given(states())
def test_what_is_written_is_read_back(state: AssetState) -> None:
    raw = codec.encode(state)
    assert codec.decode(raw) == state
    liveness = codec.decode_liveness(raw)
    assert (liveness.offset, liveness.stale_since) == (state.offset, state.stale_since)
