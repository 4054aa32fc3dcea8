"""Services: everything that apprise can speak to."""

import logging
from typing import Final

import apprise
from apprise.plugins.pagerduty import NotifyPagerDuty, PagerDutyAction

from pipeline.channels.address import ASSET, AddressError, hosts_of, plugin_of, redact
from pipeline.channels.networks import Networks
from pipeline.operators.routing.message import body_of, title_of, worst_of
from schemas.alerts import Severity
from schemas.notifications import Notification
from sinks.notifications.senders.resolve import permitted_addresses
from sinks.notifications.senders.target import DeliveryError, Target

# It would tell every failure a second time, addresses included.
logging.getLogger("apprise").propagate = False

_TYPES: Final = {
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
    Severity.HIGH: apprise.NotifyType.FAILURE,
    Severity.MEDIUM: apprise.NotifyType.WARNING,
    Severity.LOW: apprise.NotifyType.INFO,
}


class ServiceSender:
    """Sends messages through apprise, which puts them into each service's own form.

    Args:
        networks: where it may connect to, as far as an address names a host.
        timeout: of a whole message, in seconds.
    """

    def __init__(self, networks: Networks, timeout: float) -> None:
        self._networks = networks
        self._timeout = timeout

    async def send(self, target: Target, notification: Notification) -> None:
        """Send `notification` and wait until the service has taken it.

        Raises:
            DeliveryError: it has not, or its host is private.
        """
        try:
            plugin = plugin_of(target.address)
        except AddressError as error:
            raise DeliveryError(str(error), final=True) from None
        for host in hosts_of(plugin):
            await permitted_addresses(host, 0, self._networks)
        name_incident(plugin, notification)
        service = apprise.Apprise(asset=ASSET)
        service.add(plugin)
        result = await service.async_notify(
            title=title_of(notification),
            body=body_of(notification),
            body_format=apprise.NotifyFormat.HTML,
            notify_type=type_of(notification),
            timeout=self._timeout,
        )
        if not result:
            raise DeliveryError(redact(_reason(result), target.address))


def type_of(notification: Notification) -> apprise.NotifyType:
    """Return how services are to show a message."""
    if notification.test:
        return apprise.NotifyType.INFO
    worst = worst_of(notification)
    return apprise.NotifyType.SUCCESS if worst is None else _TYPES[worst]


def name_incident(plugin: apprise.NotifyBase, notification: Notification) -> None:
    """Let PagerDuty know one incident from its alert to its recovery, unless the address does.

    The key also makes a message that comes twice harmless there.
    """
    if isinstance(plugin, NotifyPagerDuty) and plugin.dedup is None and notification.alerts:
        single = notification.group is None
        group = f"{notification.subscription_id} {notification.group}"
        plugin.dedup = str(notification.alerts[0].alert.id) if single else group
        plugin.action = PagerDutyAction.MAP


def _reason(result: apprise.AppriseResult) -> str:
    said = [entry.message for service in result for entry in service.logs()]
    return said[-1] if said else f"the service did not take it ({result.status.name.lower()})"
