from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.lifecycle import Step, status_after, take_step
from api.problems import Refusal
from schemas.alerts import Alert, AlertMetadata, AlertStatus, AlertType, Severity
from schemas.lifecycle import StepAction
from schemas.problems import ProblemCode

A, S = StepAction, AlertStatus
POSSIBLE = {
    (S.ACTIVE, A.ACKNOWLEDGE): S.ACKNOWLEDGED,
    (S.ACTIVE, A.RESOLVE): S.RESOLVED,
    (S.ACTIVE, A.IGNORE): S.IGNORED,
    (S.ACKNOWLEDGED, A.RESOLVE): S.RESOLVED,
    (S.ACKNOWLEDGED, A.IGNORE): S.IGNORED,
    (S.ACKNOWLEDGED, A.REOPEN): S.ACTIVE,
    (S.RESOLVED, A.REOPEN): S.ACTIVE,
    (S.IGNORED, A.REOPEN): S.ACTIVE,
    **{(status, action): status for status in S for action in (A.COMMENT, A.ASSIGN)},
}
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def alert(status: AlertStatus = S.ACTIVE, **fields: object) -> Alert:
    return Alert(
        id=uuid4(),
        asset_id="a",
        asset_name="a",
        alert_type=AlertType.SUDDEN_DROP,
        message="fell",
        severity=Severity.HIGH,
        status=status,
        timestamp=NOW,
        metadata=AlertMetadata(rule="score_drop"),
        step_id=uuid4(),
        changed_at=NOW,
        **fields,  # type: ignore[arg-type]
    )


def step(action: StepAction, **fields: object) -> Step:
    fields = {"actor": "key:bob", "step_id": uuid4(), "at": NOW} | fields
    return Step(action=action, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("action", A)
def test_every_step_from_every_status(status: AlertStatus, action: StepAction) -> None:
    if (status, action) in POSSIBLE:
        assert status_after(status, action) is POSSIBLE[status, action]
        return
    with pytest.raises(Refusal, match="possible are") as refused:
        status_after(status, action)
    assert refused.value.code is ProblemCode.STEP_NOT_POSSIBLE


def test_resolving_keeps_how_and_reopening_forgets_it() -> None:
    resolved = take_step(alert(), step(A.RESOLVE, resolution="mended", comment="at last"))
    assert (resolved.status, resolved.resolution, resolved.comment) == (
        S.RESOLVED, "mended", "at last",
    )  # fmt: skip
    commented = take_step(resolved, step(A.COMMENT, comment="well done"))
    assert (commented.status, commented.resolution) == (S.RESOLVED, "mended")
    assert take_step(commented, step(A.REOPEN)).resolution is None


def test_assigning_and_taking_it_back() -> None:
    assigned = take_step(alert(), step(A.ASSIGN, assignee="bob"))
    assert assigned.assignee == "bob"
    assert take_step(assigned, step(A.ACKNOWLEDGE)).assignee == "bob"
    assert take_step(assigned, step(A.ASSIGN, assignee=None)).assignee is None


@given(st.lists(st.sampled_from(list(A)), max_size=8), st.integers(-60, 60))
def test_steps_are_the_actors_and_never_go_back_in_time(
    actions: list[StepAction], skew: int
) -> None:
    now = alert()
    for action in actions:
        taken = step(action, resolution="r", comment="c", at=NOW + timedelta(seconds=skew))
        try:
            after = take_step(now, taken)
        except Refusal:
            continue
        assert after.changed_by == "key:bob"
        assert after.step_id == taken.step_id
        assert after.changed_at >= now.changed_at
        assert (after.id, after.asset_id, after.timestamp) == (now.id, now.asset_id, now.timestamp)
        now = after
