"""Findings to metrics."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from feeds.finding import OPEN, Finding, Verdict
from feeds.findings import Occasion, derive, metrics
from feeds.mapping import DEFAULT, Mapping
from pipeline.operators.validate import decode_event
from schemas.metrics import MAX_METADATA_BYTES, MetricType

OCCASION = Occasion("identity", "tool", datetime(2026, 3, 1, tzinfo=UTC), {})

findings = st.lists(
    st.builds(
        Finding,
        asset=st.just("a"),
        check=st.sampled_from(["not_null", "unique", "own"]),
        verdict=st.sampled_from(Verdict),
        share=st.none() | st.floats(-1, 2),
        name=st.none() | st.text(),
    ),
    min_size=1,
    max_size=8,
)


@given(findings, st.floats(0.1, 10), st.floats(0.1, 10))
def test_metrics_are_within_their_bounds(
    found: list[Finding], weight: float, warning: float
) -> None:
    import msgspec

    mapping = Mapping(weights={"unique": weight}, warning_weight=warning)
    values = dict(metrics(found, mapping))
    assert values.get(MetricType.ISSUES, 0) == sum(f.verdict in OPEN for f in found)
    parsed = derive(found, OCCASION, mapping)
    assert {event.metric_type: event.value for event in parsed.events} == values
    for event in parsed.events:
        decode_event(msgspec.json.encode(event), 65536)


@given(findings)
def test_passing_all_is_100_and_failing_more_is_never_better(found: list[Finding]) -> None:
    from dataclasses import replace

    judged = [replace(f, verdict=Verdict.PASSED, share=None) for f in found]
    assert set(dict(metrics(judged, DEFAULT)).values()) == {100.0, 0.0}
    for index in range(len(judged)):
        worse = [*judged]
        worse[index] = replace(worse[index], verdict=Verdict.FAILED)
        score = dict(metrics(worse, DEFAULT))[MetricType.SCORE]
        assert score < 100


def test_a_name_that_is_no_asset_id_is_a_fault() -> None:
    good = Finding(asset="a", check="unique", verdict=Verdict.PASSED)
    bad = [Finding(asset=name, check="x", verdict=Verdict.PASSED) for name in ("", "x" * 256)]
    parsed = derive([good, *bad], OCCASION, DEFAULT)
    assert {event.asset_id for event in parsed.events} == {"a"}
    assert len(parsed.faults) == 2
    assert "no asset id of 1-255 characters" in str(parsed.faults[0])


def test_many_long_names_leave_the_metadata_small() -> None:
    found = [
        Finding(asset="a", check="x", verdict=verdict, name=f"{number}" + "\1" * 1000)
        for number in range(500)
        for verdict in OPEN
    ]
    (event, *_) = derive(found, OCCASION, DEFAULT).events
    assert len(bytes(event.metadata)) < MAX_METADATA_BYTES
