"""What the client lets through, the pipeline takes; what it refuses, the pipeline would."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Self
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.validate import decode_event
from tidemark_client import InvalidEvent, MetricType
from tidemark_client.encode import encode, measurement


class NoMoment(datetime):
    """As pandas' NaT, which passes for a datetime."""

    def __new__(cls) -> Self:
        return super().__new__(cls, 2026, 1, 1)

    def utcoffset(self) -> timedelta | None:
        raise ValueError("there is none")


ASSET = "warehouse.sales.orders"
LIMIT = 64 * 1024


def nested(times: int) -> Any:
    """A list in a list, that many."""
    inner: Any = 1
    for _ in range(times):
        inner = [inner]
    return inner


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip
zones = st.timezones() | st.builds(
    timezone, st.timedeltas(timedelta(hours=-20), timedelta(hours=20))
)


@given(
    asset_id=st.text(max_size=300),
    metric=st.sampled_from(list(MetricType)),
    value=st.floats() | st.integers() | st.floats(0, 100) | st.integers(0, 100),
    timestamp=st.datetimes(timezones=zones),
    labels=st.dictionaries(
        st.sampled_from(["asset_name", "asset_type", "source"]), st.text(max_size=300)
    ),
    metadata=st.none() | st.dictionaries(st.text(max_size=10), json_values, max_size=4),
)
def test_accepted_means_accepted_by_the_pipeline(
    asset_id: str,
    metric: MetricType,
    value: float,
    timestamp: datetime,
    labels: dict[str, Any],
    metadata: dict[str, Any] | None,
) -> None:
    event_id = uuid4()
    try:
        event = measurement(
            asset_id, metric, value,
            timestamp=timestamp, event_id=event_id, metadata=metadata, **labels,
        )  # fmt: skip
        envelope = encode(event)
    except InvalidEvent:
        return
    read = decode_event(envelope.body, LIMIT)
    assert (read.event_id, read.asset_id) == (event_id, asset_id)
    assert read.metric_type.value == metric.value
    assert read.value == float(value)
    assert read.timestamp == timestamp
    assert {name: getattr(read, name) for name in labels} == labels
    assert metadata is None or json.loads(bytes(read.metadata)) == metadata
    assert envelope.asset_id == asset_id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"asset_id": ""}, "assetId: must be a name"),
        ({"asset_id": 7}, "assetId: must be a name"),
        ({"asset_id": "x" * 256}, "assetId: 256 characters"),
        ({"asset_id": "a\0b"}, r"assetId: holds U\+0000"),
        ({"source": "a\nb"}, r"source: holds U\+000A, a control character"),
        ({"asset_id": "\ud800"}, "assetId: holds U.D800 at position 1"),
        ({"source": 3}, "source: must be a string"),
        ({"asset_name": "x" * 256}, "assetName: 256 characters"),
        ({"metric_type": "scoer"}, "metricType: 'scoer' is not one of score"),
        ({"value": 100.5}, "value: score must be 0-100, got 100.5"),
        ({"value": -1}, "value: score must be 0-100"),
        ({"value": 100.0000001}, r"value: score must be 0-100, got 100\.0000001$"),
        ({"value": 1e-320}, "value: score must be 0 or at least 1e-30 away from it, got 1e-320"),
        ({"metric_type": "lineage", "value": 1e308}, r"value: lineage must be from -1e\+30 to 1e"),
        ({"value": math.nan}, "value: must be finite"),
        ({"value": "93"}, "value: must be a number, got '93'"),
        ({"value": True}, "value: must be a number"),
        ({"value": None}, "value: must be a number"),
        ({"metric_type": "issues", "value": 1.5}, "value: issues must be a whole number"),
        ({"metric_type": "issues", "value": -1}, "value: issues must be a whole number"),
        ({"metric_type": "issues", "value": 10**400}, "value: must be a number"),
        ({"value": 10**5000}, "value: must be a number, got an int of very many digits"),
        ({"value": "9" * 10**6}, r"value: must be a number, got '9{79}\.\.\.$"),
        ({"value": [[0] * 10**6]}, "value: must be a number, got a value of type list$"),
        ({"metric_type": ["score"]}, "metricType: a value of type list is not one of"),
        ({"timestamp": NoMoment()}, "timestamp: is no moment: there is none"),
        (
            {"timestamp": datetime.min.replace(tzinfo=timezone(timedelta(seconds=1)))},
            "timestamp: is no moment",
        ),
        ({"timestamp": datetime(2026, 1, 1)}, "timestamp: .* has no offset"),  # noqa: DTZ001
        ({"timestamp": "now"}, "timestamp: must be a datetime"),
        (
            {"timestamp": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
            "timestamp: must not be before 1970",
        ),
        ({"metadata": [1]}, "metadata: must be a mapping"),
        ({"metadata": {"x": math.inf}}, "metadata: can't be written as JSON: Out of range"),
        ({"metadata": {"x": 10**400}}, "metadata: holds a number that is too large"),
        ({"metadata": {"x": 10**4400}}, "metadata: "),
        ({"metadata": {"x\0": 1}}, r"metadata: holds U\+0000"),
        ({"metadata": {"x": nested(31)}}, "metadata: nested more than 32 deep"),
        ({"metadata": {"x": "y" * 17_000}}, "metadata: more than 16384 bytes of JSON"),
    ],
)
def test_refusals_name_the_field(change: dict[str, Any], message: str) -> None:
    fields: dict[str, Any] = {"asset_id": ASSET, "metric_type": "score", "value": 93.5} | change
    with pytest.raises(InvalidEvent, match=f"^{message}"):
        encode(measurement(**fields))


def test_the_deepest_metadata_is_taken_by_both() -> None:
    body = encode(measurement(ASSET, "score", 1, metadata={"x": nested(30)})).body
    assert decode_event(body, LIMIT)


def test_bounds_are_inclusive() -> None:
    for value in (0, 100):
        assert decode_event(encode(measurement(ASSET, "score", value)).body, LIMIT).value == value


def test_other_number_types_are_taken() -> None:
    numpy = pytest.importorskip("numpy")
    for value in (Decimal("93.5"), numpy.float32(93.5), numpy.float64(93.5)):
        assert decode_event(encode(measurement(ASSET, "score", value)).body, LIMIT).value == 93.5
    issues = encode(measurement(ASSET, "issues", numpy.int64(3)))
    assert json.loads(issues.body)["value"] == 3


def test_a_zone_with_seconds_in_its_offset_is_sent_as_utc() -> None:
    monrovia = datetime(1971, 1, 1, tzinfo=ZoneInfo("Africa/Monrovia"))
    odd = timezone(timedelta(minutes=19, seconds=32))
    sent = json.loads(encode(measurement(ASSET, "score", 1, timestamp=monrovia)).body)
    assert datetime.fromisoformat(sent["timestamp"]) == monrovia
    exact = datetime(1971, 1, 1, tzinfo=odd)
    sent = json.loads(encode(measurement(ASSET, "score", 1, timestamp=exact)).body)
    assert sent["timestamp"] == exact.astimezone(UTC).isoformat()


def test_what_is_not_given_is_not_sent_but_for_id_and_time() -> None:
    before = datetime.now(UTC)
    sent = json.loads(encode(measurement(ASSET, "score", 93.5)).body)
    assert before <= datetime.fromisoformat(sent.pop("timestamp")) <= datetime.now(UTC)
    assert UUID(sent.pop("eventId")).version == 4
    assert sent == {"assetId": ASSET, "metricType": "score", "value": 93.5}


def test_metadata_of_other_types_is_sent_as_text() -> None:
    sent = json.loads(
        encode(
            measurement(ASSET, "score", 1, metadata={"day": datetime(2026, 1, 1, tzinfo=UTC)})
        ).body
    )
    assert sent["metadata"] == {"day": "2026-01-01 00:00:00+00:00"}
