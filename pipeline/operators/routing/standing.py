"""Standing: an alert as routing knows it, from step to step."""

from typing import Final, NamedTuple
from uuid import UUID

from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus

REMEMBERED: Final = 100
"""Steps of one alert that are known when they come again."""


class Standing(NamedTuple):
    """An alert after its newest step.

    `activation` is the step that made it active, the last time it was; `steps` are the
    newest ones, in the order they came. `is_news`: somebody who was not concerned before may
    be now.
    """

    alert: Alert
    activation: UUID
    steps: tuple[UUID, ...]
    is_news: bool


def advance(before: Standing | None, alert: Alert) -> Standing | None:
    """Return where an alert stands after a step, None if the step was known already."""
    active = alert.status is AlertStatus.ACTIVE
    if before is None:
        return Standing(alert, alert.step_id, (alert.step_id,), is_news=active)
    if alert.step_id in before.steps:
        return None
    again = active and before.alert.status is not AlertStatus.ACTIVE
    worse = active and SEVERITY_RANK[alert.severity] > SEVERITY_RANK[before.alert.severity]
    return Standing(
        alert,
        alert.step_id if again else before.activation,
        (*before.steps, alert.step_id)[-REMEMBERED:],
        is_news=again or worse,
    )
