"""Which steps an alert can take, and what it is after them. Pure."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from api.problems import Refusal
from schemas.alerts import Alert, AlertStatus
from schemas.lifecycle import StepAction
from schemas.problems import ProblemCode

_LEADS_TO: Final[dict[AlertStatus, dict[StepAction, AlertStatus]]] = {
    AlertStatus.ACTIVE: {
        StepAction.ACKNOWLEDGE: AlertStatus.ACKNOWLEDGED,
        StepAction.RESOLVE: AlertStatus.RESOLVED,
        StepAction.IGNORE: AlertStatus.IGNORED,
    },
    AlertStatus.ACKNOWLEDGED: {
        StepAction.RESOLVE: AlertStatus.RESOLVED,
        StepAction.IGNORE: AlertStatus.IGNORED,
        StepAction.REOPEN: AlertStatus.ACTIVE,
    },
    AlertStatus.RESOLVED: {StepAction.REOPEN: AlertStatus.ACTIVE},
    AlertStatus.IGNORED: {StepAction.REOPEN: AlertStatus.ACTIVE},
}
_ALWAYS: Final = frozenset({StepAction.COMMENT, StepAction.ASSIGN})


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step somebody takes. `assignee` counts for ASSIGN alone, null takes it back."""

    action: StepAction
    actor: str
    step_id: UUID
    at: datetime
    resolution: str | None = None
    comment: str | None = None
    assignee: str | None = None


def status_after(status: AlertStatus, action: StepAction) -> AlertStatus:
    """Return where `action` leads from `status`.

    Raises:
        Refusal: it leads nowhere.
    """
    if action in _ALWAYS:
        return status
    try:
        return _LEADS_TO[status][action]
    except KeyError:
        possible = ", ".join([*_LEADS_TO[status], *sorted(_ALWAYS)])
        raise Refusal(
            ProblemCode.STEP_NOT_POSSIBLE, f"the alert is {status}; possible are {possible}"
        ) from None


def take_step(alert: Alert, step: Step) -> Alert:
    """Return `alert` after `step`.

    Raises:
        Refusal: the alert can't take it.
    """
    status = status_after(alert.status, step.action)
    resolution = alert.resolution
    if step.action is StepAction.RESOLVE:
        resolution = step.resolution
    elif step.action is StepAction.REOPEN:
        resolution = None
    return msgspec.structs.replace(
        alert,
        status=status,
        resolution=resolution,
        comment=step.comment,
        assignee=step.assignee if step.action is StepAction.ASSIGN else alert.assignee,
        step_id=step.step_id,
        # Clocks differ between machines; the steps of one alert stay in order all the same.
        changed_at=max(step.at, alert.changed_at),
        changed_by=step.actor,
    )
