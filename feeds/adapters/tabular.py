"""Plain CSV: one measurement a row (metric, value), or one column a metric.

asset,metric,value,timestamp              asset,timestamp,score,issues,completeness
shop.orders,score,93.5,2026-01-01T00:00Z  shop.orders,2026-01-01T00:00Z,93.5,2,99
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Raw

from feeds.adapters.rows import Row, csv_rows
from feeds.document import Fault, ParsedDocument
from feeds.ids import derived_id
from feeds.moments import EXPECTED, moment
from feeds.options import Options
from pipeline.operators.validate import InvalidEvent, decode_event
from schemas.metrics import MetricEvent, MetricType

ASSET: Final = ("asset_id", "assetid", "asset", "dataset", "table")
METRIC: Final = ("metric_type", "metrictype", "metric")
TIME: Final = ("timestamp", "time", "measured_at", "date")
NAME: Final = ("asset_name", "assetname")
TYPE: Final = ("asset_type", "assettype")
EVENT: Final = ("event_id", "eventid")
LARGEST: Final = 64 * 1024


class BadRow(ValueError):
    """A row that can't be read, and the field at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def read(body: bytes, options: Options) -> ParsedDocument:
    """Return the events of a CSV.

    Raises:
        Malformed: it is empty or not text.
    """
    parsed = ParsedDocument()
    identity = options.identity(body)
    columns = [[*METRIC, *MetricType]] if options.asset else [ASSET, [*METRIC, *MetricType]]
    for row in csv_rows(body, parsed.faults, options.door, columns):
        try:
            parsed.events.extend(_events(row, options, identity))
            options.door.check_events(len(parsed.events))
        except BadRow as error:
            parsed.faults.append(Fault(str(error), error.field, row.line))
        except InvalidEvent as error:
            field, _, message = str(error).rpartition(": ")
            parsed.faults.append(Fault(message, field or None, row.line))
    return parsed


def _measurements(row: Row) -> Iterator[tuple[str, str]]:
    if any(name in row.values for name in METRIC):
        metric = row.text(*METRIC)
        if metric is None:
            raise BadRow("metric", "is missing")
        value = row.text("value")
        if value is None:
            raise BadRow("value", "is missing")
        yield metric.lower(), value
        return
    found = [(metric, value) for metric in MetricType if (value := row.text(metric)) is not None]
    if not found:
        raise BadRow("metric", "no metric and value, and no column named after a metric")
    yield from found


def _events(row: Row, options: Options, identity: str) -> Iterator[MetricEvent]:
    asset = row.text(*ASSET)
    name = options.mapping.asset(asset) if asset else options.asset
    if name is None:
        raise BadRow("asset", "is missing")
    when = row.text(*TIME)
    # By content; without a time, by document and line.
    unique = repr(sorted(row.values.items())) if when else f"{identity} {row.line}"
    own_id = row.text(*EVENT)
    told = {
        "assetId": name,
        "timestamp": _time(when) if when else options.received,
        "assetName": row.text(*NAME),
        "assetType": row.text(*TYPE),
        "source": row.text("source") or "csv",
        "metadata": _metadata(row),
    }
    event = {key: content for key, content in told.items() if content is not None}
    for metric, value in _measurements(row):
        event["metricType"] = metric
        event["value"] = _number(value)
        event["eventId"] = own_id or _event_id(name, metric, unique)
        yield decode_event(msgspec.json.encode(event), LARGEST)


def _event_id(asset: str, metric: str, unique: str) -> UUID:
    return derived_id(f"csv\n{asset}\n{metric}\n{unique}")


def _metadata(row: Row) -> Raw | None:
    text = row.text("metadata")
    if text is None:
        return None
    try:
        return Raw(msgspec.json.encode(msgspec.json.decode(text.encode(), type=dict)))
    except (msgspec.DecodeError, RecursionError):
        raise BadRow("metadata", "must be a JSON object") from None


def _time(text: str) -> datetime:
    when = moment(text)
    if when is None:
        raise BadRow("timestamp", f"{text[:60]!r} is no time ({EXPECTED})")
    return when


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadRow("value", f"{text[:60]!r} is no number") from None
