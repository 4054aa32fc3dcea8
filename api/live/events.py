"""A record of the pushed topics: what decides who gets it, and its message."""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import DecodeError
from msgspec.json import Decoder

from api.live.position import Place
from schemas.alerts import Alert, Severity, is_newly_raised
from schemas.metrics import MetricChange
from schemas.websocket import Kind

CHANGES: Final = 0
ALERTS: Final = 1
"""Indices of the pushed topics, in positions too: never to be renumbered."""


_change: Final = Decoder(MetricChange).decode
_alert: Final = Decoder(Alert).decode


class LiveEvent(NamedTuple):
    """A change or an alert's step on its way to sockets.

    `key` is equal in every delivery of the same thing; `slot` is what a newer event
    of the same slot may take the place of (None: nothing may).
    """

    place: Place
    offset: int
    kind: Kind
    type: str
    asset_id: str
    metric_type: str | None
    severity: Severity | None
    key: str
    slot: tuple[str, str] | None
    alert_id: UUID | None
    raw: bytes

    def message(self, position: str, now: bytes) -> bytes:
        """Return the JSON text of the message, with the record's own bytes as payload."""
        return b'{"type":"%b","payload":%b,"timestamp":"%b","position":"%b"}' % (
            self.type.encode(), self.raw, now, position.encode(),
        )  # fmt: skip


def read_event(place: Place, offset: int, raw: bytes | None) -> LiveEvent | None:
    """Return the event in a record, None where there is none that we can read."""
    if not raw:
        return None
    try:
        # Browsers close a socket that sends what is not UTF-8; msgspec checks what it reads.
        if not raw.isascii():
            raw.decode()
        return _read_change(place, offset, raw) if place.topic == CHANGES else _read_alert(
            place, offset, raw
        )  # fmt: skip
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_change(place: Place, offset: int, raw: bytes) -> LiveEvent:
    change = _change(raw)
    metric = change.metric_type
    return LiveEvent(
        place, offset, Kind.CHANGES, "metric_change", change.asset_id, metric, None,
        f"{change.event_id}{metric}", (change.asset_id, metric), None, raw,
    )  # fmt: skip


def _read_alert(place: Place, offset: int, raw: bytes) -> LiveEvent:
    alert = _alert(raw)
    raised = is_newly_raised(alert)
    return LiveEvent(
        place, offset, Kind.ALERTS, "alert" if raised else "alert_status_changed",
        alert.asset_id, alert.metadata.metric_type, alert.severity,
        str(alert.step_id), None, alert.id, raw,
    )  # fmt: skip


def now_text() -> bytes:
    """Return the time as messages carry it, to the millisecond."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode() + b"Z"
