"""A backup of PostgreSQL is restored, and Kafka makes up for the time since."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import psycopg

from devstack.postgres import PostgresServer
from pipeline.settings import Settings
from schemas.alerts import Alert, AlertStatus
from schemas.metrics import HistoryBatch
from tests.conftest import ROOT, Starter, environment
from tests.integration.inprocess import serving
from tests.integration.notifications.conftest import (
    Receiver,
    Routing,
    an_alert,
    arrived,
    eventually,
)

HOUR = (datetime.now(UTC) - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
RECORD = {
    "alerts": "SELECT id, status, resolution, comment, assignee, step_id, changed_by, "
    "acknowledged_at, resolved_at FROM quality_alerts_realtime ORDER BY id",
    "audit": "SELECT step_id, alert_id, action, actor, at, from_status, to_status, resolution, "
    "comment, assignee FROM alert_audit ORDER BY step_id",
    "history": "SELECT asset_id, value, event_id FROM quality_metric_history ORDER BY event_id",
    "hours": "SELECT asset_id, hour, count, mean, minimum, maximum FROM quality_metric_hourly "
    "ORDER BY 1, 2",
    "days": "SELECT kind, name, day, count, mean FROM quality_group_daily ORDER BY 1, 2, 3",
}


def restore(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "restore", *options],
        cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip


def events(first: int, count: int) -> bytes:
    packed = [
        msgspec.Raw(
            msgspec.json.encode(
                {"eventId": uuid4(), "assetId": f"a{n % 3}", "metricType": "score", "value": n,
                 "timestamp": HOUR + timedelta(seconds=n), "source": "crm"}
            )
        )
        for n in range(first, first + count)
    ]  # fmt: skip
    offsets = list(range(first, first + count))
    batch = HistoryBatch(topic="t", partition=0, offsets=offsets, late=[], events=packed)
    return msgspec.json.encode(batch)


def administer(server: PostgresServer, *statements: str) -> None:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


class Line:
    """A sink and a notifier that come and go, and what they have made of it all."""

    def __init__(self, routing: Routing, start: Starter, server: PostgresServer) -> None:
        self.routing, self.settings, self.server = routing, routing.settings, server
        self.database = self.settings.database_url.get_secret_value().rsplit("/", 1)[1]
        self._start = start
        self._processes: list[subprocess.Popen[bytes]] = []

    async def start(self) -> None:
        sink = self._start("sink", settings=self.settings)
        self._processes = [self.routing.start(), sink]
        await self.routing.joined(1)

    async def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            await asyncio.to_thread(process.wait, 40)

    async def history(self, raw: bytes) -> None:
        await self.routing._producer.send_and_wait(self.routing.topics.history, raw)

    async def stored(self, history: int, alerts: int) -> None:
        rows = """SELECT (SELECT count(*) FROM quality_metric_history),
                         (SELECT count(*) FROM quality_alerts_realtime)"""

        async def there() -> bool:
            return await self.routing.rows(rows) == [(history, alerts)]

        await eventually(there, 60, "the sink has not stored all")

    async def record(self) -> dict[str, list[Any]]:
        return {name: await self.routing.rows(query) for name, query in RECORD.items()}

    async def take_steps(self, alerts: list[Alert]) -> None:
        """Take a step with each, as people would, and wait until Kafka has them."""
        steps = [
            ("acknowledge", {"comment": "I look"}), ("resolve", {"resolution": "mended"}),
            ("comment", {"comment": "odd"}), ("assign", {"assignee": "ann"}), ("ignore", {}),
        ]  # fmt: skip

        async def relayed() -> bool:
            return await self.routing.rows("SELECT count(*) FROM alert_outbox") == [(0,)]

        async with serving(self.settings) as http:
            for alert, (step, body) in zip([*alerts, alerts[0]], steps, strict=True):
                answer = await http.post(f"/alerts/{alert.id}/{step}", json=body)
                assert answer.status_code == 200, answer.text
            await eventually(relayed, 30, "the outbox is not empty")

    def back_up(self) -> None:
        self._administer(f"CREATE DATABASE {self.database}_backup TEMPLATE {self.database}")

    def put_back(self) -> None:
        self._administer(
            f"DROP DATABASE {self.database} WITH (FORCE)",
            f"ALTER DATABASE {self.database}_backup RENAME TO {self.database}",
        )

    def _administer(self, *statements: str) -> None:
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def ended(alert: Alert) -> Alert:
    return msgspec.structs.replace(
        alert, status=AlertStatus.RESOLVED, step_id=uuid4(), resolution="is well",
        changed_at=datetime.now(UTC),
    )  # fmt: skip


async def test_nothing_is_lost_and_nobody_told_twice(
    routing: Routing, receiver: Receiver, start_tidemark: Starter, postgres_server: PostgresServer
) -> None:
    line = Line(routing, start_tidemark, postgres_server)
    await routing.subscribe(await routing.channel(receiver.url))
    before = [an_alert(f"before.{n}") for n in range(4)]
    waits, told, untold = an_alert("waits"), an_alert("told"), an_alert("untold")
    await line.start()
    await routing.push(*before)
    await line.history(events(0, 20))
    await arrived(receiver.received, 4, 60)
    receiver.answers = [503]
    await routing.push(waits)

    async def tried() -> bool:
        return (await routing.states())[-1][1] > 0

    await eventually(tried, 60, "nothing was tried")
    await line.stored(20, 5)
    await line.stop()
    assert (await routing.states())[-1][0] == "pending"

    since = "--since", datetime.now(UTC).isoformat()
    line.back_up()
    receiver.received.clear()
    receiver.answers = [200]
    await line.start()
    await arrived(receiver.received, 1, 60)  # what is pending in the backup
    await line.take_steps(before)
    await routing.push(told)
    await line.history(events(20, 20))
    await arrived(receiver.received, 3, 60)  # and the end of what somebody resolved
    await line.stored(40, 6)
    refused = await asyncio.to_thread(restore, line.settings, *since)
    assert refused.returncode == 1
    assert "still run" in refused.stderr
    await line.stop()
    expected, count = await line.record(), len(receiver.received)
    # What the notifier is yet to hear of: the end of one that was told, and a new one.
    await routing.push(ended(told), untold)

    line.put_back()
    lacking = await line.record()
    assert lacking != expected
    rehearsed = await asyncio.to_thread(restore, line.settings, *since, "--dry-run")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "5 of people's were missing" in rehearsed.stdout
    assert await line.record() == lacking
    for missing in (5, 0):  # again, it comes to the same
        done = await asyncio.to_thread(restore, line.settings, *since)
        assert done.returncode == 0, done.stderr
        assert f"{missing} of people's were missing" in done.stdout
    await line.start()
    await arrived(receiver.received, 5, 60)
    await line.stored(40, 7)
    await line.stop()
    found = [one.told[0] for one in receiver.received]
    assert sorted(found[count:]) == [("raised", "untold"), ("resolved", "told")]
    assert len(set(found)) == len(found), "somebody was told twice"
    assert {state for state, _ in await routing.states()} == {"sent"}
    restored, after = await line.record(), {told.id, untold.id}
    for name in ("history", "hours", "days"):
        assert restored[name] == expected[name], name
    assert [row for row in restored["audit"] if row[1] not in after] == expected["audit"]
    kept = [row for row in restored["alerts"] if row[0] not in after]
    assert kept == [row for row in expected["alerts"] if row[0] not in after]
