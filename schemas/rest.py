"""REST: what `/api/quality/realtime` takes and answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from msgspec import Meta, Struct

from schemas.alerts import AlertStatus, AlertType, Severity
from schemas.metrics import AssetId, Label, MetricType

T = TypeVar("T")

MAX_TEXT = 4000
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Resolution = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Assignee = Annotated[str, Meta(min_length=1, max_length=255)]
Limit = Annotated[int, Meta(ge=1, le=1000)]
Cursor = Annotated[str, Meta(max_length=1000)]
Moment = Annotated[datetime, Meta(tz=True)]
SearchText = Annotated[str, Meta(min_length=1, max_length=200)]


class Page(Struct, Generic[T], rename="camel", kw_only=True):
    """A list. `next_cursor` asks for what follows; null on the last page."""

    data: list[T]
    count: int
    next_cursor: str | None = None
    success: Literal[True] = True


class One(Struct, Generic[T], rename="camel", kw_only=True):
    """A single thing."""

    data: T
    count: int = 1
    success: Literal[True] = True


class CurrentMetric(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """The newest value of one metric of one asset."""

    asset_id: str
    asset_name: str
    metric_type: MetricType
    value: float
    timestamp: datetime
    previous_value: float | None = None
    asset_type: str | None = None
    source: str | None = None


class HistoryPoint(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """One event as it was recorded. `late`: older than what had been applied then."""

    asset_id: str
    metric_type: MetricType
    value: float
    timestamp: datetime
    event_id: UUID
    late: bool = False


class HistoryPage(Page[HistoryPoint], rename="camel", kw_only=True):
    """Recorded events. Those before `kept_since` are gone; trends reach further back."""

    kept_since: datetime


class Asset(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """An asset and how it stands. Values are null where none was ever reported."""

    asset_id: str
    asset_name: str
    first_seen: datetime
    last_seen: datetime
    active_alerts: int
    asset_type: str | None = None
    source: str | None = None
    score: float | None = None
    issues: int | None = None
    worst_severity: Severity | None = None


class Percentile(Struct, rename="camel", kw_only=True):
    """The value that `percent` of all values do not exceed, to half a percent of itself."""

    percent: float
    value: float


class TrendPoint(Struct, rename="camel", kw_only=True):
    """The values of one metric in one bucket of time, which begins at `start`.

    They are those of one asset, of one source, or (both null) of all assets meant. `date`
    is the UTC day of `start` as `YYYY-MM-DD`; `deviation` is the sample's, null for a
    single value.
    """

    asset_id: str | None
    source: str | None
    start: datetime
    date: str
    average: float
    minimum: float
    maximum: float
    deviation: float | None
    count: int
    first: float
    last: float
    percentiles: list[Percentile]


class DimensionScore(Struct, rename="camel", kw_only=True):
    """The newest score (0-100) of one dimension of one asset and what it weighs.

    `stale`: it is too old beside the newest of the asset's dimensions to count.
    """

    asset_id: str
    asset_name: str
    dimension: MetricType
    score: float
    weight: float
    timestamp: datetime
    stale: bool = False


class AssetDimensions(Struct, rename="camel", kw_only=True):
    """An asset's dimensions and their weighted average, sum(w * s) / sum(w).

    The average is over those that are not stale. `missing` have a weight in the settings,
    and were never reported.
    """

    asset_id: str
    asset_name: str
    weighted_score: float | None
    dimensions: list[DimensionScore]
    missing: list[MetricType]


class GroupScore(Struct, rename="camel", kw_only=True):
    """The scores of a group of assets: of a source, an owner, or (null) all the caller may see.

    `score` is the mean of the newest scores of those `scored`, null where none is;
    `lowest` and `lowest_asset` the worst of them.
    """

    name: str | None
    assets: int
    scored: int
    score: float | None
    lowest: float | None
    lowest_asset: str | None


class Scores(Struct, rename="camel", kw_only=True):
    """How everything stands together, each source and each owner; the worst come first."""

    overall: GroupScore
    sources: list[GroupScore]
    owners: list[GroupScore]


class SeveritySteps(Struct, rename="camel", kw_only=True):
    """Inclusive lower bounds of the three alerting severities."""

    critical: float
    high: float
    medium: float


class IncidentRules(Struct, rename="camel", kw_only=True):
    """One alert over all that happens until a metric has recovered.

    What is as bad within `within` seconds is another occurrence of it. It resolves itself
    after `recovered_events` in a row closer to the value before it than `recovered_share`
    of the smallest bound, never where that is null. `slides`: small steps open one, too.
    """

    within: float
    recovered_share: float | None
    recovered_events: int
    slides: bool


class ScoringRules(Struct, rename="camel", kw_only=True):
    """How dimensions make a score: weights (1 where none is given), seconds until one is stale.

    `derive`: the asset's score is made from them.
    """

    weights: dict[MetricType, float]
    stale_after: float | None
    derive: bool


class PredictionRules(Struct, rename="camel", kw_only=True):
    """An alert where a forecast falls below `minimum` within so many days."""

    minimum: float
    within_days: int


class LimitRules(Struct, rename="camel", kw_only=True):
    """Limits that are learned: recorded alone (`shadow`), or alerting (`alert`)."""

    mode: Literal["shadow", "alert"]
    warm_up_days: int
    minimum_change: float
    false_alarms_per_month: float


class AssetThresholds(Struct, rename="camel", kw_only=True):
    """When an asset raises alerts, as the settings of the edge that answers have it.

    Drops in points (`dimension_drop` null: dimensions raise none of their own), `new_issues`
    in issues, `minimum_change` in points; `stale_after` in seconds without an event, null
    where it is learned from the asset. `incidents`, `predicted_breach` and `learned_limits`
    are null where they are switched off.
    """

    asset_id: str
    score_drop: SeveritySteps
    dimension_drop: SeveritySteps | None
    new_issues: SeveritySteps
    minimum_change: float
    stale_after: float | None
    profiling_complete: bool
    incidents: IncidentRules | None
    scoring: ScoringRules
    predicted_breach: PredictionRules | None
    learned_limits: LimitRules | None


class SeverityCounts(Struct, rename="camel", kw_only=True):
    """Active alerts by severity."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0


class Stats(Struct, rename="camel", kw_only=True):
    """The state of everything the caller may see.

    `avg_quality_score` is the mean of the assets' newest scores, null without
    one; `recently_monitored` counts assets heard of in the last 24 hours.
    """

    total_assets: int
    avg_quality_score: float | None
    open_issues: int
    alerts_by_severity: SeverityCounts
    recently_monitored: int
    timestamp: datetime


class Verdict(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """What became of one posted event; `index` counts from 0 in the order posted."""

    index: int
    accepted: bool
    event_id: UUID | None = None
    asset_id: str | None = None
    error: str | None = None


class Verdicts(Struct, rename="camel", kw_only=True):
    """One verdict for each posted event; `count` were accepted."""

    data: list[Verdict]
    count: int
    rejected: int
    success: Literal[True] = True


class Ticket(Struct, rename="camel", kw_only=True):
    """Opens one WebSocket (`/ws/quality?ticket=...`) until it expires."""

    ticket: str
    expires_at: datetime


class Role(StrEnum):
    """What a token may do: read; take steps; send events; everything."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    INGESTER = "ingester"
    ADMIN = "admin"


class Identity(Struct, rename="camel", kw_only=True):
    """Who the caller is.

    `actor` is who it is for ever, `name` what people call it; `assets` are the globs it may see;
    `authentication` is off or on.
    """

    actor: str
    name: str
    role: Role
    assets: list[str]
    authentication: bool


# Query parameters. Lists are comma-separated, or the parameter is repeated.


class MetricsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Current values; `asset_id` is an id or a glob."""

    asset_id: AssetId | None = None
    metric_type: MetricType | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class HistoryQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Recorded events of one asset; `since` is inclusive, `until` exclusive."""

    asset_id: AssetId
    metric_type: MetricType | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: Limit = 500
    cursor: Cursor | None = None


class AssetsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Assets; `asset_id` is an id or a glob, `query` a part of id or name."""

    asset_id: AssetId | None = None
    query: SearchText | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class AlertsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Alerts; `hours` means since so many hours ago and excludes `since`."""

    status: list[AlertStatus] | None = None
    severity: list[Severity] | None = None
    alert_type: list[AlertType] | None = None
    asset_id: AssetId | None = None
    assignee: Assignee | None = None
    query: SearchText | None = None
    since: Moment | None = None
    until: Moment | None = None
    hours: Annotated[float, Meta(gt=0, le=87_600)] | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class TrendsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """One metric of an asset, of all that a glob matches, of a source, or of all together.

    `bucket` is a number of hours, days, weeks (from Monday) or calendar months, such as `6h`,
    `1d`, `2w` or `1mo`, in UTC. The range is the last `days`, today included, or from `since`
    (inclusive) to `until` (exclusive, by default the end of today) in whole hours; its first
    and last bucket hold what lies in the range. `percentiles` are of 100.
    """

    asset_id: AssetId | None = None
    source: Label | None = None
    metric_type: MetricType = MetricType.SCORE
    bucket: Annotated[str, Meta(pattern=r"^[1-9]\d{0,3}(h|d|w|mo)$")] = "1d"
    days: Annotated[int, Meta(ge=1, le=90)] = 30
    since: Moment | None = None
    until: Moment | None = None
    percentiles: Annotated[list[Annotated[float, Meta(ge=0, le=100)]], Meta(max_length=10)] = []


class ExportQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Rows of an export; `asset_id` is an id or a glob, alerts have no `metric_type`.

    Times are of the row's timestamp, `since` inclusive and `until` exclusive.
    """

    format: Literal["csv", "jsonl"] = "csv"
    asset_id: AssetId | None = None
    metric_type: MetricType | None = None
    since: Moment | None = None
    until: Moment | None = None


class ThresholdsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Thresholds of one asset, heard of or not."""

    asset_id: AssetId


class DimensionsQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Dimension scores; `asset_id` is an id or a glob."""

    asset_id: AssetId | None = None
    limit: Limit = 100
    cursor: Cursor | None = None
