"""Other tools' documents as they are, for jobs that can post a file."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from api import monitor
from api.endpoint import JSON, Call, NoQuery
from api.handlers.events import MOST_FAULTS, check_event
from api.problems import Refusal, not_found
from feeds.adapters import ADAPTERS, parse, together
from feeds.document import Fault as ParseFault
from pipeline.operators.validate import InvalidEvent
from schemas.feeds import DocumentFault, FeedQuery, Intake
from schemas.metrics import MetricEvent
from schemas.problems import Fault, ProblemCode

OPENLINEAGE: Final = "openlineage"
TAKES: Final = {
    JSON: {"description": "As the tool wrote it"},
    "text/csv": {"type": "string"},
    "application/x-ndjson": {"type": "string"},
}
TAKES_OPENLINEAGE: Final = {JSON: {"description": "A run or dataset event, or an array of them"}}
"""The body in each media type, as JSON Schema."""

_encode: Final = msgspec.json.Encoder().encode


async def post(call: Call[FeedQuery, bytes]) -> Intake:
    """Take in a document of another tool.

    The kinds are those of `tidemark feed`. Answered once Kafka has the events of the
    document's good part, with the faults of the rest; if nothing in it is good, the
    whole is refused with 422. The same document again changes nothing.
    """
    kind = call.request.path_params["kind"]
    if kind not in ADAPTERS:
        raise not_found(f"there is no kind {kind!r} of documents; there are {', '.join(ADAPTERS)}")
    return await _take(call, kind, call.query.asset_id)


async def openlineage(call: Call[NoQuery, bytes]) -> Intake:
    """Take in OpenLineage events, where its clients post them.

    Events that tell nothing of quality are taken and come to nothing.
    """
    return await _take(call, OPENLINEAGE, None)


async def _take(
    call: Call[FeedQuery, bytes] | Call[NoQuery, bytes], kind: str, asset: str | None
) -> Intake:
    read = partial(_read, call, kind, asset, datetime.now(UTC))
    faults, records, skipped = await call.edge.desk.do(read)
    monitor.EVENTS_POSTED.labels("rejected").inc(len(faults))
    if faults and not records:
        raise _all_refused(faults)
    if records:
        await call.edge.producer.deliver(call.edge.topics.metrics, records)
    monitor.EVENTS_POSTED.labels("accepted").inc(len(records))
    assets = sorted({key.decode() for key, _ in records})
    return Intake(data=faults, count=len(records), assets=assets, skipped=skipped)


def _read(
    call: Call[Any, bytes], kind: str, asset: str | None, received: datetime
) -> tuple[list[DocumentFault], list[tuple[bytes, bytes]], dict[str, int]]:
    """Return the document's faults, key and value of its events, and what gave none and why."""
    parsed = parse(kind, call.body, asset=asset, received=received)
    if parsed.words:
        # Only what the caller may report is remembered, and counts with what others reported.
        allowed = {event.asset_id for event in parsed.events if _allowed(call, event)}
        words = [word for word in parsed.words if word.asset in allowed]
        parsed = together(parsed, words, call.edge.said)
    faults = [_told(fault) for fault in parsed.faults]
    records: list[tuple[bytes, bytes]] = []
    for event in parsed.events:
        raw = _encode(event)
        try:
            check_event(call, raw)
        except InvalidEvent as error:
            faults.append(DocumentFault(message=str(error)))
        else:
            records.append((event.asset_id.encode(), raw))
    return faults, records, dict(parsed.skipped)


def _allowed(call: Call[Any, bytes], event: MetricEvent) -> bool:
    try:
        check_event(call, _encode(event))
    except InvalidEvent:
        return False
    return True


def _told(fault: ParseFault) -> DocumentFault:
    return DocumentFault(message=fault.message, field=fault.field, line=fault.line)


def _all_refused(faults: list[DocumentFault]) -> Refusal:
    told = [
        Fault(
            field=fault.field or "body",
            message=f"line {fault.line}: {fault.message}" if fault.line else fault.message,
        )
        for fault in faults[:MOST_FAULTS]
    ]
    return Refusal(
        ProblemCode.INVALID_FIELD,
        f"nothing in the document can be used: {told[0].field}: {told[0].message}",
        faults=told,
    )
