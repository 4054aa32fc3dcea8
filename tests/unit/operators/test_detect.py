"""Order, repetition, lateness, identity and the treatment of bad records."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from pipeline.operators.detect import detect
from pipeline.operators.state import AssetState
from pipeline.thresholds import Steps, Thresholds
from schemas.metrics import MetricEvent

from .events import ASSET, payload, record, rules, run, scores


def test_a_bad_record_does_not_spoil_its_batch():
    outcome = run(payload(90), b"{", payload(60, second=1))
    assert [reason for _, reason in outcome.rejected] == ["not JSON: Input data was truncated"]
    assert len(outcome.alerts) == 1
    assert outcome.offsets == [0, 2]


def test_a_late_event_goes_to_history_and_changes_nothing():
    states: dict[str, AssetState] = {}
    outcome = run(
        payload(90, second=10), payload(20, second=5), payload(89.5, second=11), states=states
    )
    assert outcome.late == [1]
    assert (outcome.alerts, outcome.changes) == ([], [])
    assert len(outcome.applied) == 3
    assert states[ASSET].metrics["score"].value == 89.5


def test_events_of_the_same_instant_are_applied_in_order():
    assert len(scores(90).alerts + run(payload(90), payload(60)).alerts) == 1


def test_a_repeated_event_id_does_nothing():
    first, second = str(uuid4()), str(uuid4())
    outcome = run(
        payload(90, eventId=first),
        payload(60, second=1, eventId=second),
        payload(90, second=2, eventId=first),
        payload(60, second=3, eventId=second),
    )
    assert outcome.repeated == 2
    assert len(outcome.alerts) == 1
    assert len(outcome.applied) == 2


def test_replayed_offsets_are_skipped():
    states: dict[str, AssetState] = {}
    raws = [payload(v, second=i) for i, v in enumerate((90, 60, 95))]
    before = run(*raws, states=states)
    snapshot = json.encode(states[ASSET].metrics)
    again = run(*raws, states=states)
    assert (again.repeated, again.applied, again.alerts, again.changes) == (3, [], [], [])
    assert json.encode(states[ASSET].metrics) == snapshot
    assert len(before.alerts) == 2


def test_ids_are_the_same_whenever_a_batch_is_processed():
    one, other = scores(90, 60), scores(90, 60)
    assert one.alerts == other.alerts
    assert one.changes == other.changes
    assert scores(90, 60).alerts[0].id != scores(90, 60, 90, 60).alerts[2].id


def test_an_event_without_id_is_named_by_its_place():
    records = [record(payload(90), 7), record(payload(60, second=1), 8)]
    ids = {
        detect(records, "quality.metrics", partition, {}, rules()).alerts[0].metadata.event_id
        for partition in (0, 1)
    }
    assert len(ids) == 2
    assert all(isinstance(i, UUID) and i.version == 5 for i in ids)


def test_the_key_must_be_the_asset():
    for key in (None, "another"):
        outcome = detect([record(payload(90), 0, key=key)], "t", 0, {}, rules())
        assert "record key must be the assetId" in outcome.rejected[0][1]


def test_an_event_from_the_future_is_refused():
    outcome = run(payload(90, second=3600), payload(90, second=3603))
    assert [i for i, _ in enumerate(outcome.applied)] == [0]
    assert "ahead of the event's arrival" in outcome.rejected[0][1]


def test_the_name_an_asset_once_gave_is_kept():
    outcome = run(payload(90, assetName="Orders", source="dbt"), payload(60, second=1))
    (alert,) = outcome.alerts
    assert (alert.asset_name, alert.source) == ("Orders", "dbt")
    assert alert.message == "Orders: score fell by 30 points, 90 -> 60"


def test_metrics_of_an_asset_do_not_mix():
    outcome = run(payload(90), payload(3, "issues", second=1), payload(50, "validity", second=2))
    assert (outcome.alerts, outcome.changes) == ([], [])


CASES = [
    (payload(101), "value: score must be 0-100, got 101"),
    (payload(-0.1), "value: score must be 0-100, got -0.1"),
    (payload(1.5, "issues"), "value: issues must be a whole number from 0 to 2^53, got 1.5"),
    (payload(-1, "issues"), "value: issues must be a whole number from 0 to 2^53, got -1"),
    (payload("93"), "value: expected float, got str"),
    (payload(True), "value: expected float, got bool"),
    (payload(100.0000001), "value: score must be 0-100, got 100.0000001"),
    (payload(1e-320), "value: score must be 0 or at least 1e-30 away from it, got 1e-320"),
    (payload(1e-31, "validity"), "value: validity must be 0 or at least 1e-30 away"),
    (payload(1e308, "lineage"), "value: lineage must be from -1e+30 to 1e+30, got 1e+308"),
    (payload(-1.1e30, "profiling"), "value: profiling must be from -1e+30 to 1e+30, got -1.1e+30"),
    (payload(1, "speed"), "metricType: must be one of score, issues, profiling, lineage, "),
    (payload(1, "speed - at `$.x`"), ", got 'speed - at $.x'"),
    (payload(1, assetId=""), "assetId: expected str of length >= 1"),
    (payload(1, assetId="x" * 256), "assetId: expected str of length <= 255"),
    (payload(1, assetId="a\0b"), "assetId: holds U+0000"),
    (payload(1, source="a\0b"), "source: holds U+0000"),
    (payload(1, assetName="a\nb"), "assetName: holds U+000A, a control character"),
    (payload(1, assetType="a\u2028b"), "assetType: holds U+2028"),
    (payload(1).replace(b"warehouse", rb"\ud83d"), "holds half of a surrogate pair, \\ud83d"),
    (payload(1, more="x").replace(b"x", b"\xed\xa0\x80"), "not UTF-8"),
    (payload(1, timestamp="0001-01-01T00:00:00+01:00"), "timestamp: must not be before 1970"),
    (payload(1, timestamp="1969-12-31T23:59:59Z"), "timestamp: must not be before 1970"),
    (payload(1, timestamp="9999-12-31T23:59:59-23:59"), "ahead of the event's arrival"),
    (payload(1, timestamp="2026-01-01T00:00:00"), "timestamp: expected datetime with a timezone"),
    (payload(1, timestamp=1), "timestamp: expected datetime, got int"),
    (payload(1, eventId="no"), "eventId: invalid UUID"),
    (payload(1, metadata=[1]), "metadata: must be an object"),
    (payload(1, metadata={"x": "y" * 17_000}), "metadata: 17009 bytes, at most 16384"),
    (payload(1, metadata={"x": 1}).replace(b"1}", b"1e999}"), "metadata: holds a number that is"),
    (
        payload(1, metadata={"x": 10**400}),
        "metadata: holds a number that is too large for a double",
    ),
    (payload(1, metadata={"x": "\0"}), "metadata: holds U+0000"),
    (payload(1, metadata={"\0": 1}), "metadata: holds U+0000"),
    (payload(1, metadata={"x": 1}).replace(b"1}", b"[" * 31 + b"]" * 31 + b"}"), "nested more"),
    (payload(1, more="y" * 70_000), "bytes long, 65536 are allowed"),
    (payload(1)[:-5], "not JSON"),
    (payload(1).replace(b"1,", b"1e999,"), "value: number out of range"),
    (payload(1).replace(b"1,", b"NaN,"), "not JSON"),
    (payload(1).replace(b"orders", b"\xff"), "not UTF-8"),
    (b'{"metadata": ' + b"[" * 5000, "nested too deeply"),
    (b"", "the record is empty"),
]


@pytest.mark.parametrize(("raw", "reason"), CASES)
def test_a_person_understands_the_reason(raw, reason):
    outcome = run(raw)
    assert outcome.applied == []
    assert reason in outcome.rejected[0][1]


GOOD = [
    payload(0),
    payload(100),
    payload(0, "issues"),
    payload(12.0, "issues"),
    payload(-3.5, "profiling"),
    payload(1, unknown={"deep": [1]}),
    payload(1, metadata=None),
    payload(1, metadata={}),
    payload(1, eventId=None),
    payload(1, assetName="Ü" * 255),
    payload(1, timestamp="2026-11-24T10:00:00.123456+01:00"),
]


@pytest.mark.parametrize("raw", GOOD)
def test_what_the_contract_allows_is_taken(raw):
    outcome = run(raw)
    assert outcome.rejected == []
    assert len(outcome.applied) == 1


@given(st.binary(max_size=300))
def test_no_bytes_break_a_batch(noise):
    outcome = run(payload(90), noise, payload(60, second=1))
    assert len(outcome.alerts) == 1
    assert len(outcome.rejected) + len(outcome.applied) == 3


steps = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 20)), min_size=1, max_size=30)


@given(steps, st.data())
def test_cutting_a_stream_into_batches_changes_nothing(moves, data):
    """The same records in one batch, or in several with replays between, end alike."""
    records = [
        record(payload(value, second=second), offset, arrived=offset)
        for offset, (value, second) in enumerate(moves)
    ]
    whole: dict[str, AssetState] = {}
    expected = detect(records, "t", 0, whole, rules())
    cut: dict[str, AssetState] = {}
    alerts, start = [], 0
    while start < len(records):
        end = data.draw(st.integers(start + 1, len(records)))
        back = data.draw(st.integers(0, start))  # a crash: delivered again from here
        alerts += detect(records[back:end], "t", 0, cut, rules()).alerts
        start = end
    assert alerts == expected.alerts
    assert json.encode(cut[ASSET].metrics) == json.encode(whole[ASSET].metrics)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 8)), min_size=1, max_size=25))
def test_detection_agrees_with_a_dozen_lines_of_python(moves):
    last_value = last_time = None
    expected, late = [], []
    for place, (value, time) in enumerate(moves):
        if last_time is not None and time < last_time:
            late.append(place)
            continue
        if last_value is not None:
            drop = last_value - value
            if abs(drop) >= 5:
                expected.append(
                    "low"
                    if drop < 0
                    else "critical"
                    if drop >= 20
                    else "high"
                    if drop >= 10
                    else "medium"
                )
        last_value, last_time = value, time
    outcome = run(*(payload(v, second=t) for v, t in moves))
    assert [a.severity for a in outcome.alerts] == expected
    assert outcome.late == late


def test_the_applied_bytes_are_the_senders():
    raw = payload(90, unknown=1)
    outcome = run(raw)
    assert bytes(outcome.applied[0]) == raw
    assert json.decode(raw, type=MetricEvent).value == 90


def test_other_thresholds_at_a_replay_make_other_contents_under_the_same_ids():
    raws = [payload(90, eventId=str(uuid4())), payload(82, second=1, eventId=str(uuid4()))]
    (first,) = run(*raws).alerts
    tight = Thresholds(score_drop=Steps(critical=7, high=6, medium=5))
    (again,) = run(*raws, thresholds=tight).alerts
    assert (first.severity, again.severity) == ("medium", "critical")
    assert (first.id, first.step_id) == (again.id, again.step_id)


def test_events_of_another_topic_have_other_ids_and_count_on():
    states: dict[str, AssetState] = {}
    events = [record(payload(v, second=n), n) for n, v in enumerate((90, 60))]
    first = detect(events, "m", 0, states, rules(), topic_id="one")
    again = [record(payload(v, second=9 + n), n) for n, v in enumerate((60, 30))]
    second = detect(again, "m", 0, states, rules(), topic_id="two", base=2)
    assert second.offsets == [0, 1]
    assert second.repeated == 0
    assert states[ASSET].offset == 3
    assert first.alerts[0].metadata.event_id != second.alerts[0].metadata.event_id
    assert second.alerts[0].metadata.previous_value == 60
