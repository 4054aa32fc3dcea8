"""Every endpoint of routing: subscriptions, channels, silences, maintenance, owners, deliveries."""

from typing import Any, Final

from api.auth.caller import Permission
from api.endpoint import Endpoint, Handler, Method
from api.handlers import channels, deliveries, maintenance, owners, silences, subscriptions
from schemas import routing
from schemas.deliveries import DeliveriesQuery, Delivery, HeldAlert
from schemas.rest import One, Page


def _write(
    method: Method, path: str, handler: Handler, answer: Any, body: type | None = None, *,
    permission: Permission = Permission.READ, status: int = 200,
) -> Endpoint:  # fmt: skip
    return Endpoint(
        method, path, handler, One[answer], permission=permission, body=body, status=status,
        step=True,
    )  # fmt: skip


def _step(
    method: Method, path: str, handler: Handler, answer: Any, body: type | None = None,
    status: int = 200,
) -> Endpoint:  # fmt: skip
    """Return an endpoint that changes what others are told."""
    return _write(method, path, handler, answer, body, permission=Permission.STEP, status=status)


ROUTING: Final = (
    Endpoint("GET", "/subscriptions", subscriptions.subscriptions,
             Page[routing.AlertSubscription], query=routing.RoutingQuery),
    _write("POST", "/subscriptions", subscriptions.subscribe, routing.AlertSubscription,
           routing.AlertSubscriptionRequest, status=201),
    Endpoint("GET", "/subscriptions/{subscription_id}", subscriptions.subscription,
             One[routing.AlertSubscription]),
    _write("PUT", "/subscriptions/{subscription_id}", subscriptions.change_subscription,
           routing.AlertSubscription, routing.AlertSubscriptionRequest),
    _write("DELETE", "/subscriptions/{subscription_id}", subscriptions.unsubscribe,
           routing.AlertSubscription),
    Endpoint("GET", "/channels", channels.channels, Page[routing.Channel],
             query=routing.RoutingQuery),
    _write("POST", "/channels", channels.make_channel, routing.NewChannel,
           routing.ChannelRequest, status=201),
    Endpoint("GET", "/channels/{channel_id}", channels.channel, One[routing.Channel]),
    _write("PATCH", "/channels/{channel_id}", channels.change_channel, routing.Channel,
           routing.ChannelChange),
    _write("DELETE", "/channels/{channel_id}", channels.delete_channel, routing.Channel),
    _write("POST", "/channels/{channel_id}/test", channels.test_channel, Delivery, status=202),
    Endpoint("GET", "/silences", silences.silences, Page[routing.Silence],
             query=routing.SilencesQuery),
    _step("POST", "/silences", silences.make_silence, routing.Silence, routing.SilenceRequest,
          status=201),
    Endpoint("GET", "/silences/{silence_id}", silences.silence, One[routing.Silence]),
    _step("PUT", "/silences/{silence_id}", silences.change_silence, routing.Silence,
          routing.SilenceRequest),
    _step("DELETE", "/silences/{silence_id}", silences.end_silence, routing.Silence),
    Endpoint("GET", "/maintenance", maintenance.windows, Page[routing.MaintenanceWindow],
             query=routing.RoutingQuery),
    _step("POST", "/maintenance", maintenance.make_window, routing.MaintenanceWindow,
          routing.MaintenanceRequest, status=201),
    Endpoint("GET", "/maintenance/{window_id}", maintenance.window,
             One[routing.MaintenanceWindow]),
    _step("PUT", "/maintenance/{window_id}", maintenance.change_window,
          routing.MaintenanceWindow, routing.MaintenanceRequest),
    _step("DELETE", "/maintenance/{window_id}", maintenance.delete_window,
          routing.MaintenanceWindow),
    Endpoint("GET", "/owners", owners.owners, Page[routing.Owner], query=routing.RoutingQuery),
    _step("POST", "/owners", owners.name_owner, routing.Owner, routing.OwnerRequest, status=201),
    Endpoint("GET", "/owners/{owner_id}", owners.owner, One[routing.Owner]),
    _step("PUT", "/owners/{owner_id}", owners.change_owner, routing.Owner, routing.OwnerRequest),
    _step("DELETE", "/owners/{owner_id}", owners.forget_owner, routing.Owner),
    Endpoint("GET", "/deliveries", deliveries.deliveries, Page[Delivery], query=DeliveriesQuery,
             cached=False),
    Endpoint("GET", "/deliveries/held", deliveries.held, Page[HeldAlert], cached=False),
    Endpoint("GET", "/deliveries/{delivery_id}", deliveries.delivery, One[Delivery],
             cached=False),
    _write("POST", "/deliveries/{delivery_id}/retry", deliveries.retry_delivery, Delivery,
           status=202),
)  # fmt: skip
