"""Decode one record of the alerts topic, or say what is wrong with it.

Anybody may write there, and what is taken is stored, sent to people and shown.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Final

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from pipeline.operators.texts import name_fault, nesting_fault, unreadable, utf8_fault
from schemas.alerts import Alert, AlertMetadata
from schemas.metrics import EARLIEST, MAX_ASSET_ID

MAX_TEXT: Final = 20_000
"""Letters of a message, a resolution, a comment: more than any that Tidemark writes."""
MAX_COUNT: Final = 2**53
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""No moment is later: those at the end of the calendar leave it in another time zone."""

_decode: Final = Decoder(Alert).decode


class InvalidAlert(ValueError):
    """A record that can't be a step of an alert; the message says why."""


def decode_alert(raw: bytes | None) -> Alert:
    """Return the step in `raw`.

    Raises:
        InvalidAlert: undecodable, or a field outside what every reader can hold.
    """
    if not raw:
        raise InvalidAlert("the record is empty")
    try:
        alert = _decode(raw)
        fault = _fault(alert) or nesting_fault(raw) or utf8_fault(raw)
    except ValidationError as error:
        raise InvalidAlert(str(error).replace("`", "")) from None
    except DecodeError as error:
        raise InvalidAlert(unreadable(raw, error)) from None
    except UnicodeDecodeError as error:
        raise InvalidAlert(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise InvalidAlert("nested too deeply") from None
    if fault is not None:
        raise InvalidAlert(fault)
    return alert


def _fault(alert: Alert) -> str | None:
    return (
        _name_fault("assetId", alert.asset_id)
        or _name_fault("assetName", alert.asset_name)
        or (alert.source is not None and _name_fault("source", alert.source))
        or next(filter(None, map(_moment_fault, _moments(alert))), None)
        or next(filter(None, map(_text_fault, _texts(alert))), None)
        or _metadata_fault(alert.metadata)
        or None
    )


def _name_fault(field: str, name: str) -> str | None:
    if not name and field == "assetId":
        return "assetId: is empty"
    if len(name) > MAX_ASSET_ID:
        return f"{field}: {len(name)} characters, at most {MAX_ASSET_ID} are allowed"
    fault = None if name.isprintable() else name_fault(name)
    return f"{field}: {fault}" if fault else None


def _moment_fault(moment: datetime) -> str | None:
    if moment.tzinfo is None:
        return f"the time {moment.isoformat()} has no offset"
    if not EARLIEST <= moment < LATEST:
        return f"the time {moment.isoformat()} is not from 1970 to 9998"
    return None


def _text_fault(text: str) -> str | None:
    if len(text) > MAX_TEXT:
        return f"a text of {len(text)} characters, at most {MAX_TEXT} are allowed"
    return "a text holds U+0000" if "\0" in text else None


def _metadata_fault(told: AlertMetadata) -> str | None:
    if not all(map(isfinite, _numbers(told))):
        return "metadata: a number is not finite"
    if not 0 <= (told.occurrences or 0) <= MAX_COUNT:
        return "metadata.occurrences: is not from 0 to 2^53"
    return None


def _moments(alert: Alert) -> Iterator[datetime]:
    yield alert.timestamp
    yield alert.changed_at
    if alert.metadata.last_seen is not None:
        yield alert.metadata.last_seen


def _texts(alert: Alert) -> Iterator[str]:
    told = alert.metadata
    given = (
        alert.message, alert.changed_by, alert.resolution, alert.comment, alert.assignee,
        told.rule, told.metric_type,
    )  # fmt: skip
    yield from (text for text in given if text is not None)
    yield from told.contributions or ()
    yield from told.left_out or ()


def _numbers(told: AlertMetadata) -> Iterator[float]:
    given = (
        told.previous_value, told.current_value, told.change, told.expected_interval_seconds,
        told.expected_value, told.limit,
    )  # fmt: skip
    yield from (number for number in given if number is not None)
    yield from (told.contributions or {}).values()
