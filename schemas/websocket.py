"""WebSocket `/ws/quality`: every message, either way. See docs/websocket.md."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from msgspec import Meta, Struct

from schemas.alerts import Alert, Severity
from schemas.lifecycle import AlertFilter
from schemas.metrics import AssetId, MetricChange, MetricType
from schemas.notifications import Notification
from schemas.problems import ProblemCode
from schemas.rest import CurrentMetric, Identity, Resolution, Text

T = TypeVar("T")

PROTOCOL_VERSION = 1

RequestId = Annotated[str, Meta(max_length=64)]
Position = Annotated[str, Meta(max_length=16_384, pattern="^[A-Za-z0-9_.-]*$")]


class CloseCode:
    """Codes the edge closes a socket with."""

    GOING_AWAY = 1001
    POLICY = 1008
    TOO_BIG = 1009
    RESTART = 1012
    TRY_AGAIN_LATER = 1013
    NOT_AUTHENTICATED = 4401
    NOT_ALLOWED = 4403


class Kind(StrEnum):
    """What is pushed: metric changes, or alerts and their steps."""

    CHANGES = "changes"
    ALERTS = "alerts"


# From the client


class Subscription(Struct, rename="camel", kw_only=True, omit_defaults=True, frozen=True):
    """Some assets and what to hear of them.

    `assets` are ids or globs (`*`, `?`, `[ab]`, `[!ab]`; case matters). `severities` restricts
    alerts; `metric_types` restricts changes, and alerts that concern a metric;
    `kinds` leaves out changes or alerts altogether. Absent means unrestricted.
    """

    assets: list[AssetId]
    severities: list[Severity] | None = None
    metric_types: list[MetricType] | None = None
    kinds: list[Kind] | None = None


class Selection(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """What to subscribe to, or to unsubscribe from.

    `asset_id` and `asset_ids` hold ids or globs; with neither, or `all`, every
    asset is meant. Unsubscribing without a filter takes the assets out of
    every subscription, with filters out of the one that has just these.
    """

    asset_id: AssetId | None = None
    asset_ids: Annotated[list[AssetId], Meta(max_length=10_000)] | None = None
    all: bool = False
    severities: list[Severity] | None = None
    metric_types: list[MetricType] | None = None
    kinds: list[Kind] | None = None


class Resume(Struct, rename="camel", kw_only=True):
    """Go on from `position` with exactly these subscriptions."""

    position: Position
    subscriptions: list[Subscription]


class Authenticate(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Say who is there: an API key or JWT in `token`, or a ticket from `POST ws/ticket`."""

    token: Annotated[str, Meta(max_length=8192)] | None = None
    ticket: Annotated[str, Meta(max_length=256)] | None = None


class GetMetrics(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Ask for current values: of one asset (an id or a glob), of one metric, or all."""

    asset_id: AssetId | None = None
    metric_type: MetricType | None = None
    limit: Annotated[int, Meta(ge=1, le=5000)] = 5000
    cursor: str | None = None


class GetAlerts(
    AlertFilter, rename="camel", kw_only=True, omit_defaults=True, forbid_unknown_fields=False
):
    """Ask for alerts, newest first; the filters are those of REST."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class AcknowledgeAlert(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Acknowledge an alert."""

    alert_id: UUID
    comment: Text | None = None


class ResolveAlert(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Resolve an alert; `resolution` says how."""

    alert_id: UUID
    resolution: Resolution
    comment: Text | None = None


class Ping(Struct, rename="camel", kw_only=True):
    """Ask whether the edge is there."""


class ClientMessage(Struct, Generic[T], rename="camel", kw_only=True, omit_defaults=True):
    """A request. `request_id` comes back in its reply; `timestamp` is ignored."""

    payload: T
    request_id: RequestId | None = None


REQUESTS: dict[str, type[Struct]] = {
    "authenticate": Authenticate,
    "subscribe": Selection,
    "unsubscribe": Selection,
    "resume": Resume,
    "ping": Ping,
    "get_metrics": GetMetrics,
    "get_alerts": GetAlerts,
    "acknowledge": AcknowledgeAlert,
    "acknowledge_alert": AcknowledgeAlert,
    "resolve": ResolveAlert,
}
"""Payload of each client message by its `type`."""


# From the server


class Connected(Struct, rename="camel", kw_only=True):
    """First message. `heartbeat_interval` (seconds) is how often the edge pings.

    With `authentication_required` nothing but `authenticate` is answered, and the socket
    closes with 4401 after `authentication_timeout` seconds without it.
    """

    client_id: UUID
    protocol_version: int
    heartbeat_interval: float
    authentication_required: bool
    authentication_timeout: float
    edge_id: str


class Subscribed(Struct, rename="camel", kw_only=True):
    """The whole set of subscriptions after the request."""

    subscriptions: list[Subscription]


class Resumed(Struct, rename="camel", kw_only=True):
    """All that was missed has been sent (`replayed` messages); live from here."""

    replayed: int
    subscriptions: list[Subscription]


class ResumeFailureReason(StrEnum):
    """Why going on from a position is impossible."""

    TOO_OLD = "too_old"
    TOO_FAR = "too_far"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"


class ResumeFailed(Struct, rename="camel", kw_only=True):
    """The position can't be resumed from. The subscriptions stand; a snapshot follows.

    The snapshot is one or more `metrics` and `alerts` messages with `snapshot: true`; then
    come the newest pushes, which it may not hold yet, and `subscribed`: live from there.
    None but the last has a `position`.
    """

    reason: ResumeFailureReason
    message: str
    subscriptions: list[Subscription]


class Pong(Struct, rename="camel", kw_only=True):
    """The edge is there."""


class Metrics(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Current values; `next_cursor` asks for what follows."""

    metrics: list[CurrentMetric]
    next_cursor: str | None = None
    snapshot: bool = False


class Alerts(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Alerts, newest first; `next_cursor` asks for what follows."""

    alerts: list[Alert]
    next_cursor: str | None = None
    snapshot: bool = False


class Error(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """A request was refused; the socket stays open unless a close follows."""

    code: ProblemCode
    message: str
    field: str | None = None


class ServerShutdown(Struct, rename="camel", kw_only=True):
    """The edge stops. Come back after `reconnect_after` seconds and resume."""

    reason: str
    reconnect_after: float


class ServerMessage(Struct, Generic[T], rename="camel", kw_only=True, omit_defaults=True):
    """A reply or a push. Remember the newest `position` seen on any message: it resumes.

    `request_id` is the request's, on replies to requests that had one.
    """

    payload: T
    timestamp: datetime
    position: Position | None = None
    request_id: RequestId | None = None


PUSHES: dict[str, type[Struct]] = {
    "metric_change": MetricChange,
    "alert": Alert,
    "alert_status_changed": Alert,
    "notification": Notification,
}
"""Payload of each message that is pushed by its `type`, most of them to subscribers.

`alert` is a newly raised one; every later step is `alert_status_changed`. A
`notification` goes to the sockets of an actor who asked for it in a channel of their own.
"""

REPLIES: dict[str, type[Struct]] = {
    "connected": Connected,
    "authenticated": Identity,
    "subscribed": Subscribed,
    "unsubscribed": Subscribed,
    "resumed": Resumed,
    "resume_failed": ResumeFailed,
    "pong": Pong,
    "metrics": Metrics,
    "alerts": Alerts,
    "alert_acknowledged": Alert,
    "alert_status_changed": Alert,
    "error": Error,
    "server_shutdown": ServerShutdown,
}
"""Payload of each message that answers a request or speaks of the socket itself."""
