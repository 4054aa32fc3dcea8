"""Routing: subscriptions, channels, silences, maintenance windows and owners."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.alerts import AlertType, Severity
from schemas.metrics import AssetId
from schemas.rest import Cursor, Limit, Moment

DAY_SECONDS: Final = 86_400

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Label = Annotated[str, Meta(min_length=1, max_length=255)]
Comment = Annotated[str, Meta(min_length=1, max_length=4000)]
Address = Annotated[str, Meta(min_length=1, max_length=4096)]
Seconds = Annotated[int, Meta(ge=0, le=30 * DAY_SECONDS)]
PositiveSeconds = Annotated[int, Meta(ge=1, le=30 * DAY_SECONDS)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
TimeZone = Annotated[
    str, Meta(min_length=1, max_length=64, description="IANA name", examples=["Europe/Berlin"])
]
CronSchedule = Annotated[
    str, Meta(min_length=9, max_length=100, description="cron", examples=["0 2 * * sun"])
]
Channels = Annotated[list[UUID], Meta(min_length=1, max_length=20)]


class GroupBy(StrEnum):
    """What the alerts of one message have in common."""

    ALERT = "alert"
    SOURCE = "source"
    OWNER = "owner"


class QuietHours(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """From `start` to `end` (past midnight if that is earlier) nothing is told.

    What is still true when they end is told then. Alerts of at least the severity
    `unless` are told all the same; null: none.
    """

    start: TimeOfDay
    end: TimeOfDay
    time_zone: TimeZone
    unless: Severity | None = None


class Escalation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Who else is told when nobody has acknowledged `after_seconds` after the first message."""

    after_seconds: PositiveSeconds
    channels: Channels


class AlertSubscriptionRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Which alerts are told to which channels, and how; what is null does not restrict.

    `asset_pattern` is an id or a glob; `owner` is the asset's. Grouped alerts of a source or
    owner wait `group_wait_seconds` for others (null: 30, or 0 where each is told by
    itself) and come at most every `group_interval_seconds` (null: 300, or 0).
    `repeat_interval_seconds` reminds of what stays active; null: never. With
    `muted_by_source` the alerts of a source's assets are not told while an alert at least as
    severe is active on the asset that is named like the source. `actor` is for
    admins: whose it is, if not their own.
    """

    name: Name
    channels: Channels
    asset_pattern: AssetId | None = None
    source: Label | None = None
    owner: Label | None = None
    alert_types: list[AlertType] = []
    minimum_severity: Severity = Severity.MEDIUM
    escalations: Annotated[list[Escalation], Meta(max_length=5)] = []
    quiet_hours: QuietHours | None = None
    group_by: GroupBy = GroupBy.ALERT
    group_wait_seconds: Seconds | None = None
    group_interval_seconds: Seconds | None = None
    repeat_interval_seconds: PositiveSeconds | None = None
    notify_resolved: bool = True
    muted_by_source: bool = False
    enabled: bool = True
    actor: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None


class AlertSubscription(Struct, rename="camel", kw_only=True):
    """A subscription as it stands. `scope`: its author's asset globs, it reaches no further."""

    id: UUID
    actor: str
    scope: list[str]
    name: str
    channels: list[UUID]
    asset_pattern: str | None
    source: str | None
    owner: str | None
    alert_types: list[AlertType]
    minimum_severity: Severity
    escalations: list[Escalation]
    quiet_hours: QuietHours | None
    group_by: GroupBy
    group_wait_seconds: int
    group_interval_seconds: int
    repeat_interval_seconds: int | None
    notify_resolved: bool
    muted_by_source: bool
    enabled: bool
    created_at: datetime
    updated_at: datetime


class ChannelKind(StrEnum):
    """How a channel is spoken to."""

    APPRISE = "apprise"
    WEBHOOK = "webhook"
    WEBSOCKET = "websocket"


class ChannelRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Where messages go.

    `address` is an http(s) URL of a webhook, `websocket://` for the actor's own
    dashboards, or the address of a service that is served, such as `mailto://` or `slack://`; it
    is never shown again. `secret` signs a webhook's messages (`whsec_` and base64; null: one is
    made). `shared`: others may subscribe it too. `repeatable`: the receiver drops a message it
    has had, so one whose fate is unknown after a crash is sent again.
    """

    name: Name
    address: Address
    secret: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    shared: bool = False
    repeatable: bool = False


class ChannelChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """What is to change of a channel; what is left out stays."""

    name: Name | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    shared: bool | UnsetType = UNSET
    repeatable: bool | UnsetType = UNSET


class Channel(Struct, rename="camel", kw_only=True):
    """A channel as it stands; of its address only what is no secret."""

    id: UUID
    actor: str
    name: str
    kind: ChannelKind
    service: str
    address: str
    shared: bool
    repeatable: bool
    created_at: datetime
    updated_at: datetime


class NewChannel(Struct, rename="camel", kw_only=True):
    """A channel just made. `secret` checks a webhook's signatures; it is not shown again."""

    channel: Channel
    secret: str | None


class SilenceRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Alerts nobody is told of from `starts_at` (null: now) until `ends_at`.

    `asset_pattern` or `source` is needed; all that is given must match.
    """

    ends_at: Moment
    comment: Comment
    starts_at: Moment | None = None
    asset_pattern: AssetId | None = None
    source: Label | None = None
    alert_types: list[AlertType] = []


class Silence(Struct, rename="camel", kw_only=True):
    """A silence as it stands. `author` is what people call its `actor`."""

    id: UUID
    actor: str
    author: str
    scope: list[str]
    comment: str
    asset_pattern: str | None
    source: str | None
    alert_types: list[AlertType]
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime


class MaintenanceRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """When work is planned on some assets: their alerts are told afterwards, if still true.

    Once, from `starts_at` to `ends_at`; or whenever `schedule` says in `time_zone`, for
    `duration_seconds`, between the two if they are given. `asset_pattern` or `source` is needed.
    """

    name: Name
    asset_pattern: AssetId | None = None
    source: Label | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    schedule: CronSchedule | None = None
    duration_seconds: Annotated[int, Meta(ge=60, le=7 * DAY_SECONDS)] | None = None
    time_zone: TimeZone | None = None
    enabled: bool = True


class MaintenanceWindow(Struct, rename="camel", kw_only=True):
    """A maintenance window as it stands. `author` is what people call its `actor`."""

    id: UUID
    actor: str
    author: str
    scope: list[str]
    name: str
    asset_pattern: str | None
    source: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    schedule: str | None
    duration_seconds: int | None
    time_zone: str | None
    enabled: bool
    created_at: datetime
    updated_at: datetime


class OwnerRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Whose the assets of a pattern are. Of several patterns that match, the longest counts."""

    asset_pattern: AssetId
    owner: Label


class Owner(Struct, rename="camel", kw_only=True):
    """Whose the assets of a pattern are, and who said so."""

    id: UUID
    asset_pattern: str
    owner: str
    actor: str
    author: str
    created_at: datetime
    updated_at: datetime


class RoutingQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A list by age, newest first."""

    limit: Limit = 100
    cursor: Cursor | None = None


class SilencesQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Silences, newest first; `ended`: with those that are over."""

    ended: bool = False
    limit: Limit = 100
    cursor: Cursor | None = None
