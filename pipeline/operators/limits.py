"""Whether a value beyond learned limits is a finding, and when the trouble is over."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

QUIET: Final = timedelta(hours=24)
"""A finding so soon after another belongs to the same trouble."""
RECOVERED: Final = 3
"""So many values in a row within both limits end the trouble."""


class Watch(NamedTuple):
    """What is remembered of the last values of a metric.

    `warned_from` and `warned_to` are the starts of the first and the last of the newest
    steps in a row that had a value beyond the inner limit; `fine` counts values within
    both limits since, while there is trouble.
    """

    quiet_until: datetime
    warned_from: datetime | None = None
    warned_to: datetime | None = None
    fine: int = 0


class Judged(NamedTuple):
    """A value in the step that begins at `start`, and the limits there."""

    value: float
    at: datetime
    start: datetime
    step: timedelta
    inner: float
    bound: float
    below: bool


class Verdict(NamedTuple):
    """What a value comes to.

    `limit` is the limit it lies beyond as a finding, null: it is none. `told`: it begins a
    trouble, rather than belonging to one. `recovered`: it ends one.
    """

    watch: Watch
    limit: float | None = None
    told: bool = False
    recovered: bool = False


def judge(watch: Watch, given: Judged, *, alerted: bool) -> Verdict:
    """Judge the newest value of a metric.

    One value beyond the outer limit is a finding, and so is one beyond the inner limit if
    the step before had one too. `alerted`: an alert over the metric is open.
    """
    if not _beyond(given, given.inner):
        if not alerted and given.at >= watch.quiet_until:
            return Verdict(watch._replace(fine=0))
        if watch.fine + 1 < RECOVERED:
            return Verdict(watch._replace(fine=watch.fine + 1))
        return Verdict(watch._replace(fine=0, quiet_until=given.at), recovered=True)
    in_a_row = watch.warned_to is not None and given.start - watch.warned_to <= given.step
    since = watch.warned_from if in_a_row else None
    watch = watch._replace(warned_from=since or given.start, warned_to=given.start, fine=0)
    far = _beyond(given, given.bound)
    if not far and (since is None or since == given.start):
        return Verdict(watch)
    return Verdict(
        watch._replace(quiet_until=given.at + QUIET),
        limit=given.bound if far else given.inner,
        told=not alerted and given.at >= watch.quiet_until,
    )


def _beyond(given: Judged, limit: float) -> bool:
    return given.value < limit if given.below else given.value > limit
