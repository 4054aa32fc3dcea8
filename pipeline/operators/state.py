"""The rolling state of one asset, as the operators see it."""

from struct import Struct as Packing
from typing import Final

from msgspec import Struct, field

from schemas.alerts import Alert
from schemas.metrics import MetricType

_OBSERVATION: Final = Packing("<qdQ")  # time, value, fingerprint
_FINGERPRINT: Final = Packing("<Q")
_FINGERPRINT_AT: Final = 16


class Incident(Struct, array_like=True):
    """An alert that is open over a metric: further occurrences join it.

    `alert` is what its last step said, `baseline` the value before the first drop, `last`
    the time of the last occurrence in microseconds since the epoch; `recovered` counts the
    events in a row that were good again.
    """

    alert: Alert
    baseline: float
    last: int
    recovered: int = 0


class MetricState(Struct, array_like=True, gc=False):
    """One metric of one asset: the last applied value, its time and what came before.

    `time` is in microseconds since the epoch. `window` packs the most recent
    observations, oldest first, 24 bytes each: one bytes object costs a
    fraction of the memory and time of a list of tuples.
    """

    value: float
    time: int
    window: bytes = b""
    incident: Incident | None = None

    def saw(self, fingerprint: int) -> bool:
        """Say whether an event of this fingerprint is in the window."""
        wanted = _FINGERPRINT.pack(fingerprint)
        at = self.window.find(wanted)
        while at >= 0:
            if at % _OBSERVATION.size == _FINGERPRINT_AT:
                return True
            at = self.window.find(wanted, at + 1)
        return False

    def observe(self, time: int, value: float, fingerprint: int, size: int) -> None:
        """Make this the last observation; keep the `size` most recent ones."""
        self.value, self.time = value, time
        kept = self.window[-(size - 1) * _OBSERVATION.size :] if size > 1 else b""
        self.window = kept + _OBSERVATION.pack(time, value, fingerprint)

    def amend(self, time: int, value: float, fingerprint: int, size: int) -> None:
        """Make this the last observation, in place of one of the same time."""
        if time == self.time:
            self.window = self.window[: -_OBSERVATION.size]
        self.observe(time, value, fingerprint, size)

    def before(self, time: int) -> "MetricState | None":
        """Return the state before anything of `time` or later, None if the window ends there."""
        end = len(self.window)
        while end:
            start = end - _OBSERVATION.size
            at, value, _ = _OBSERVATION.unpack_from(self.window, start)
            if at < time:
                return MetricState(value, at, self.window[:end], self.incident)
            end = start
        return None

    def recent(self) -> list[tuple[int, float]]:
        """Return the window as (time in microseconds, value), oldest first."""
        return [(time, value) for time, value, _ in _OBSERVATION.iter_unpack(self.window)]


class AssetState(Struct, array_like=True, gc=False):
    """Everything remembered of one asset.

    `offset` is the last offset of the source partition applied to it: what was
    read at or before it has been applied, whatever Kafka delivers again.
    Times are in microseconds since the epoch, gaps in seconds. The order of the
    leading fields is shared with `Liveness`.
    """

    offset: int = -1
    last_seen: int = 0
    gap_mean: float = 0.0
    gap_deviation: float = 0.0
    gaps: int = 0
    stale_since: int = 0
    name: str | None = None
    type: str | None = None
    source: str | None = None
    metrics: dict[MetricType, MetricState] = field(default_factory=dict)


class Liveness(Struct, array_like=True, gc=False):
    """The leading fields of `AssetState`, decoded alone when looking for silence."""

    offset: int
    last_seen: int
    gap_mean: float
    gap_deviation: float
    gaps: int
    stale_since: int
