"""Decode one record's bytes into a metric event, or say what is wrong with it."""

from typing import Final

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from pipeline.operators.texts import (
    json_fault,
    name_fault,
    nesting_fault,
    unreadable,
    utf8_fault,
)
from schemas.metrics import (
    ABSENT,
    EARLIEST,
    LARGEST,
    MAX_ISSUES,
    MAX_METADATA_BYTES,
    PERCENT_METRICS,
    SMALLEST,
    MetricEvent,
    MetricType,
)

LABELS: Final = ("assetId", "assetName", "assetType", "source")
SHOWN: Final = 80
"""Letters of a sender's own that a reason repeats."""
_ENUM: Final = "Invalid enum value "
METRICS: Final = ", ".join(MetricType)

_decode: Final = Decoder(MetricEvent).decode


class InvalidEvent(ValueError):
    """A record that can't be an event; the message is the reason a person reads."""


def decode_event(raw: bytes | None, max_bytes: int) -> MetricEvent:
    """Return the event in `raw`.

    Raises:
        InvalidEvent: undecodable, oversized, or a field outside its contract.
    """
    if not raw:
        raise InvalidEvent("the record is empty")
    if len(raw) > max_bytes:
        raise InvalidEvent(f"the event is {len(raw)} bytes long, {max_bytes} are allowed")
    try:
        event = _decode(raw)
        fault = _fault(event) or nesting_fault(raw)
        if fault is None and not raw.isascii():
            fault = utf8_fault(raw)
    except ValidationError as error:
        raise InvalidEvent(_in_words(error)) from None
    except DecodeError as error:
        raise InvalidEvent(unreadable(raw, error)) from None
    except UnicodeDecodeError as error:
        raise InvalidEvent(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise InvalidEvent("nested too deeply") from None
    if fault is not None:
        raise InvalidEvent(fault)
    return event


def check_arrival(event: MetricEvent, time: int, arrived: int, max_future: int) -> None:
    """Refuse an event from the future: it would make every later one look late.

    `time` is the event's, all three in microseconds.

    Raises:
        InvalidEvent: the timestamp is more than `max_future` ahead of the arrival.
    """
    if time - arrived > max_future:
        raise InvalidEvent(
            f"timestamp: {event.timestamp.isoformat()} is {(time - arrived) / 1e6:.0f} s ahead "
            f"of the event's arrival, {max_future / 1e6:g} s are allowed"
        )


def check_key(event: MetricEvent, key: bytes | None) -> None:
    """Refuse a record that is not keyed by its asset: order is kept per key alone.

    Raises:
        InvalidEvent: the key is missing or another one.
    """
    if key != event.asset_id.encode():
        shown = "missing" if key is None else repr(key[:SHOWN].decode("utf-8", "replace"))
        raise InvalidEvent(f"the record key must be the assetId {event.asset_id!r}, it is {shown}")


def _fault(event: MetricEvent) -> str | None:
    value_fault = _value_fault(event.metric_type, event.value)
    if value_fault is not None:
        return f"value: {value_fault}, got {repr(event.value).removesuffix('.0')}"
    if event.timestamp < EARLIEST:
        return f"timestamp: must not be before 1970, got {event.timestamp.isoformat()}"
    name, kind, source = event.asset_name, event.asset_type, event.source
    if not (
        event.asset_id.isprintable()
        and (name is None or name.isprintable())
        and (kind is None or kind.isprintable())
        and (source is None or source.isprintable())
    ):
        labels = (event.asset_id, name, kind, source)
        for field, label in zip(LABELS, labels, strict=True):
            if label is not None and (fault := name_fault(label)) is not None:
                return f"{field}: {fault}"
    return None if event.metadata is ABSENT else _metadata_fault(bytes(event.metadata))


def _value_fault(metric: MetricType, value: float) -> str | None:
    if metric in PERCENT_METRICS:
        if not 0 <= value <= 100:
            return f"{metric} must be 0-100"
    elif metric is MetricType.ISSUES:
        if not (0 <= value <= MAX_ISSUES and value.is_integer()):
            return "issues must be a whole number from 0 to 2^53"
    elif not -LARGEST <= value <= LARGEST:
        return f"{metric} must be from -{LARGEST:g} to {LARGEST:g}"
    if -SMALLEST < value < SMALLEST and value:
        return f"{metric} must be 0 or at least {SMALLEST:g} away from it"
    return None


def _metadata_fault(raw: bytes) -> str | None:
    if len(raw) > MAX_METADATA_BYTES:
        return f"metadata: {len(raw)} bytes, at most {MAX_METADATA_BYTES} are allowed"
    if not raw.startswith((b"{", b"null")):
        return "metadata: must be an object"
    fault = json_fault(raw)
    return None if fault is None else f"metadata: {fault}"


def _in_words(error: ValidationError) -> str:
    """Put the field first: 'Expected `str` - at `$.assetId`' -> 'assetId: expected str'."""
    what, _, where = str(error).rpartition(" - at `$")
    if not what:
        what, where = str(error), ""
    path = where.rstrip("`").lstrip(".")
    if what.startswith(_ENUM):
        given = what.removeprefix(_ENUM)
        what = f"must be one of {METRICS}, got {given[:SHOWN]}"
    what = what.replace("`", "")
    return f"{path}: {what[0].lower()}{what[1:]}" if path else what
