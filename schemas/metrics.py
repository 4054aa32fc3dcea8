"""Metric events in, and what the pipeline makes of them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta, Raw, Struct

MAX_ASSET_ID = 255
MAX_METADATA_BYTES = 16 * 1024
MAX_ISSUES: Final = 2**53
"""Beyond this a double no longer counts by ones."""
LARGEST: Final = 1e30
SMALLEST: Final = 1e-30
"""Bounds of a value's magnitude, 0 aside: squares and fourth powers of values, and of their
differences, are finite and not subnormal, so that roll-ups and forecasts hold them."""
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No event is older; the newest is bounded by its arrival."""
MAX_DEPTH: Final = 32
"""Objects and arrays inside each other, the event itself counted."""
CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
"""Characters no name may hold, as a class of a regular expression: control characters and
line separators."""


class MetricType(StrEnum):
    """What a value measures."""

    # Enum hashes by name in Python code; these are looked up for every event.
    __hash__ = str.__hash__

    SCORE = "score"
    ISSUES = "issues"
    PROFILING = "profiling"
    LINEAGE = "lineage"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    UNIQUENESS = "uniqueness"
    VALIDITY = "validity"
    INTEGRITY = "integrity"


DIMENSIONS = frozenset(
    {
        MetricType.COMPLETENESS,
        MetricType.ACCURACY,
        MetricType.CONSISTENCY,
        MetricType.TIMELINESS,
        MetricType.UNIQUENESS,
        MetricType.VALIDITY,
        MetricType.INTEGRITY,
    }
)
"""Metric types that score one quality dimension, 0-100."""

PERCENT_METRICS = DIMENSIONS | {MetricType.SCORE}
"""Metric types whose value is a score of 0-100."""

# Not as `^[^...]*$`: to some dialects `$` is also before a last line break.
_NAME: Final = {"not": {"pattern": f"[{CONTROLS}]"}}
AssetId = Annotated[
    str, Meta(min_length=1, max_length=MAX_ASSET_ID, examples=["warehouse.sales.orders"])
]
NewAssetId = Annotated[AssetId, Meta(extra_json_schema=_NAME)]
Label = Annotated[str, Meta(max_length=MAX_ASSET_ID, extra_json_schema=_NAME)]
Timestamp = Annotated[
    datetime,
    Meta(
        tz=True,
        description="RFC 3339 with offset, from 1970 to an hour ahead of its arrival "
        "(TIDEMARK_MAX_FUTURE_SECONDS)",
        extra_json_schema={"formatMinimum": EARLIEST.isoformat()},
    ),
]
Value = Annotated[
    float,
    Meta(
        extra_json_schema={
            "minimum": -LARGEST,
            "maximum": LARGEST,
            "anyOf": [{"const": 0}, {"minimum": SMALLEST}, {"maximum": -SMALLEST}],
        }
    ),
]
JsonObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
ABSENT: Final = Raw()
"""Metadata of an event that has none."""


class MetricEvent(Struct, rename="camel", kw_only=True, omit_defaults=True, gc=False):
    """One measurement of one asset, as ingestion jobs send it.

    `value` is 0-100 for score and dimensions, a whole number from 0 to 2^53 for issues, and
    any number from -1e30 to 1e30 for the others; none but 0 is closer to 0 than 1e-30.
    A missing `event_id` is derived from topic, partition and offset.
    Unknown fields are tolerated. `metadata` is at most 16 KiB, its numbers are finite as
    doubles, its texts hold no U+0000, and it is nested at most 32 deep.
    """

    asset_id: NewAssetId
    metric_type: MetricType
    value: Value
    timestamp: Timestamp
    event_id: UUID | None = None
    asset_name: Label | None = None
    asset_type: Label | None = None
    source: Label | None = None
    metadata: JsonObject = ABSENT


def _if_metric(kinds: set[MetricType] | frozenset[MetricType], value: dict[str, Any]) -> Any:
    return {
        "if": {"properties": {"metricType": {"enum": sorted(kinds)}}},
        "then": {"properties": {"value": value}},
    }


EVENT_RULES: Final = [
    _if_metric(PERCENT_METRICS, {"minimum": 0, "maximum": 100}),
    _if_metric({MetricType.ISSUES}, {"type": "integer", "minimum": 0, "maximum": MAX_ISSUES}),
]
"""What JSON Schema is to say of a value besides, by its metric."""


class MetricChange(Struct, rename="camel", kw_only=True, omit_defaults=False, gc=False):
    """A value that moved by at least the minimum change.

    `change` is current - previous; `change_percent` is relative to the previous
    value and null where that is 0. `severity` is set where the change also
    raised an alert.
    """

    asset_id: str
    asset_name: str
    metric_type: MetricType
    previous_value: float
    current_value: float
    change: float
    change_percent: float | None
    timestamp: datetime
    event_id: UUID
    severity: str | None = None


class HistoryBatch(Struct, rename="camel", kw_only=True, gc=False):
    """Events applied by one batch of the detect stage, owed to the history sink.

    Packed many to a record, so that the hot path pays for one append.
    `events[i]` was read at `offsets[i]` of `partition`; `late` lists the indices
    of events older than the last one applied for their asset and metric. `topicId` is
    Kafka's id of the topic; one that is deleted and created again has another.
    """

    topic: str
    partition: int
    offsets: list[int]
    late: list[int]
    events: list[Raw]
    topic_id: str | None = None
