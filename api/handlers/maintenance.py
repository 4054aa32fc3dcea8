"""Maintenance windows: planned work, once or by a schedule."""

from croniter import croniter

from api.endpoint import Call, NoQuery
from api.handlers.routing import (
    as_written,
    check_reach,
    check_selector,
    check_time_zone,
    list_records,
    lock_record,
    one_record,
    rewritten_by,
    written_by,
)
from api.problems import invalid
from api.queries.routing import WINDOWS, in_sight
from schemas.rest import One, Page
from schemas.routing import MaintenanceRequest, MaintenanceWindow, RoutingQuery


async def windows(call: Call[RoutingQuery, None]) -> Page[MaintenanceWindow]:
    """List the maintenance windows, newest first."""
    return await list_records(call, WINDOWS, in_sight(call.caller))


async def window(call: Call[NoQuery, None]) -> One[MaintenanceWindow]:
    """Tell one maintenance window."""
    return await one_record(call, WINDOWS, call.number("window_id"), in_sight(call.caller))


async def make_window(call: Call[NoQuery, MaintenanceRequest]) -> One[MaintenanceWindow]:
    """Plan maintenance. It reaches no further than the caller sees."""
    _check(call.body)
    columns = written_by(call.caller, call.body) | {"author": call.caller.label}
    number = await WINDOWS.insert(call.connection, columns)
    return await as_written(call, WINDOWS, number)


async def change_window(call: Call[NoQuery, MaintenanceRequest]) -> One[MaintenanceWindow]:
    """Put another maintenance window in the place of one."""
    number = call.number("window_id")
    await lock_record(call, WINDOWS, number, in_sight(call.caller))
    _check(call.body)
    before = (await as_written(call, WINDOWS, number)).data
    check_reach(call.caller, before.actor, before.asset_pattern)
    columns = rewritten_by(call.caller, call.body, before.actor, before.scope)
    await WINDOWS.update(call.connection, number, columns)
    return await as_written(call, WINDOWS, number)


async def delete_window(call: Call[NoQuery, None]) -> One[MaintenanceWindow]:
    """Delete a maintenance window."""
    number = call.number("window_id")
    await lock_record(call, WINDOWS, number, in_sight(call.caller))
    last = await as_written(call, WINDOWS, number)
    check_reach(call.caller, last.data.actor, last.data.asset_pattern)
    await WINDOWS.delete(call.connection, number)
    return last


def _check(asked: MaintenanceRequest) -> None:
    check_selector(asked.asset_pattern, asked.source)
    if asked.starts_at and asked.ends_at and asked.ends_at <= asked.starts_at:
        raise invalid("endsAt", "lies before the start")
    if asked.schedule is None:
        _check_once(asked)
    else:
        _check_schedule(asked, asked.schedule)


def _check_once(asked: MaintenanceRequest) -> None:
    if asked.starts_at is None or asked.ends_at is None:
        raise invalid("startsAt", "and endsAt are needed without a schedule")
    if asked.duration_seconds is not None:
        raise invalid("durationSeconds", "belongs to a schedule")
    if asked.time_zone is not None:
        raise invalid("timeZone", "belongs to a schedule")


def _check_schedule(asked: MaintenanceRequest, schedule: str) -> None:
    if asked.duration_seconds is None:
        raise invalid("durationSeconds", "is needed with a schedule")
    if asked.time_zone is None:
        raise invalid("timeZone", "is needed with a schedule")
    check_time_zone("timeZone", asked.time_zone)
    # Five fields: no seconds, no years.
    if len(schedule.split()) != 5 or not croniter.is_valid(schedule):
        raise invalid("schedule", f"{schedule!r} is no cron schedule, such as 0 2 * * sun")
