"""Deliveries: what was told to whom, and what is held back."""

from api.endpoint import Call, NoQuery
from api.handlers.routing import as_written, conflict, list_records, lock_record, one_record, texts
from api.queries.routing import DELIVERIES, held_alerts, order_retry, own
from schemas.deliveries import DeliveriesQuery, Delivery, HeldAlert
from schemas.rest import One, Page


async def deliveries(call: Call[DeliveriesQuery, None]) -> Page[Delivery]:
    """List the caller's deliveries, newest first; an admin's list holds everybody's."""
    asked, where = call.query, own(call.caller)
    where.add_given("state = ANY(%(state)s)", state=texts(asked.state or []))
    where.add_given("channel_id = %(channel)s", channel=asked.channel_id)
    where.add_given("subscription_id = %(subscription)s", subscription=asked.subscription_id)
    where.add_given(
        "EXISTS (SELECT FROM notification_delivery_alerts a "
        "WHERE a.delivery_id = notification_deliveries.id AND a.alert_id = %(alert)s)",
        alert=asked.alert_id,
    )
    return await list_records(call, DELIVERIES, where)


async def delivery(call: Call[NoQuery, None]) -> One[Delivery]:
    """Tell one delivery."""
    return await one_record(call, DELIVERIES, call.number("delivery_id"), own(call.caller))


async def held(call: Call[NoQuery, None]) -> Page[HeldAlert]:
    """List the alerts that the caller's subscriptions hold back just now, and why."""
    async with call.edge.pool.connection() as connection:
        found = await held_alerts(connection, call.caller)
    return Page(data=found, count=len(found))


async def retry_delivery(call: Call[NoQuery, None]) -> One[Delivery]:
    """Send a message that failed, was interrupted or cancelled: the receiver may get it twice."""
    number = call.number("delivery_id")
    await lock_record(call, DELIVERIES, number, own(call.caller))
    if not await order_retry(call.connection, number):
        state = (await as_written(call, DELIVERIES, number)).data.state
        raise conflict(f"the delivery is {state}")
    return await as_written(call, DELIVERIES, number)
