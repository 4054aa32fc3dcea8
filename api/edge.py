"""The parts of an edge and how they hang together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Final
from uuid import uuid4

import structlog

from api import monitor
from api.admission import is_proxy
from api.auth.authenticator import Authenticator
from api.auth.keystore import KeyStore
from api.auth.tickets import TicketOffice
from api.bulkheads import EdgePool
from api.desk import Desk
from api.exports.slots import Slots
from api.idempotency import Idempotency
from api.limits import Buckets
from api.live.hub import Hub
from api.live.notices import Notices
from api.live.sessions import Sessions
from api.live.waiting import WaitingRoom
from api.probes import probe_pool, readiness
from api.producer import Producer
from api.queries.alerts import AlertQueries
from api.queries.assets import AssetQueries
from api.queries.forecasts import ForecastQueries
from api.queries.insights import InsightQueries
from api.queries.limits import LimitQueries
from api.queries.metrics import MetricQueries
from api.queries.trends import TrendQueries
from api.relay import Relay
from api.shared import Shared
from api.socket import recheck_callers
from api.steps import Steps
from api.watch import Watch
from feeds.memory import Memory
from pipeline.cluster.layout import Layout
from pipeline.cluster.sentinel import Sentinel
from pipeline.settings import Settings, thresholds_by_asset
from pipeline.topics import Topics

log = structlog.get_logger(__name__)

POOL_SECONDS: Final = 3.0
"""How long a request waits for a connection to PostgreSQL."""
BURST: Final = 10
RESTART_SECONDS: Final = 1.0
READINESS_SECONDS: Final = 1.0
"""However many probe an edge, PostgreSQL is asked no more often."""
STATEMENT_MS: Final = 15_000
LOCK_MS: Final = 2_000
"""Less than `POOL_SECONDS`: who waits for a connection outlasts who waits for a lock."""


class Edge:
    """Everything one edge process is made of."""

    def __init__(self, settings: Settings) -> None:
        topics = Topics(settings.topic_prefix)
        self.id = uuid4().hex[:12]
        self.version = version("tidemark")
        self.started_at = datetime.now(UTC)
        self.settings = settings
        self.thresholds = thresholds_by_asset(settings)
        self.topics = topics
        url = settings.database_url.get_secret_value()
        self.pool = EdgePool(
            url,
            f"tidemark-edge-{self.id}",
            timeout=POOL_SECONDS,
            local={
                "statement_timeout": STATEMENT_MS,
                "lock_timeout": LOCK_MS,
                "random_page_cost": "1.1",  # what is asked for is mostly in memory
            },
            min_size=2,
            max_size=settings.database_connections,
            max_idle=60.0,
        )
        self.probe = probe_pool(url, self.id)
        self.hub = Hub(settings)
        self.notices = Notices(settings, self.hub)
        self.sentinel = Sentinel(settings, "edge")
        self.producer = Producer(settings, self._layout)
        self.watch = Watch(settings)
        self.relay = Relay(self.pool, self.producer, topics.alerts)
        self.steps = Steps(self.pool, self.relay, self.hub)
        self.idempotency = Idempotency(self.pool, self.relay)
        self.tickets = TicketOffice(self.pool)
        self.authenticator = Authenticator(settings, KeyStore(self.pool), self.tickets)
        self.requests = Buckets(settings.requests_per_second, settings.requests_per_second * BURST)
        self.alerts = AlertQueries(self.pool)
        self.assets = AssetQueries(self.pool)
        self.metrics = MetricQueries(self.pool)
        self.trends = TrendQueries(self.pool)
        self.insights = InsightQueries(self.pool)
        self.forecasts = ForecastQueries(self.pool)
        self.limits = LimitQueries(self.pool)
        self.desk = Desk()
        self.said = Memory()
        """What jobs said of assets in several documents, each a part of it."""
        self.waiting = WaitingRoom(is_proxy(settings))
        self.exports = Slots()
        self.sessions = Sessions(self.pool, self.hub, self.id)
        self.readiness = Shared(partial(readiness, self), READINESS_SECONDS)

    async def _layout(self) -> Layout | None:
        await self.sentinel.looked()
        return self.sentinel.layout

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run every part in the background; Kafka and PostgreSQL may come later."""
        async with AsyncExitStack() as stack:
            for pool in (self.pool, self.probe):
                await pool.open(wait=False)
                stack.push_async_callback(pool.close, timeout=1.0)
            stack.push_async_callback(self.sessions.say_goodbye)
            stack.enter_context(monitor.LAG.measuring(asyncio.get_running_loop()))
            tasks = [
                asyncio.create_task(_keep_running(name, run), name=name)
                for name, run in (
                    ("feed", self.hub.feed.run),
                    ("hub", self.hub.watch),
                    ("notices", self.notices.run),
                    ("sentinel", self.sentinel.watch),
                    ("producer", self.producer.run),
                    ("watch", self.watch.run),
                    ("relay", self.relay.run),
                    ("sessions", self.sessions.run),
                    ("tokens", lambda: recheck_callers(self)),
                )
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part for ever: what it did not foresee must not leave an edge half alive."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("a part has failed and starts again", part=name)
        await asyncio.sleep(RESTART_SECONDS)
