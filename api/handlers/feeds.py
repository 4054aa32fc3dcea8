"""Other tools' documents as they are, for jobs that can post a file."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from api import monitor
from api.endpoint import JSON, Call, NoQuery
from api.handlers.events import MOST_FAULTS, check_event
from api.problems import Refusal, not_found
from feeds.adapters import ADAPTERS, parse
from feeds.document import Fault as ParseFault
from feeds.document import ParsedDocument
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
    parsed = parse(kind, call.body, asset=call.query.asset_id, received=datetime.now(UTC))
    return await _take(call, parsed)


async def openlineage(call: Call[NoQuery, bytes]) -> Intake:
    """Take in OpenLineage events, where its clients post them.

    Events that tell nothing of quality are taken and come to nothing.
    """
    return await _take(call, parse(OPENLINEAGE, call.body, received=datetime.now(UTC)))


async def _take(
    call: Call[FeedQuery, bytes] | Call[NoQuery, bytes], parsed: ParsedDocument
) -> Intake:
    faults = [_told(fault) for fault in parsed.faults]
    good: list[MetricEvent] = []
    records: list[tuple[bytes, bytes]] = []
    for event in parsed.events:
        raw = _encode(event)
        try:
            check_event(call, raw)
        except InvalidEvent as error:
            faults.append(DocumentFault(message=str(error)))
            continue
        good.append(event)
        records.append((event.asset_id.encode(), raw))
    monitor.EVENTS_POSTED.labels("rejected").inc(len(faults))
    if faults and not records:
        raise _all_refused(faults)
    if records:
        await call.edge.producer.deliver(call.edge.topics.metrics, records)
    monitor.EVENTS_POSTED.labels("accepted").inc(len(records))
    assets = sorted({event.asset_id for event in good})
    return Intake(data=faults, count=len(records), assets=assets)


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
