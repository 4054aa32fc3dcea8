"""All operators in their order, over the life of alerts."""

from datetime import datetime
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.operators.routing.hold import Circumstances
from pipeline.operators.routing.plan import RECHECK, Item, Plan, plan
from pipeline.operators.routing.standing import advance
from schemas.alerts import SEVERITY_RANK, Alert, AlertStatus, Severity
from schemas.notifications import Occasion
from schemas.routing import AlertSubscription

from .samples import (
    BOSS,
    CHAT,
    NOW,
    PAGER,
    a_silence,
    a_subscription,
    a_window,
    an_alert,
    an_owner,
    escalation,
    later,
    quiet,
    severities,
    statuses,
)


class Life:
    """One alert and one subscriber, from step to step."""

    def __init__(self, alert: Alert, subscription: AlertSubscription) -> None:
        self.subscription = subscription
        self.standing = advance(None, alert)
        self.item = Item(alert, alert.step_id)
        self.keys: list[tuple[UUID, str]] = []

    def at(self, now: datetime, **around) -> Plan:
        planned = plan(self.subscription, [self.item], Circumstances(now=now, **around))
        told = planned.told.get(self.item.alert.id, self.item.told)
        channels = self.item.channels | planned.messages.keys()
        self.item = self.item._replace(told=told, channels=channels)
        self.keys += [
            (channel, entry.key) for channel, some in planned.messages.items() for entry in some
        ]
        return planned

    def step(self, status: AlertStatus, severity: Severity | None = None) -> None:
        before = self.item.alert
        alert = replace(
            before, status=status, severity=severity or before.severity, step_id=uuid4()
        )
        self.standing = advance(self.standing, alert)
        assert self.standing is not None
        self.item = self.item._replace(alert=alert, activation=self.standing.activation)


def told_by(planned: Plan) -> dict[UUID, list[Occasion]]:
    return {
        channel: [entry.occasion for entry in entries]
        for channel, entries in planned.messages.items()
    }


def test_with_nothing_configured_each_alert_is_told_once_and_its_end_too() -> None:
    life = Life(an_alert(), a_subscription())
    raised = life.at(NOW)
    assert told_by(raised) == {CHAT: [Occasion.RAISED]}
    assert raised.due_at is None
    assert told_by(life.at(later(days=3))) == {}
    life.step(AlertStatus.ACKNOWLEDGED)
    assert told_by(life.at(later(days=4))) == {}
    life.step(AlertStatus.RESOLVED)
    resolved = life.at(later(days=5))
    assert told_by(resolved) == {CHAT: [Occasion.RESOLVED]}
    assert resolved.over == [life.item.alert.id]


def test_what_gets_worse_is_told_again() -> None:
    life = Life(an_alert(severity=Severity.MEDIUM), a_subscription())
    life.at(NOW)
    life.step(AlertStatus.ACTIVE, Severity.CRITICAL)
    assert told_by(life.at(NOW)) == {CHAT: [Occasion.WORSENED]}
    assert told_by(life.at(NOW)) == {}


def test_an_ignored_alert_ends_without_a_word() -> None:
    life = Life(an_alert(), a_subscription(repeat_interval_seconds=60))
    life.at(NOW)
    life.step(AlertStatus.IGNORED)
    planned = life.at(later(hours=1))
    assert told_by(planned) == {}
    assert planned.over == [life.item.alert.id]


def test_who_wants_no_recoveries_gets_none() -> None:
    life = Life(an_alert(), a_subscription(notify_resolved=False))
    life.at(NOW)
    life.step(AlertStatus.RESOLVED)
    planned = life.at(NOW, silences=[a_silence()])
    assert (told_by(planned), planned.held) == ({}, {})
    assert planned.over == [life.item.alert.id]


def test_an_alert_that_becomes_active_again_is_told_as_new() -> None:
    life = Life(an_alert(), a_subscription(escalations=[escalation(60, BOSS)]))
    life.at(NOW)
    life.step(AlertStatus.ACKNOWLEDGED)
    life.step(AlertStatus.ACTIVE)
    planned = life.at(later(days=1))
    assert told_by(planned) == {CHAT: [Occasion.RAISED]}
    assert planned.due_at == later(days=1, seconds=60)
    assert len(set(life.keys)) == len(life.keys) == 2


def test_reminders_come_until_somebody_acts() -> None:
    life = Life(an_alert(), a_subscription(repeat_interval_seconds=3600))
    assert life.at(NOW).due_at == later(hours=1)
    assert told_by(life.at(later(hours=1))) == {CHAT: [Occasion.REPEATED]}
    assert told_by(life.at(later(hours=2))) == {CHAT: [Occasion.REPEATED]}
    life.step(AlertStatus.ACKNOWLEDGED)
    planned = life.at(later(hours=3))
    assert (told_by(planned), planned.due_at) == ({}, None)
    assert len(set(life.keys)) == 3


def test_what_nobody_acknowledges_escalates_and_who_was_called_hears_the_end() -> None:
    levels = [escalation(600, PAGER), escalation(3600, BOSS)]
    life = Life(an_alert(), a_subscription(escalations=levels))
    assert life.at(NOW).due_at == later(seconds=600)
    called = life.at(later(seconds=600))
    assert told_by(called) == {PAGER: [Occasion.UNACKNOWLEDGED]}
    assert called.due_at == later(hours=1)
    life.step(AlertStatus.ACTIVE, Severity.CRITICAL)
    assert set(told_by(life.at(later(seconds=601)))) == {CHAT, PAGER}
    life.step(AlertStatus.RESOLVED)
    assert told_by(life.at(later(minutes=20))) == {
        CHAT: [Occasion.RESOLVED],
        PAGER: [Occasion.RESOLVED],
    }


def test_the_end_is_told_to_the_subscribers_own_channels_alone() -> None:
    life = Life(an_alert(), a_subscription())
    life.at(NOW)
    life.item = life.item._replace(channels=frozenset({CHAT, BOSS}))
    life.step(AlertStatus.RESOLVED)
    assert set(told_by(life.at(NOW))) == {CHAT}


def test_what_holds_an_alert_back() -> None:
    outage = an_alert(asset_id="warehouse", severity=Severity.CRITICAL, message="all down")
    window = a_window(starts_at=NOW, ends_at=later(hours=2))
    subscription = a_subscription(
        muted_by_source=True, quiet_hours=quiet("11:00", "13:00", unless=Severity.CRITICAL)
    )
    for around, reason in (
        ({"silences": [a_silence()]}, "silenced by ben: known"),
        ({"windows": [window]}, "maintenance: upgrade"),
        ({"source_alerts": [outage]}, "muted by the alert over its source: all down"),
        ({}, "quiet hours"),
    ):
        life = Life(an_alert(), subscription)
        planned = life.at(NOW, **around)
        assert list(planned.held.values()) == [reason]
        assert told_by(planned) == {}
        assert planned.due_at is not None
        assert planned.due_at <= NOW + RECHECK


def test_a_source_mutes_only_for_who_asked_for_it() -> None:
    outage = an_alert(asset_id="warehouse", severity=Severity.CRITICAL)
    planned = Life(an_alert(), a_subscription()).at(NOW, source_alerts=[outage])
    assert told_by(planned) == {CHAT: [Occasion.RAISED]}


def test_after_a_hold_what_is_still_true_is_told() -> None:
    still, over = (Life(an_alert(), a_subscription()) for _ in range(2))
    for life in (still, over):
        life.at(NOW, silences=[a_silence(ends_at=later(seconds=30))])
    assert still.at(NOW, silences=[a_silence(ends_at=later(seconds=30))]).due_at == later(
        seconds=30
    )
    over.step(AlertStatus.RESOLVED)
    assert told_by(still.at(later(minutes=1))) == {CHAT: [Occasion.RAISED]}
    ended = over.at(later(minutes=1))
    assert (told_by(ended), ended.over) == ({}, [over.item.alert.id])


def test_a_subscription_that_is_off_or_no_longer_means_it_lets_go() -> None:
    for fields in ({"enabled": False}, {"asset_pattern": "crm.*"}):
        life = Life(an_alert(), a_subscription(**fields))
        planned = life.at(NOW)
        assert (told_by(planned), planned.over) == ({}, [life.item.alert.id])


def test_owners_decide_and_are_told() -> None:
    owners = [an_owner("warehouse.*", "sales")]
    life = Life(an_alert(), a_subscription(owner="sales"))
    (entry,) = life.at(NOW, owners=owners).messages[CHAT]
    assert entry.owner == "sales"
    other = Life(an_alert(), a_subscription(owner="finance"))
    assert told_by(other.at(NOW, owners=owners)) == {}


def test_two_subscriptions_tell_a_channel_the_same_thing_under_the_same_key() -> None:
    alert = an_alert()
    one, other = Life(alert, a_subscription()), Life(alert, a_subscription(actor="ben"))
    one.at(NOW)
    other.at(later(minutes=5))
    assert one.keys == other.keys


actions = st.one_of(
    st.tuples(st.just("step"), statuses, severities), st.tuples(st.just("wait"), st.integers(1, 90))
)
subscriptions = st.builds(
    a_subscription,
    minimum_severity=severities,
    repeat_interval_seconds=st.none() | st.integers(60, 7200),
    escalations=st.sampled_from([[], [escalation(600, PAGER), escalation(3600, BOSS)]]),
    notify_resolved=st.booleans(),
    quiet_hours=st.sampled_from([None, quiet("13:00", "14:00")]),
)


@given(subscriptions, severities, st.lists(actions, max_size=25))
def test_whatever_happens(subscription, severity, happenings) -> None:
    """No key twice for a channel, nothing untold recovers, the next look lies ahead."""
    life, now = Life(an_alert(severity=severity), subscription), NOW
    active: set[UUID] = set()
    for kind, *what in [("wait", 1), *happenings]:
        if kind == "step":
            worst = max(what[1], life.item.alert.severity, key=SEVERITY_RANK.__getitem__)
            life.step(what[0], worst)
        else:
            now = now + (later(minutes=what[0]) - NOW)
        planned = life.at(now)
        assert planned.due_at is None or planned.due_at > now
        for channel, entries in planned.messages.items():
            for entry in entries:
                if entry.occasion is Occasion.RESOLVED:
                    assert channel in active
                    active.discard(channel)
                else:
                    assert entry.alert.status is AlertStatus.ACTIVE
                    active.add(channel)
        if planned.over:
            life.item = life.item._replace(told=None, channels=frozenset())
            active.clear()
            if life.item.alert.status not in (AlertStatus.RESOLVED, AlertStatus.IGNORED):
                break  # let go of: only another step would bring it back
    assert len(life.keys) == len(set(life.keys))
