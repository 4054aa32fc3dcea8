"""A measurement to bytes, checked against the contract before it travels."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, SupportsFloat
from uuid import UUID, uuid4

from tidemark_client.errors import InvalidEvent
from tidemark_client.shown import shown
from tidemark_client.wire import (
    FIELD_NAMES,
    MAX_ASSET_ID,
    MAX_LABEL,
    MAX_METADATA_BYTES,
    PERCENT_METRICS,
    MetricEvent,
    MetricType,
)

MAX_ISSUES: Final = 2**53
LABELS: Final = ("asset_name", "asset_type", "source")


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
    if metric in PERCENT_METRICS and not 0 <= value <= 100:
        raise InvalidEvent(f"value: {metric.value} must be 0-100, got {value:g}")
    if metric is MetricType.ISSUES:
        if not (0 <= value <= MAX_ISSUES and value.is_integer()):
            raise InvalidEvent(f"value: issues must be a whole number >= 0, got {value:g}")
        return int(value)
    return value


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
    if "\0" in label:
        raise InvalidEvent(f"{FIELD_NAMES[name]}: holds U+0000")
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
    return text


def _checked_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(metadata, Mapping):
        raise InvalidEvent(f"metadata: must be a mapping, got {shown(metadata)}")
    plain = dict(metadata)
    size = 0
    try:
        # Piece by piece: what is far too large is not written out to learn that.
        for piece in _ENCODER.iterencode(plain):
            size += len(piece.encode())
            if size > MAX_METADATA_BYTES:
                raise InvalidEvent(
                    f"metadata: more than {MAX_METADATA_BYTES} bytes of JSON; send a summary"
                )
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, InvalidEvent):
            raise
        raise InvalidEvent(f"metadata: can't be written as JSON: {error}") from None
    return plain


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
)


def _json(value: dict[str, Any], name: str) -> bytes:
    try:
        return _ENCODER.encode(value).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidEvent(f"{name}: can't be written as JSON: {error}") from None
