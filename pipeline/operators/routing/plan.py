"""Plan: what one group of alerts comes to, all operators of routing in their order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from pipeline.operators.routing.escalate import escalations_due, next_escalation_at
from pipeline.operators.routing.hold import Circumstances, hold_on
from pipeline.operators.routing.match import matches
from pipeline.operators.routing.owners import owner_of
from pipeline.operators.routing.told import Told, is_over, news_of, repeat_at
from schemas.alerts import Alert
from schemas.notifications import Occasion
from schemas.routing import AlertSubscription

RECHECK: Final = timedelta(seconds=60)
"""A hold may end before its time: a silence is taken back, a source recovers."""


class Item(NamedTuple):
    """An alert that concerns a subscription.

    `activation` is the step that made it active; `channels` are those that were told of
    it since.
    """

    alert: Alert
    activation: UUID
    told: Told | None = None
    channels: frozenset[UUID] = frozenset()


class Entry(NamedTuple):
    """An alert in a message. `key` is the same whenever a channel is told the same of it."""

    alert: Alert
    owner: str | None
    occasion: Occasion
    key: str


@dataclass(slots=True)
class Plan:
    """What a group comes to.

    `messages` holds the entries for each channel; `told` what is known of an alert
    afterwards; `held` why one is not told; `over` those that need no more attention;
    `due_at` when to look again.
    """

    messages: dict[UUID, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    told: dict[UUID, Told] = field(default_factory=dict)
    held: dict[UUID, str] = field(default_factory=dict)
    over: list[UUID] = field(default_factory=list)
    due_at: datetime | None = None

    def look_again(self, moment: datetime | None) -> None:
        """Look again at `moment`, if not before."""
        if moment is not None:
            self.due_at = moment if self.due_at is None else min(self.due_at, moment)


class _News(NamedTuple):
    """Something to tell, to whom, and what is known afterwards."""

    entry: Entry
    channels: Collection[UUID]
    told: Told


def plan(
    subscription: AlertSubscription, items: Iterable[Item], circumstances: Circumstances
) -> Plan:
    """Return what to tell of the alerts of one group, now."""
    planned = Plan()
    for item in items:
        _plan_item(planned, subscription, item, circumstances)
    return planned


def _plan_item(
    planned: Plan, subscription: AlertSubscription, item: Item, circumstances: Circumstances
) -> None:
    alert, now = item.alert, circumstances.now
    told = item.told if item.told and item.told.activation == item.activation else None
    owner = owner_of(circumstances.owners, alert.asset_id)
    if not subscription.enabled or (told is None and not matches(subscription, alert, owner)):
        planned.over.append(alert.id)
        return
    news = [one for one in _news(subscription, item, told, owner, now) if one.channels]
    hold = hold_on(subscription, alert, circumstances) if news else None
    if hold is not None:
        planned.held[alert.id] = hold.reason
        recheck = now + RECHECK
        planned.look_again(min(hold.until, recheck) if hold.until else recheck)
        return
    for one in news:
        told = one.told
        for channel in one.channels:
            planned.messages[channel].append(one.entry)
    if told is None or is_over(alert):
        planned.over.append(alert.id)
        return
    planned.told[alert.id] = told
    planned.look_again(repeat_at(alert, told, subscription.repeat_interval_seconds))
    planned.look_again(next_escalation_at(subscription.escalations, alert, told))


def _news(
    subscription: AlertSubscription, item: Item, told: Told | None, owner: str | None, now: datetime
) -> Iterator[_News]:
    alert, activation = item.alert, item.activation
    occasion = news_of(alert, told, subscription.repeat_interval_seconds, now)
    if occasion is not None:
        known = told or Told(activation=activation, severity=alert.severity, since=now, last=now)
        repeats = known.repeats + (occasion is Occasion.REPEATED)
        after = replace(known, severity=alert.severity, last=now, repeats=repeats)
        key = _key(subscription, alert, occasion, after)
        channels = _channels(subscription, item, occasion, after)
        yield _News(Entry(alert, owner, occasion, key), channels, after)
        told = after
    for escalation in escalations_due(subscription.escalations, alert, told, now):
        assert told is not None, "what was never told does not escalate"  # noqa: S101
        told = replace(told, escalated_after=escalation.after_seconds)
        key = _key(subscription, alert, Occasion.UNACKNOWLEDGED, told)
        entry = Entry(alert, owner, Occasion.UNACKNOWLEDGED, key)
        yield _News(entry, escalation.channels, told)


def _channels(
    subscription: AlertSubscription, item: Item, occasion: Occasion, told: Told
) -> Collection[UUID]:
    """Return whom to tell: all that know of the alert, or the subscription's own channels."""
    if occasion is Occasion.RESOLVED:
        knowing = _escalated_to(subscription, told) & item.channels
        return knowing if subscription.notify_resolved else ()
    if occasion is Occasion.WORSENED:
        return _escalated_to(subscription, told)
    return subscription.channels


def _escalated_to(subscription: AlertSubscription, told: Told) -> set[UUID]:
    levels = (e for e in subscription.escalations if e.after_seconds <= told.escalated_after)
    return {*subscription.channels, *(channel for level in levels for channel in level.channels)}


def _key(subscription: AlertSubscription, alert: Alert, occasion: Occasion, told: Told) -> str:
    """Return what is told: steps are the same for all subscribers, reminders are each one's own."""
    known = f"{occasion} {told.activation}"
    if occasion is Occasion.WORSENED:
        return f"{known} {alert.severity}"
    if occasion is Occasion.REPEATED:
        return f"{known} {subscription.id} {told.repeats}"
    if occasion is Occasion.UNACKNOWLEDGED:
        return f"{known} {subscription.id} {told.escalated_after}"
    return known
