"""Nobody is told twice and nothing is lost when a notifier, or PostgreSQL, goes away."""

import asyncio
import random
import signal

from devstack.postgres import PostgresServer
from pipeline.channels.sealing import new_key
from pipeline.provision import provision
from tests.conftest import SettingsFactory, Starter
from tests.integration.notifications.conftest import (
    Receiver,
    Routing,
    an_alert,
    arrived,
    eventually,
)


async def test_killed_between_claim_and_result_it_is_not_sent_again(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    receiver.delay = 60
    notifier = routing.start(instance_id="one")
    await routing.push(an_alert("warehouse.doubtful"))
    await arrived(receiver.received, 1)
    assert await routing.states() == [("sending", 1)]
    notifier.kill()
    receiver.delay = 0
    routing.start(instance_id="one")
    await routing.push(an_alert("warehouse.next"))
    await arrived(receiver.received, 2)
    await routing.reached("interrupted", "sent")
    assert [one.told[0][1] for one in receiver.received] == [
        "warehouse.doubtful", "warehouse.next",
    ]  # fmt: skip
    ((error,),) = await routing.rows(
        "SELECT error FROM notification_deliveries WHERE state = 'interrupted'"
    )
    assert "nobody knows whether it arrived" in error


async def test_where_the_receiver_drops_repeats_it_is_sent_again_under_the_same_id(
    routing: Routing, receiver: Receiver
) -> None:
    await routing.subscribe(await routing.channel(receiver.url, repeatable=True))
    receiver.delay = 60
    notifier = routing.start(instance_id="one")
    await routing.push(an_alert())
    await arrived(receiver.received, 1)
    notifier.kill()
    receiver.delay = 0
    routing.start(instance_id="one")
    await arrived(receiver.received, 2)
    await routing.reached("sent")
    first, second = (one.headers["webhook-id"] for one in receiver.received)
    assert first == second


async def test_two_notifiers_send_each_message_once(routing: Routing, receiver: Receiver) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    # No send may time out while the receiver holds it.
    patient = {"notify_timeout_seconds": 90.0, "notify_lease_seconds": 100.0}
    for name in ("one", "two"):
        routing.start(state_dir=routing.settings.state_dir / name, **patient)
    await routing.joined(2)
    # Held until both have claimed: one sends no more than sixteen at a time, so that the other
    # has all the time it needs to look for what is due.
    receiver.delay = 60
    await routing.push(*[an_alert(f"warehouse.{number}") for number in range(60)])

    async def both_send() -> bool:
        query = "SELECT count(DISTINCT claimed_by) FROM notification_deliveries"
        ((senders,),) = await routing.rows(query)
        return bool(senders == 2)

    await eventually(both_send, 60, "one of them sends nothing")
    receiver.delay = 0
    receiver.release()
    await arrived(receiver.received, 60)
    await asyncio.sleep(3)
    await arrived(receiver.received, 60)
    assert len({one.told[0][1] for one in receiver.received}) == 60
    await routing.reached(*["sent"] * 60)


async def test_killed_again_and_again(routing: Routing, receiver: Receiver) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    receiver.delay = 0.05
    notifier = routing.start(instance_id="one")
    for batch in range(5):
        await routing.push(*[an_alert(f"warehouse.{batch}-{n}") for n in range(20)])
        await asyncio.sleep(random.random())
        notifier.kill()
        notifier = routing.start(instance_id="one")

    async def settled() -> bool:
        states = [state for state, _ in await routing.states()]
        return len(states) == 100 and {"pending", "sending"}.isdisjoint(states)

    await eventually(settled, 60, "not every alert came to an end")
    told = [one.told[0][1] for one in receiver.received]
    assert len(told) == len(set(told))
    sent = await routing.rows("SELECT count(*) FROM notification_deliveries WHERE state = 'sent'")
    assert sent[0][0] <= len(told)
    lost = [state for state, _ in await routing.states() if state not in ("sent", "interrupted")]
    assert lost == []


async def test_stopped_it_finishes_what_it_is_sending(routing: Routing, receiver: Receiver) -> None:
    await routing.subscribe(await routing.channel(receiver.url))
    receiver.delay = 2
    notifier = routing.start()
    await routing.push(an_alert())
    await arrived(receiver.received, 1)
    notifier.send_signal(signal.SIGTERM)
    assert notifier.wait(20) == 0
    assert await routing.states() == [("sent", 1)]


async def test_while_postgresql_is_away_kafka_keeps_what_is_owed(
    private_postgres: PostgresServer,
    make_settings: SettingsFactory,
    start_tidemark: Starter,
    receiver: Receiver,
    routing: Routing,
) -> None:
    settings = make_settings(
        database_url=private_postgres.url,
        secret_key=new_key(),
        notify_networks=["127.0.0.0/8"],
    )
    await provision(settings)
    away = Routing(settings, start_tidemark, routing._producer)
    await away.subscribe(await away.channel(receiver.url))
    notifier = away.start()
    await away.push(an_alert("warehouse.before"))
    await arrived(receiver.received, 1)
    private_postgres.kill()
    await away.push(*[an_alert(f"warehouse.{number}") for number in range(20)])
    await asyncio.sleep(2)
    assert len(receiver.received) == 1
    private_postgres.start()
    await arrived(receiver.received, 21, seconds=60)
    await away.reached(*["sent"] * 21)
    assert notifier.poll() is None
