"""Alerts reach people, once, in order, in words they can use."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import msgspec
from standardwebhooks import Webhook

from schemas import dead_letters
from schemas.alerts import AlertStatus, Severity
from schemas.notifications import ActorNotification
from tests.integration.notifications.conftest import (
    ANN,
    Mailbox,
    Receiver,
    Routing,
    an_alert,
    arrived,
    eventually,
    stepped,
)


async def test_a_webhook_is_told_of_an_alert_and_of_its_end(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    routing.start()
    alert = an_alert()
    await routing.push(alert)
    await arrived(receiver.received, 1)
    await routing.push(stepped(alert, AlertStatus.ACKNOWLEDGED))
    await routing.push(stepped(alert, AlertStatus.RESOLVED, resolution="mended"))
    await arrived(receiver.received, 2)
    raised, resolved = receiver.received
    assert raised.told == [("raised", "warehouse.orders")]
    assert resolved.told == [("resolved", "warehouse.orders")]
    (told,) = raised.notification.alerts
    assert told.alert == alert
    assert told.link == f"https://tidemark.example/alerts?view=all&alert={alert.id}"
    assert (raised.notification.subscription, raised.notification.group) == ("mine", None)
    await routing.reached("sent", "sent")


async def test_a_webhooks_signature_satisfies_the_standards_own_library(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    routing.start()
    await routing.push(an_alert())
    await arrived(receiver.received, 1)
    (request,) = receiver.received
    verified = Webhook(routing.secret).verify(request.body, dict(request.headers))
    assert verified["type"] == "notification"
    assert verified["data"]["id"] == request.headers["webhook-id"]
    assert request.path == "/hook/token-1234"


async def test_an_email_has_a_subject_a_body_and_a_link(
    routing: Routing, smtp: tuple[str, Mailbox]
) -> None:
    address, mailbox = smtp
    await routing.subscribe(await routing.channel(address))
    routing.start()
    alert = an_alert(message="orders: score <fell>, 90 -> 70")
    await routing.push(alert)
    await arrived(mailbox.messages, 1)
    (mail,) = mailbox.messages
    assert mail["subject"] == "[CRITICAL] orders: score <fell>, 90 -> 70"
    assert "ann@example.com" in mail["to"]
    body = mail.get_body(("html",))
    assert body is not None
    text = body.get_content()
    assert "<b>orders: score &lt;fell&gt;, 90 -&gt; 70</b>" in text
    assert "score: 90 -&gt; 70 (-20)" in text
    assert str(alert.id) in text


async def test_the_websocket_channel_hands_it_to_the_edges(routing: Routing) -> None:
    await routing.subscribe(await routing.channel("websocket://"))
    routing.start()
    await routing.push(an_alert())
    await routing.reached("sent")
    (record,) = await routing.records(routing.topics.notifications)
    told = msgspec.json.decode(record.value, type=ActorNotification)
    assert (record.key, told.actor) == (ANN.encode(), ANN)
    assert told.notification.alerts[0].alert.asset_id == "warehouse.orders"


async def test_alerts_of_a_source_come_together(routing: Routing, receiver: Receiver) -> None:
    channel = await routing.channel(receiver.url)
    await routing.subscribe(
        channel, group_by="source", group_wait_seconds=2, group_interval_seconds=4
    )
    routing.start()
    await routing.push(*[an_alert(f"warehouse.{n}") for n in range(5)], an_alert("crm", source="c"))
    await arrived(receiver.received, 2)
    by_group = {one.notification.group: len(one.told) for one in receiver.received}
    assert by_group == {"source warehouse": 5, "source c": 1}
    # What comes next waits for the interval, not for each alert.
    await routing.push(an_alert("warehouse.5"), an_alert("warehouse.6"))
    await arrived(receiver.received, 3)
    assert len(receiver.received[2].told) == 2


async def test_what_gets_worse_escalates_and_ends_is_told_to_whom_it_concerns(
    routing: Routing, receiver: Receiver
) -> None:
    chat = await routing.channel(receiver.url, name="chat")
    boss = await routing.channel(receiver.url + "-boss", name="boss")
    await routing.subscribe(chat, escalations={2: boss})
    routing.start()
    alert = an_alert(severity=Severity.MEDIUM)
    await routing.push(alert)
    await arrived(receiver.received, 2)
    worse = stepped(alert, AlertStatus.ACTIVE, severity=Severity.CRITICAL)
    await routing.push(worse)
    await arrived(receiver.received, 4)
    await routing.push(stepped(worse, AlertStatus.RESOLVED))
    await arrived(receiver.received, 6)
    told = [(one.path.endswith("boss"), one.told[0][0]) for one in receiver.received]
    assert told[:2] == [(False, "raised"), (True, "unacknowledged")]
    assert sorted(told[2:4]) == [(False, "worsened"), (True, "worsened")]
    assert sorted(told[4:]) == [(False, "resolved"), (True, "resolved")]


async def test_a_channel_is_told_once_however_many_subscriptions_lead_there(
    routing: Routing, receiver: Receiver
) -> None:
    channel = await routing.channel(receiver.url)
    await routing.subscribe(channel)
    await routing.subscribe(channel, asset_pattern="warehouse.*")
    await routing.subscribe(channel, actor="key:bob", minimum_severity="high")
    routing.start()
    await routing.push(an_alert("warehouse.a"))
    await routing.push(an_alert("crm.b"))
    await arrived(receiver.received, 2)
    await asyncio.sleep(2)
    await arrived(receiver.received, 2)
    assert sorted(one.told[0][1] for one in receiver.received) == ["crm.b", "warehouse.a"]


async def test_a_silence_holds_back_and_lets_go_when_it_ends(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    ends = datetime.now(UTC) + timedelta(seconds=15)
    await routing.rows(
        "INSERT INTO alert_silences (actor, scope, comment, asset_pattern, ends_at) "
        "VALUES ('key:bob', '{*}', 'known', 'warehouse.*', %s)",
        ends,
    )
    routing.start()
    still, over = an_alert("warehouse.still"), an_alert("warehouse.over")
    await routing.push(still, over, an_alert("crm"))
    await arrived(receiver.received, 1)
    held = "SELECT held FROM notification_items WHERE held IS NOT NULL"
    assert await routing.rows(held) == [("silenced by key:bob: known",)] * 2
    await routing.push(stepped(over, AlertStatus.RESOLVED))
    await arrived(receiver.received, 2)
    assert datetime.now(UTC) >= ends
    assert [one.told for one in receiver.received] == [
        [("raised", "crm")], [("raised", "warehouse.still")],
    ]  # fmt: skip


async def test_what_somebody_took_over_before_it_was_told_is_not_told(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    taken = an_alert("warehouse.taken")
    await routing.push(taken, stepped(taken, AlertStatus.ACKNOWLEDGED), an_alert("warehouse.open"))
    routing.start()
    await arrived(receiver.received, 1)
    assert receiver.received[0].told == [("raised", "warehouse.open")]


async def test_what_happened_before_somebody_subscribed_is_not_told(
    routing: Routing, receiver: Receiver
) -> None:
    old = an_alert("warehouse.old")
    await routing.push(old)
    await routing.subscribe(await routing.channel(receiver.url))
    routing.start()
    await routing.push(stepped(old, AlertStatus.ACTIVE, comment="hm"), an_alert("warehouse.new"))
    await arrived(receiver.received, 1)
    await asyncio.sleep(2)
    assert [one.told for one in receiver.received] == [[("raised", "warehouse.new")]]


async def test_a_receiver_that_fails_is_tried_again_and_nothing_overtakes(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    receiver.answers = [500, 503, 200]
    routing.start()
    alert = an_alert()
    await routing.push(alert)
    await arrived(receiver.received, 1)
    await routing.push(stepped(alert, AlertStatus.RESOLVED))
    await arrived(receiver.received, 4)
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]
    assert [one.told[0][0] for one in receiver.received] == ["raised"] * 3 + ["resolved"]
    await routing.reached("sent", "sent")
    assert [attempts for _, attempts in await routing.states()] == [3, 1]


async def test_what_is_given_up_is_to_be_seen(routing: Routing, receiver: Receiver) -> None:
    await routing.subscribe(await routing.channel(receiver.url, name="chat"))
    receiver.answers = [500]
    routing.start(notify_attempts=3)
    alert = an_alert()
    await routing.push(alert)
    await routing.reached("failed")
    assert len(receiver.received) == 3
    ((error,),) = await routing.rows("SELECT error FROM notification_deliveries")
    assert error == ("given up after 3 attempt(s): the receiver answered 500 Internal Server Error")
    (letter,) = await routing.records(routing.topics.dead_letters)
    assert json.loads(letter.value)["id"] == str(alert.id)
    headers = dict(letter.headers)
    assert "the channel 'chat' given up after 3" in headers[dead_letters.REASON].decode()
    assert headers[dead_letters.SOURCE_TOPIC].decode() == routing.topics.alerts


async def test_a_redirect_is_not_followed(routing: Routing, receiver: Receiver) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    receiver.answers = [302]
    routing.start(notify_attempts=1)
    await routing.push(an_alert())
    await routing.reached("failed")
    ((error,),) = await routing.rows("SELECT error FROM notification_deliveries")
    assert "302 Found" in error


async def test_private_addresses_are_refused_also_behind_a_name(
    routing: Routing, receiver: Receiver, smtp: tuple[str, Mailbox]
) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    named = await routing.channel(f"http://localhost:{port}/hook/named")
    literal = await routing.channel(receiver.url)
    mail = await routing.channel(smtp[0])
    await routing.subscribe(named, literal, mail)
    routing.start(notify_networks=[])
    await routing.push(an_alert())
    await routing.reached("failed", "failed", "failed")
    errors = await routing.rows("SELECT error FROM notification_deliveries")
    assert all("is a private address" in error for (error,) in errors)
    assert [attempts for _, attempts in await routing.states()] == [1, 1, 1]
    assert receiver.received == []
    assert smtp[1].messages == []


async def test_no_log_and_no_row_shows_an_address(
    routing: Routing, receiver: Receiver, tmp_path
) -> None:
    receiver.answers = [500]
    unreachable = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    for address in (receiver.url, unreachable):
        await routing.subscribe(await routing.channel(address))
    routing.start(notify_attempts=2, log_level="debug")
    await routing.push(an_alert())
    await routing.reached("failed", "failed", seconds=60)
    told = (tmp_path / "notify-0.log").read_text()
    rows = str(await routing.rows("SELECT d::text FROM notification_deliveries d"))
    letters = str(
        [(r.value, r.headers) for r in await routing.records(routing.topics.dead_letters)]
    )
    for secret in ("token-1234", "TIiajkdnlazkcOXrIdevi7FQ", "A1BRTD4JD", routing.secret[6:]):
        assert secret not in told + rows + letters


async def test_a_message_that_is_no_alert_disturbs_no_other(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    await routing._producer.send_and_wait(routing.topics.alerts, b"nonsense", b"warehouse.orders")
    await routing.push(an_alert())
    routing.start()
    await arrived(receiver.received, 1)

    async def refused() -> bool:
        return len(await routing.records(routing.topics.dead_letters)) == 1

    await eventually(refused)
