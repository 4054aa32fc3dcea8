"""A measurement to bytes, checked against the contract before it travels."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, SupportsFloat
from uuid import UUID, uuid4

from tidemark_client.errors import InvalidEvent
from tidemark_client.shown import shown
from tidemark_client.wire import (
    CONTROLS,
    EARLIEST_YEAR,
    FIELD_NAMES,
    LARGEST,
    MAX_ASSET_ID,
    MAX_DEPTH,
    MAX_ISSUES,
    MAX_LABEL,
    MAX_METADATA_BYTES,
    PERCENT_METRICS,
    SMALLEST,
    MetricEvent,
    MetricType,
)

LABELS: Final = ("asset_name", "asset_type", "source")
EARLIEST: Final = datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC)
_control: Final = re.compile(f"[{CONTROLS}]").search


@dataclass(frozen=True)
class Envelope:
    """An event ready to travel: its JSON, and the asset that keys it."""

    asset_id: str
    event_id: UUID
    body: bytes


def measurement(
    asset_id: str,
    metric_type: MetricType | str,
    value: SupportsFloat,
    *,
    timestamp: datetime | None = None,
    event_id: UUID | None = None,
    asset_name: str | None = None,
    asset_type: str | None = None,
    source: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> MetricEvent:
    """Return the event of one measurement; now and a random id where none is given.

    Raises:
        InvalidEvent: the metric type is unknown or the value no number.
    """
    return MetricEvent(
        asset_id=asset_id,
        metric_type=_metric(metric_type),
        value=_number(value),
        timestamp=datetime.now(UTC) if timestamp is None else timestamp,
        event_id=uuid4() if event_id is None else event_id,
        asset_name=asset_name,
        asset_type=asset_type,
        source=source,
        metadata=metadata,
    )


def encode(event: MetricEvent) -> Envelope:
    """Return the event as it travels.

    Raises:
        InvalidEvent: a field outside its contract; the message begins with its name.
    """
    event_id = event.event_id or uuid4()
    _check_labels(event)
    fields: dict[str, Any] = {
        "event_id": str(event_id),
        "asset_id": event.asset_id,
        "metric_type": event.metric_type.value,
        "value": _checked_value(event.metric_type, event.value),
        "timestamp": _rfc3339(event.timestamp),
    }
    fields |= {name: label for name in LABELS if (label := getattr(event, name)) is not None}
    if event.metadata is not None:
        fields["metadata"] = _checked_metadata(event.metadata)
    body = _json({FIELD_NAMES[name]: field for name, field in fields.items()}, "event")
    return Envelope(event.asset_id, event_id, body)


def _metric(name: MetricType | str) -> MetricType:
    try:
        return MetricType(name)
    except ValueError:
        known = ", ".join(member.value for member in MetricType)
        raise InvalidEvent(f"metricType: {shown(name)} is not one of {known}") from None


def _number(value: SupportsFloat) -> float:
    # A string that looks like a number, or a bool, is a mistake in the caller.
    if not isinstance(value, (str, bytes, bool)):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise InvalidEvent(f"value: must be a number, got {shown(value)}")


def _checked_value(metric: MetricType, value: float) -> float | int:
    if not math.isfinite(value):
        raise InvalidEvent(f"value: must be finite, got {value}")
    fault = _value_fault(metric, value)
    if fault is not None:
        raise InvalidEvent(f"value: {fault}, got {repr(value).removesuffix('.0')}")
    return int(value) if metric is MetricType.ISSUES else value


def _value_fault(metric: MetricType, value: float) -> str | None:
    if metric in PERCENT_METRICS:
        if not 0 <= value <= 100:
            return f"{metric.value} must be 0-100"
    elif metric is MetricType.ISSUES:
        if not (0 <= value <= MAX_ISSUES and value.is_integer()):
            return "issues must be a whole number from 0 to 2^53"
    elif not -LARGEST <= value <= LARGEST:
        return f"{metric.value} must be from -{LARGEST:g} to {LARGEST:g}"
    if -SMALLEST < value < SMALLEST and value:
        return f"{metric.value} must be 0 or at least {SMALLEST:g} away from it"
    return None


def _check_labels(event: MetricEvent) -> None:
    if not isinstance(event.asset_id, str) or not event.asset_id:
        raise InvalidEvent(f"assetId: must be a name, got {shown(event.asset_id)}")
    _check_label("asset_id", event.asset_id, MAX_ASSET_ID)
    for name in LABELS:
        label = getattr(event, name)
        if label is not None:
            _check_label(name, label, MAX_LABEL)


def _check_label(name: str, label: object, longest: int) -> None:
    if not isinstance(label, str):
        raise InvalidEvent(f"{FIELD_NAMES[name]}: must be a string, got {shown(label)}")
    if len(label) > longest:
        raise InvalidEvent(
            f"{FIELD_NAMES[name]}: {len(label)} characters, at most {longest} are allowed"
        )
    if found := _control(label):
        raise InvalidEvent(f"{FIELD_NAMES[name]}: holds U+{ord(found[0]):04X}, a control character")
    _check_text(FIELD_NAMES[name], label)


def _check_text(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidEvent(
            f"{name}: holds U+{ord(text[error.start]):04X} at position {error.start + 1}, half of "
            "a character: the text was decoded wrongly"
        ) from None


def _rfc3339(moment: datetime) -> str:
    if not isinstance(moment, datetime):
        raise InvalidEvent(f"timestamp: must be a datetime, got {shown(moment)}")
    try:
        offset = moment.utcoffset()
        if offset is not None and offset.total_seconds() % 60:
            # RFC 3339 has no seconds in an offset; historic zones do.
            moment = moment.astimezone(UTC)
        text = moment.isoformat()
    except (ValueError, OverflowError) as error:
        # pandas' NaT passes for a datetime; the years 1 and 9999 have moments outside UTC's.
        raise InvalidEvent(f"timestamp: is no moment: {error}") from None
    if offset is None:
        raise InvalidEvent(f"timestamp: {text} has no offset, give it a time zone")
    if moment < EARLIEST:
        raise InvalidEvent(f"timestamp: must not be before {EARLIEST_YEAR}, got {text}")
    return text


def _checked_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(metadata, Mapping):
        raise InvalidEvent(f"metadata: must be a mapping, got {shown(metadata)}")
    plain = dict(metadata)
    fault = _json_fault(json.loads(_bounded_json(plain)))
    if fault is not None:
        raise InvalidEvent(f"metadata: {fault}")
    return plain


def _bounded_json(plain: dict[str, Any]) -> str:
    pieces: list[str] = []
    size = 0
    try:
        # Piece by piece: what is far too large is not written out to learn that.
        for piece in _ENCODER.iterencode(plain):
            pieces.append(piece)
            size += len(piece.encode())
            if size > MAX_METADATA_BYTES:
                raise InvalidEvent(
                    f"metadata: more than {MAX_METADATA_BYTES} bytes of JSON; send a summary"
                )
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, InvalidEvent):
            raise
        raise InvalidEvent(f"metadata: can't be written as JSON: {error}") from None
    return "".join(pieces)


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
)


def _json_fault(value: Any) -> str | None:
    """Return why not every later reader can hold a JSON value, None if each can."""
    # The event is the first level, its metadata the second.
    level, depth = [value], 2
    while level:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += [*one, *one.values()]
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, str) and "\0" in one:
                return "holds U+0000"
            elif isinstance(one, int) and not _is_double(one):
                return "holds a number that is too large for a double"
        level, depth = inner, depth + 1
        if depth > MAX_DEPTH and any(isinstance(one, (dict, list)) for one in inner):
            return f"nested more than {MAX_DEPTH} deep"
    return None


def _is_double(number: int) -> bool:
    try:
        float(number)
    except OverflowError:
        return False
    return True


def _json(value: dict[str, Any], name: str) -> bytes:
    try:
        return _ENCODER.encode(value).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidEvent(f"{name}: can't be written as JSON: {error}") from None
