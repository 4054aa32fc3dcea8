"""Subscriptions: who is told of which alerts, and how."""

from typing import Any
from uuid import UUID

from api.endpoint import Call, NoQuery
from api.handlers.routing import (
    MOST_OF_ONE,
    as_written,
    check_time_zone,
    delete_record,
    list_records,
    lock_record,
    one_record,
    rewritten_by,
    texts,
    written_by,
)
from api.problems import Refusal, invalid
from api.queries.routing import (
    SUBSCRIPTIONS,
    Level,
    count_of,
    own,
    scope_of_key,
    usable_channels,
    write_levels,
)
from pipeline.operators.routing.group import default_interval, default_wait
from schemas.problems import ProblemCode
from schemas.rest import One, Page, Role
from schemas.routing import AlertSubscription, AlertSubscriptionRequest, RoutingQuery


async def subscriptions(call: Call[RoutingQuery, None]) -> Page[AlertSubscription]:
    """List the caller's subscriptions, newest first; an admin's list holds everybody's."""
    return await list_records(call, SUBSCRIPTIONS, own(call.caller))


async def subscription(call: Call[NoQuery, None]) -> One[AlertSubscription]:
    """Tell one subscription."""
    return await one_record(call, SUBSCRIPTIONS, call.number("subscription_id"), own(call.caller))


async def subscribe(
    call: Call[NoQuery, AlertSubscriptionRequest],
) -> One[AlertSubscription]:
    """Subscribe channels to alerts.

    It tells of what happens from now on, and of no asset that the caller could not see.
    """
    columns, levels = await _checked(call)
    if await count_of(call.connection, "alert_subscriptions", columns["actor"]) >= MOST_OF_ONE:
        raise Refusal(
            ProblemCode.TOO_MANY_SUBSCRIPTIONS, f"one actor may have {MOST_OF_ONE} subscriptions"
        )
    number = await SUBSCRIPTIONS.insert(call.connection, columns)
    await write_levels(call.connection, number, levels)
    return await as_written(call, SUBSCRIPTIONS, number)


async def change_subscription(
    call: Call[NoQuery, AlertSubscriptionRequest],
) -> One[AlertSubscription]:
    """Put another subscription in the place of one."""
    number = call.number("subscription_id")
    await lock_record(call, SUBSCRIPTIONS, number, own(call.caller))
    before = await as_written(call, SUBSCRIPTIONS, number)
    columns, levels = await _checked(call, before.data)
    await SUBSCRIPTIONS.update(call.connection, number, columns)
    await write_levels(call.connection, number, levels)
    return await as_written(call, SUBSCRIPTIONS, number)


async def unsubscribe(call: Call[NoQuery, None]) -> One[AlertSubscription]:
    """Delete a subscription. What was sent stays in the list of deliveries."""
    return await delete_record(
        call, SUBSCRIPTIONS, call.number("subscription_id"), own(call.caller)
    )


async def _checked(
    call: Call[NoQuery, AlertSubscriptionRequest], before: AlertSubscription | None = None
) -> tuple[dict[str, Any], list[Level]]:
    asked = call.body
    columns = await _whose(call, before)
    columns |= _quiet_columns(asked)
    columns |= {
        "alert_types": texts(asked.alert_types),
        "minimum_severity": str(asked.minimum_severity),
        "group_by": str(asked.group_by),
    }
    if asked.group_wait_seconds is None:
        columns["group_wait_seconds"] = default_wait(asked.group_by)
    if asked.group_interval_seconds is None:
        columns["group_interval_seconds"] = default_interval(asked.group_by)
    levels = _levels(asked)
    await _check_channels(call, [channel for _, channel in levels], columns["actor"])
    return columns, levels


async def _whose(
    call: Call[NoQuery, AlertSubscriptionRequest], before: AlertSubscription | None
) -> dict[str, Any]:
    """Return what was asked, whose the subscription is and how far it reaches."""
    caller, asked = call.caller, call.body
    owner = before.actor if before else caller.actor
    actor = owner if asked.actor is None else asked.actor
    apart = ("channels", "escalations", "quiet_hours", "actor")
    if actor != owner and caller.role != Role.ADMIN:
        raise invalid("actor", "only an admin subscribes somebody else")
    if before is not None and actor == owner:
        return rewritten_by(caller, asked, before.actor, before.scope, *apart)
    columns = written_by(caller, asked, *apart)
    if actor == caller.actor:
        return columns
    return rewritten_by(caller, asked, actor, await _scope_of(call, actor), *apart)


async def _scope_of(call: Call[Any, Any], actor: str) -> list[str]:
    """Return what an actor may see. Of a token only its issuer knows: the admin answers for it."""
    if not actor.startswith("key:"):
        return list(call.caller.scope.globs)
    found = await scope_of_key(call.connection, actor)
    if found is None:
        raise invalid(
            "actor", "there is no such key in force; give key:NAME/ID as `keys list` does"
        )
    return found


def _quiet_columns(asked: AlertSubscriptionRequest) -> dict[str, Any]:
    quiet = asked.quiet_hours
    if quiet is None:
        return dict.fromkeys(("quiet_start", "quiet_end", "quiet_time_zone", "quiet_unless"))
    if quiet.start == quiet.end:
        raise invalid("quietHours.end", "is the same as the start")
    check_time_zone("quietHours.timeZone", quiet.time_zone)
    return {
        "quiet_start": quiet.start,
        "quiet_end": quiet.end,
        "quiet_time_zone": quiet.time_zone,
        "quiet_unless": quiet.unless and str(quiet.unless),
    }


def _levels(asked: AlertSubscriptionRequest) -> list[Level]:
    after = [escalation.after_seconds for escalation in asked.escalations]
    if len(set(after)) < len(after):
        raise invalid("escalations", "two have the same afterSeconds")
    later = [
        (escalation.after_seconds, channel)
        for escalation in asked.escalations
        for channel in escalation.channels
    ]
    return [(0, channel) for channel in asked.channels] + later


async def _check_channels(call: Call[Any, Any], channels: list[UUID], actor: str) -> None:
    found = await usable_channels(call.connection, channels, actor)
    for channel in channels:
        if channel not in found:
            raise invalid("channels", f"{actor} has no channel {channel}, nor is it shared")
