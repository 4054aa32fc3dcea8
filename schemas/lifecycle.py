"""REST: the steps people take with alerts, one by one and in bulk, and their audit."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.alerts import Alert, AlertStatus, AlertType, Severity
from schemas.metrics import AssetId
from schemas.rest import Assignee, Moment, Resolution, SearchText, Text


class StepAction(StrEnum):
    """A step in the life of an alert."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    IGNORE = "ignore"
    REOPEN = "reopen"
    COMMENT = "comment"
    ASSIGN = "assign"


class AcknowledgeRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Somebody looks after the alert."""

    comment: Text | None = None


class ResolveRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The alert is settled; `resolution` says how."""

    resolution: Resolution
    comment: Text | None = None


class IgnoreRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The alert needs no action; `comment` says why."""

    comment: Text | None = None


class ReopenRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The alert is not settled after all."""

    comment: Text | None = None


class CommentRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A remark; the alert's status stays."""

    comment: Resolution


class AssignRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Who looks after the alert; null takes the assignment back."""

    assignee: Assignee | None
    comment: Text | None = None


class AlertFilter(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Which alerts are meant; what is not given does not restrict.

    `asset_id` is an id or a glob (`*`, `?`, `[ab]`); `query` searches message,
    asset, resolution and comment; times are of the alert's timestamp, `since` inclusive and
    `until` exclusive.
    """

    ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)] | None = None
    status: list[AlertStatus] | None = None
    severity: list[Severity] | None = None
    alert_type: list[AlertType] | None = None
    asset_id: AssetId | None = None
    assignee: Assignee | None = None
    query: SearchText | None = None
    since: Moment | None = None
    until: Moment | None = None


class BulkRequest(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """One step with every alert that `filter` finds, at most `limit` of them.

    `resolution` is required to resolve, `comment` to comment, `assignee` (which may
    be null) to assign; `resolution` and `assignee` go with no other action.
    """

    action: StepAction
    filter: AlertFilter
    resolution: Resolution | None = None
    comment: Text | None = None
    assignee: Assignee | UnsetType | None = UNSET
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000


class BulkRefusal(Struct, rename="camel", kw_only=True):
    """An alert with which the step makes no sense."""

    id: UUID
    status: AlertStatus
    error: str


class BulkResult(Struct, rename="camel", kw_only=True):
    """What a bulk step did. `more`: there were more than `limit`, ask again."""

    changed: list[Alert]
    refused: list[BulkRefusal]
    more: bool


class AuditEntry(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """One step in an alert's life: who, when, what and why."""

    step_id: UUID
    alert_id: UUID
    action: str
    actor: str
    at: datetime
    to_status: AlertStatus
    from_status: AlertStatus | None = None
    resolution: str | None = None
    comment: str | None = None
    assignee: str | None = None
