"""Decode one record's bytes into a metric event, or say what is wrong with it."""

from typing import Final

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from schemas.metrics import (
    ABSENT,
    MAX_METADATA_BYTES,
    PERCENT_METRICS,
    MetricEvent,
    MetricType,
)

MAX_ISSUES: Final = 2**53
"""Beyond this a double no longer counts by ones."""
BACKSLASH: Final = 0x5C
NUL_ESCAPE: Final = b"\\u0000"
"""The only way for U+0000 into a JSON string; PostgreSQL's text can't hold it."""
LABELS: Final = ("assetId", "assetName", "assetType", "source")

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
    except ValidationError as error:
        raise InvalidEvent(_in_words(error)) from None
    except DecodeError as error:
        raise InvalidEvent(f"not JSON: {error}") from None
    except UnicodeDecodeError as error:
        raise InvalidEvent(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise InvalidEvent("nested too deeply") from None
    fault = _fault(event)
    # Few events hold a backslash, and one byte is found sooner than six.
    if fault is None and BACKSLASH in raw and NUL_ESCAPE in raw:
        fault = _nul_fault(event)
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
        shown = "missing" if key is None else repr(key.decode("utf-8", "replace"))
        raise InvalidEvent(f"the record key must be the assetId {event.asset_id!r}, it is {shown}")


def _fault(event: MetricEvent) -> str | None:
    value, metric = event.value, event.metric_type
    if metric in PERCENT_METRICS:
        if not 0 <= value <= 100:
            return f"value: {metric} must be 0-100, got {value:g}"
    elif metric is MetricType.ISSUES and not (0 <= value <= MAX_ISSUES and value.is_integer()):
        return f"value: issues must be a whole number from 0 to 2^53, got {value:g}"
    if event.metadata is not ABSENT:
        raw = bytes(event.metadata)
        if len(raw) > MAX_METADATA_BYTES:
            return f"metadata: {len(raw)} bytes, at most {MAX_METADATA_BYTES} are allowed"
        if not raw.startswith((b"{", b"null")):
            return "metadata: must be an object"
    return None


def _nul_fault(event: MetricEvent) -> str | None:
    labels = (event.asset_id, event.asset_name, event.asset_type, event.source)
    for name, label in zip(LABELS, labels, strict=True):
        if label is not None and "\0" in label:
            return f"{name}: holds U+0000"
    return None


def _in_words(error: ValidationError) -> str:
    """Put the field first: 'Expected `str` - at `$.assetId`' -> 'assetId: expected str'."""
    what, _, where = str(error).partition(" - at `$")
    path = where.rstrip("`").lstrip(".")
    what = what.replace("`", "")
    return f"{path}: {what[0].lower()}{what[1:]}" if path else what
