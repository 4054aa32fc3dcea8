"""Notifications: what webhooks receive, sockets are pushed and deliveries keep."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from schemas.alerts import Alert


class Occasion(StrEnum):
    """Why an alert is told of.

    `worsened`: an alert that was told already has risen in severity; `repeated`: it is
    still active; `unacknowledged`: nobody has acknowledged it in time.
    """

    RAISED = "raised"
    WORSENED = "worsened"
    REPEATED = "repeated"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"


class NotifiedAlert(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """An alert, why it is told of, whose it is and where to look at it."""

    occasion: Occasion
    alert: Alert
    owner: str | None = None
    link: str | None = None


class Notification(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """One message to one channel.

    `id` is the delivery's, equal in every attempt: a receiver that remembers ids sees
    each message once. `group` names what its alerts have in common. A test has no alerts.
    """

    id: UUID
    created_at: datetime
    alerts: list[NotifiedAlert]
    subscription_id: UUID | None = None
    subscription: str | None = None
    group: str | None = None
    test: bool = False


class ActorNotification(Struct, rename="camel", kw_only=True):
    """A record of the notifications topic: a notification for the sockets of one actor."""

    actor: str
    notification: Notification
