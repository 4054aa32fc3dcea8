"""Deliveries: what was told, and what is held back."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from schemas.alerts import Severity
from schemas.notifications import Notification
from schemas.rest import Cursor, Limit


class DeliveryState(StrEnum):
    """What became of a message.

    `failed`: given up after the last attempt, see the dead letters; `interrupted`: a process
    ended while sending, so nobody knows whether it arrived, and it is not sent again
    unless somebody asks; `cancelled`: its channel is gone.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


class Delivery(Struct, rename="camel", kw_only=True):
    """One message to one channel and what became of it."""

    id: UUID
    channel_id: UUID
    channel_name: str
    subscription_id: UUID | None
    actor: str
    notification: Notification
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    finished_at: datetime | None
    error: str | None
    created_at: datetime
    updated_at: datetime


class DeliveryEntry(Struct, rename="camel", kw_only=True, frozen=True):
    """An alert in a message: what is told of it, and the step that had made it active."""

    alert_id: UUID
    occasion: str
    activation: UUID


class DeliveryStep(Struct, rename="camel", kw_only=True):
    """A delivery as it was claimed, or as its attempt ended; `quality.deliveries` has each.

    `state` is `sending` before the first byte goes out, and then what came of it: `pending`
    if it is to be tried again.
    """

    id: UUID
    channel_id: UUID
    channel_name: str
    subscription_id: UUID | None
    actor: str
    notification: Notification
    state: DeliveryState
    attempts: int
    created_at: datetime
    entries: list[DeliveryEntry]
    error: str | None = None


class DeliveriesQuery(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Deliveries, newest first."""

    state: list[DeliveryState] | None = None
    alert_id: UUID | None = None
    channel_id: UUID | None = None
    subscription_id: UUID | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class HeldAlert(Struct, rename="camel", kw_only=True):
    """An alert that a subscriber is not told of just now, and why."""

    subscription_id: UUID
    subscription: str
    alert_id: UUID
    asset_id: str
    severity: Severity
    reason: str
