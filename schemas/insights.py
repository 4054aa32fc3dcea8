"""REST: how alerting fares, as `/api/quality/realtime/insights` tells it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from schemas.alerts import Severity
from schemas.metrics import AssetId, MetricType
from schemas.rest import Moment, SeverityCounts


class InsightsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Alerts of the last `days`, or from `since` (inclusive) to `until` (exclusive).

    `asset_id` is an id or a glob; `limit` is the number of noisiest assets.
    """

    asset_id: AssetId | None = None
    days: Annotated[int, Meta(ge=1, le=730)] = 30
    since: Moment | None = None
    until: Moment | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 10


class Durations(Struct, rename="camel", kw_only=True):
    """Some durations in seconds; null where there are none."""

    count: int
    mean: float | None
    median: float | None
    p90: float | None


class RuleVolume(Struct, rename="camel", kw_only=True):
    """Alerts that a rule raised. `ignored` says how many were of no use to anybody."""

    rule: str
    alerts: int
    ignored: int
    by_severity: SeverityCounts


class DayVolume(Struct, rename="camel", kw_only=True):
    """Alerts of a UTC day, `YYYY-MM-DD`."""

    date: str
    alerts: int
    by_severity: SeverityCounts


class NoisyAsset(Struct, rename="camel", kw_only=True):
    """An asset and the alerts over it; `open` are active or acknowledged."""

    asset_id: str
    asset_name: str
    alerts: int
    open: int
    worst_severity: Severity
    last_alert: UUID
    last_at: datetime


class MetricCoverage(Struct, rename="camel", kw_only=True):
    """How many assets have ever reported a metric."""

    metric_type: MetricType
    assets: int


class Coverage(Struct, rename="camel", kw_only=True):
    """What is watched: assets known, heard of within 24 hours, with a score, with dimensions."""

    assets: int
    recent: int
    with_score: int
    with_dimensions: int
    metrics: list[MetricCoverage]


class Insights(Struct, rename="camel", kw_only=True):
    """How alerting fared from `since` until `until`, by the alerts' timestamps.

    `to_detect` is from a measurement's timestamp until its alert was stored (silence is left
    out, since it has no moment); `to_acknowledge` and `to_resolve` from then until the first
    such step; `resolved_by_itself` counts those that the stream resolved.
    """

    since: datetime
    until: datetime
    alerts: int
    open: int
    ignored: int
    resolved: int
    resolved_by_itself: int
    to_detect: Durations
    to_acknowledge: Durations
    to_resolve: Durations
    by_rule: list[RuleVolume]
    by_day: list[DayVolume]
    noisiest: list[NoisyAsset]
    coverage: Coverage
