"""Alerts and the steps of their life."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from api.endpoint import Call, NoQuery
from api.problems import invalid, not_found
from schemas.alerts import Alert
from schemas.lifecycle import (
    AcknowledgeRequest,
    AlertFilter,
    AssignRequest,
    AuditEntry,
    BulkRequest,
    BulkResult,
    CommentRequest,
    IgnoreRequest,
    ReopenRequest,
    ResolveRequest,
    StepAction,
)
from schemas.rest import AlertsQuery, One, Page


async def alerts(call: Call[AlertsQuery, None]) -> Page[Alert]:
    """List alerts, newest first."""
    asked = call.query
    if asked.hours is not None and asked.since is not None:
        raise invalid("hours", "excludes since")
    given = msgspec.structs.asdict(asked)
    limit, cursor, hours = given.pop("limit"), given.pop("cursor"), given.pop("hours")
    if hours is not None:
        given["since"] = datetime.now(UTC) - timedelta(hours=hours)
    found, following = await call.edge.alerts.page(
        call.caller.scope, AlertFilter(**given), limit, cursor
    )
    return Page(data=found, count=len(found), next_cursor=following)


async def alert(call: Call[NoQuery, None]) -> One[Alert]:
    """Tell one alert."""
    found = await call.edge.alerts.one(call.alert_id)
    if found is None or not call.caller.scope.allows(found.asset_id):
        raise not_found(f"there is no alert {call.alert_id}")
    return One(data=found)


async def audit(call: Call[NoQuery, None]) -> Page[AuditEntry]:
    """List the steps people took with an alert, oldest first: who, when, what and why."""
    await alert(call)
    found = await call.edge.alerts.audit(call.alert_id)
    return Page(data=found, count=len(found))


async def acknowledge(call: Call[NoQuery, AcknowledgeRequest]) -> One[Alert]:
    """Acknowledge an active alert: somebody looks after it."""
    return await _step(call, StepAction.ACKNOWLEDGE)


async def resolve(call: Call[NoQuery, ResolveRequest]) -> One[Alert]:
    """Resolve an active or acknowledged alert, saying how."""
    return await _step(call, StepAction.RESOLVE)


async def ignore(call: Call[NoQuery, IgnoreRequest]) -> One[Alert]:
    """Ignore an active or acknowledged alert."""
    return await _step(call, StepAction.IGNORE)


async def reopen(call: Call[NoQuery, ReopenRequest]) -> One[Alert]:
    """Make an acknowledged, resolved or ignored alert active again."""
    return await _step(call, StepAction.REOPEN)


async def comment(call: Call[NoQuery, CommentRequest]) -> One[Alert]:
    """Comment on an alert."""
    return await _step(call, StepAction.COMMENT)


async def assign(call: Call[NoQuery, AssignRequest]) -> One[Alert]:
    """Say who looks after an alert."""
    return await _step(call, StepAction.ASSIGN)


async def bulk(call: Call[NoQuery, BulkRequest]) -> One[BulkResult]:
    """Take one step with every alert that a filter finds."""
    _check(call.body)
    result = await call.edge.steps.take_many(call.caller, call.body, call.connection)
    return One(data=result)


def _check(asked: BulkRequest) -> None:
    """Refuse a step without what it needs, or with what it has no use for."""
    for field, given, action in (
        ("resolution", asked.resolution is not None, StepAction.RESOLVE),
        ("assignee", asked.assignee is not msgspec.UNSET, StepAction.ASSIGN),
    ):
        if given != (asked.action is action):
            raise invalid(field, f"is needed to {action}, and for nothing else")
    if asked.action is StepAction.COMMENT and not asked.comment:
        raise invalid("comment", "is needed to comment")


async def _step(call: Call[NoQuery, Any], action: StepAction) -> One[Alert]:
    said = msgspec.structs.asdict(call.body)
    taken = await call.edge.steps.take(
        call.caller, call.alert_id, action, connection=call.connection, **said
    )
    return One(data=taken)
