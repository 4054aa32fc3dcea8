"""Dispatch: opens a channel and hands the message to the sender of its kind."""

from collections.abc import Awaitable, Callable

from pipeline.channels.networks import Networks
from pipeline.channels.sealing import SealError, Sealing
from pipeline.settings import Settings
from schemas.notifications import ActorNotification, Notification
from schemas.routing import ChannelKind
from sinks.notifications.senders.services import ServiceSender
from sinks.notifications.senders.target import DeliveryError, Target
from sinks.notifications.senders.webhook import WebhookSender

Publish = Callable[[ActorNotification], Awaitable[None]]


class Dispatch:
    """Sends to any channel.

    Args:
        settings: keys, networks and timeouts.
        publish: hands a notification to the sockets of an actor.
    """

    def __init__(self, settings: Settings, publish: Publish) -> None:
        networks = Networks(settings.notify_networks)
        self._sealing = Sealing(settings)
        self._publish = publish
        self._webhooks = WebhookSender(networks, settings.notify_timeout_seconds)
        self._services = ServiceSender(settings.notify_networks, settings.notify_timeout_seconds)

    def open(
        self, kind: str, actor: str, sealed_address: bytes | None, sealed_secret: bytes | None
    ) -> Target:
        """Return a channel with its secrets open.

        Raises:
            DeliveryError: they were sealed with a key that is not here.
        """
        try:
            return Target(
                ChannelKind(kind),
                actor,
                self._sealing.open(sealed_address) if sealed_address else "",
                self._sealing.open(sealed_secret) if sealed_secret else "",
            )
        except SealError as error:
            raise DeliveryError(f"the channel can't be opened: {error}") from None

    async def send(self, target: Target, notification: Notification) -> None:
        """Send `notification`, wait until it was taken.

        Raises:
            DeliveryError: it was not.
        """
        if target.kind is ChannelKind.WEBSOCKET:
            await self._publish(ActorNotification(actor=target.actor, notification=notification))
        elif target.kind is ChannelKind.WEBHOOK:
            await self._webhooks.send(target, notification)
        else:
            await self._services.send(target, notification)

    async def close(self) -> None:
        """End what was started to send; what was handed over is sent."""
        await self._services.close()
