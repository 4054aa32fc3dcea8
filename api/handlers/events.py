"""Metric events by HTTP, for jobs that can't speak Kafka."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from api import monitor
from api.endpoint import JSON, Call, NoQuery
from api.problems import Refusal, invalid
from pipeline.operators.validate import InvalidEvent, check_arrival, decode_event
from schemas.metrics import MetricEvent
from schemas.problems import Fault, ProblemCode
from schemas.rest import Verdict, Verdicts

NDJSON: Final = frozenset({"application/x-ndjson", "application/jsonl", "application/jsonlines"})
SECOND: Final = 1_000_000
MOST_FAULTS: Final = 20
LARGE: Final = 64 * 1024
"""Bytes of a body that is judged beside the event loop."""

_EVENT: Final = {"$ref": "#/components/schemas/MetricEvent"}
_EVENTS: Final = {"type": "array", "items": _EVENT, "minItems": 1, "maxItems": 10_000}
TAKES: Final[dict[str, Any]] = {
    JSON: {"anyOf": [_EVENT, _EVENTS]},
    **{media: {"type": "string", "description": "One event a line"} for media in sorted(NDJSON)},
}
"""The body in each media type, as JSON Schema."""

_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


async def post(call: Call[NoQuery, bytes]) -> Verdicts:
    """Take in one event, an array of them, or NDJSON.

    Answered once Kafka has every event that is valid, with a verdict for each. If
    none is valid, the whole is refused with 422.
    """
    judge = partial(_judge, call)
    verdicts, records = await call.edge.desk.do(judge) if len(call.body) > LARGE else judge()
    rejected = len(verdicts) - len(records)
    monitor.EVENTS_POSTED.labels("rejected").inc(rejected)
    if not records:
        raise _all_refused(verdicts)
    await call.edge.producer.deliver(call.edge.topics.metrics, records)
    monitor.EVENTS_POSTED.labels("accepted").inc(len(records))
    return Verdicts(data=verdicts, count=len(records), rejected=rejected)


def _judge(call: Call[NoQuery, bytes]) -> tuple[list[Verdict], list[tuple[bytes, bytes]]]:
    """Return a verdict on each event in the body, and key and value of those that are valid."""
    raws = _split(call)
    if len(raws) > call.edge.settings.max_batch_events:
        raise Refusal(
            ProblemCode.TOO_LARGE,
            f"{len(raws)} events, at most {call.edge.settings.max_batch_events} are taken at once",
        )
    verdicts, records = [], []
    for index, raw in enumerate(raws):
        try:
            event = check_event(call, raw)
        except InvalidEvent as error:
            verdicts.append(Verdict(index=index, accepted=False, error=str(error)))
            continue
        records.append((event.asset_id.encode(), raw))
        verdicts.append(
            Verdict(index=index, accepted=True, event_id=event.event_id, asset_id=event.asset_id)
        )
    return verdicts, records


def check_event(call: Call[Any, bytes], raw: bytes) -> MetricEvent:
    """Return the event in `raw`, if it may be sent now and by this caller.

    Raises:
        InvalidEvent: it may not.
    """
    settings = call.edge.settings
    event = decode_event(raw, settings.max_event_bytes)
    check_arrival(
        event, _micros(event.timestamp), _micros(datetime.now(UTC)),
        int(settings.max_future_seconds * SECOND),
    )  # fmt: skip
    if not call.caller.scope.allows(event.asset_id):
        raise InvalidEvent(f"assetId: the token does not reach {event.asset_id!r}")
    return event


def _split(call: Call[NoQuery, bytes]) -> list[bytes]:
    """Return the bytes of each event in the body."""
    media = call.request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    body = call.body.strip()
    if media in NDJSON:
        raws = [line for line in _lines(body) if line]
    elif media != JSON:
        known = ", ".join([JSON, *sorted(NDJSON)])
        raise Refusal(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"send one of {known}, not {media}")
    elif body.startswith(b"["):
        raws = _array(body)
    else:
        raws = [body] if body else []
    if not raws:
        raise invalid("body", "holds no event")
    return raws


def _array(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _items(body)]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(ProblemCode.INVALID_JSON, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Refusal(ProblemCode.INVALID_JSON, "the body is nested too deeply") from None


def _lines(body: bytes) -> Iterator[bytes]:
    return (line.strip() for line in body.split(b"\n"))


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * SECOND)


def _all_refused(verdicts: list[Verdict]) -> Refusal:
    faults = [
        Fault(field=f"[{verdict.index}]", message=verdict.error or "") for verdict in verdicts
    ]
    if len(faults) == 1:
        field, colon, message = faults[0].message.partition(": ")
        faults = [Fault(field=field, message=message)] if colon else faults
        detail = verdicts[0].error or ""
    else:
        detail = f"none of {len(verdicts)} events is valid; the first: {verdicts[0].error}"
    return Refusal(ProblemCode.INVALID_FIELD, detail, faults=faults[:MOST_FAULTS])
