"""Silences: nobody is told of some alerts for a while."""

from datetime import UTC, datetime

from api.endpoint import Call, NoQuery
from api.handlers.routing import (
    as_written,
    check_reach,
    check_selector,
    list_records,
    lock_record,
    one_record,
    rewritten_by,
    texts,
    written_by,
)
from api.problems import invalid
from api.queries.routing import SILENCES, in_sight
from schemas.rest import One, Page
from schemas.routing import Silence, SilenceRequest, SilencesQuery


async def silences(call: Call[SilencesQuery, None]) -> Page[Silence]:
    """List the silences in force or to come, newest first."""
    where = in_sight(call.caller)
    if not call.query.ended:
        where.add("ends_at > now()")
    return await list_records(call, SILENCES, where)


async def silence(call: Call[NoQuery, None]) -> One[Silence]:
    """Tell one silence."""
    return await one_record(call, SILENCES, call.number("silence_id"), in_sight(call.caller))


async def make_silence(call: Call[NoQuery, SilenceRequest]) -> One[Silence]:
    """Silence some alerts. It reaches no further than the caller sees."""
    columns = written_by(call.caller, call.body) | {"author": call.caller.label}
    number = await SILENCES.insert(call.connection, columns | _checked(call))
    return await as_written(call, SILENCES, number)


async def change_silence(call: Call[NoQuery, SilenceRequest]) -> One[Silence]:
    """Put another silence in the place of one."""
    number = call.number("silence_id")
    await lock_record(call, SILENCES, number, in_sight(call.caller))
    before = (await as_written(call, SILENCES, number)).data
    check_reach(call.caller, before.actor, before.asset_pattern)
    columns = rewritten_by(call.caller, call.body, before.actor, before.scope)
    await SILENCES.update(call.connection, number, columns | _checked(call))
    return await as_written(call, SILENCES, number)


async def end_silence(call: Call[NoQuery, None]) -> One[Silence]:
    """End a silence now, or take back one to come. What is still true is told within a minute."""
    number = call.number("silence_id")
    await lock_record(call, SILENCES, number, in_sight(call.caller))
    before = (await as_written(call, SILENCES, number)).data
    check_reach(call.caller, before.actor, before.asset_pattern)
    now = datetime.now(UTC)
    if before.ends_at > now:
        columns = {"ends_at": now, "starts_at": min(before.starts_at, now)}
        await SILENCES.update(call.connection, number, columns)
    return await as_written(call, SILENCES, number)


def _checked(call: Call[NoQuery, SilenceRequest]) -> dict[str, object]:
    asked = call.body
    check_selector(asked.asset_pattern, asked.source)
    starts_at = asked.starts_at or datetime.now(UTC)
    if asked.ends_at <= starts_at:
        raise invalid("endsAt", "lies before the start")
    return {"starts_at": starts_at, "alert_types": texts(asked.alert_types)}
