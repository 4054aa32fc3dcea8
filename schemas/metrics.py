"""Metric events in, and what the pipeline makes of them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Raw, Struct

MAX_ASSET_ID = 255
MAX_METADATA_BYTES = 16 * 1024


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

AssetId = Annotated[
    str, Meta(min_length=1, max_length=MAX_ASSET_ID, examples=["warehouse.sales.orders"])
]
Label = Annotated[str, Meta(max_length=MAX_ASSET_ID)]
Timestamp = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset")]
JsonObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
ABSENT: Final = Raw()
"""Metadata of an event that has none."""


class MetricEvent(Struct, rename="camel", kw_only=True, omit_defaults=True, gc=False):
    """One measurement of one asset, as ingestion jobs send it.

    `value` is 0-100 for score and dimensions, a whole number >= 0 for issues.
    A missing `event_id` is derived from topic, partition and offset.
    Unknown fields are tolerated; `metadata` is at most 16 KiB.
    """

    asset_id: AssetId
    metric_type: MetricType
    value: float
    timestamp: Timestamp
    event_id: UUID | None = None
    asset_name: Label | None = None
    asset_type: Label | None = None
    source: Label | None = None
    metadata: JsonObject = ABSENT


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
    of events older than the last one applied for their asset and metric.
    """

    topic: str
    partition: int
    offsets: list[int]
    late: list[int]
    events: list[Raw]
