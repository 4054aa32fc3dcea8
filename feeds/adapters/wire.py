"""JSON lines of metric events, as they travel on `quality.metrics`."""

from typing import Final

import msgspec

from feeds.adapters.rows import lines
from feeds.document import Fault, ParsedDocument
from feeds.ids import derived_id
from feeds.options import Options
from pipeline.operators.validate import InvalidEvent, decode_event

LARGEST: Final = 64 * 1024


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events, one a line. One without an id gets one by its content."""
    parsed = ParsedDocument()
    for number, line in lines(body, options.door):
        try:
            event = decode_event(line.strip(), LARGEST)
        except InvalidEvent as error:
            field, colon, message = str(error).partition(": ")
            known = colon and " " not in field
            fault = Fault(message if known else str(error), field if known else None, number)
            parsed.faults.append(fault)
            continue
        changes = {
            "asset_id": options.mapping.asset(event.asset_id),
            "event_id": event.event_id or derived_id(f"jsonl\n{line.decode()}"),
        }
        parsed.events.append(msgspec.structs.replace(event, **changes))
    return parsed
