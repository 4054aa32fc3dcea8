"""Every so often: look through the asset table for assets that have gone silent."""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import faust
import structlog
from faust.types import TP

from agents import monitor
from agents.outcome import publish_alerts
from pipeline.operators import staleness
from pipeline.operators.compose import stale_alert
from pipeline.operators.detect import Rules
from pipeline.operators.state import AssetState
from pipeline.settings import Settings
from pipeline.topics import Topics
from pipeline.transport import DRAIN_SECONDS
from schemas.alerts import Alert, AlertStatus
from tables import codec
from tables.assets import AssetTable

log = structlog.get_logger(__name__)

CHUNK = 1000
"""Assets looked at before the loop may do something else."""


class SilenceWatch:
    """Raises a `stale` alert for every asset that is silent past its interval.

    A partition is judged only while all its events are read, and not before it
    has been so for the grace time: a worker that lags, or has only just come
    back, is not to take its own silence for the assets'.
    """

    def __init__(
        self, app: faust.App, topics: Topics, assets: AssetTable, rules: Rules, settings: Settings
    ) -> None:
        self._app = app
        self._topics = topics
        self._assets = assets
        self._rules = rules
        self._minimum = settings.stale_minimum_seconds
        self._grace = settings.stale_grace_seconds
        self._caught_up_since: dict[int, float] = {}

    async def finish(self, _app: faust.App, revoked: set[TP], **_: Any) -> None:
        """Wait for what is being written of partitions that another worker is about to have.

        Nothing more is begun: see `_raise`.
        """
        for tp in revoked:
            if tp.topic != self._topics.metrics:
                continue
            try:
                async with asyncio.timeout(DRAIN_SECONDS), self._assets.writing[tp.partition]:
                    pass
            except TimeoutError:
                log.error("states are still being written", partition=tp.partition)

    async def scan(self) -> None:
        """Look through all partitions that may be judged now."""
        for partition in self._judged_partitions():
            await self._scan_partition(partition)

    def _judged_partitions(self) -> list[int]:
        consumer = self._app.consumer
        if self._app.rebalancing or not self._app.tables.actives_ready:
            self._caught_up_since.clear()
            return []
        now, judged = time.monotonic(), []
        for tp in consumer.assignment():
            if tp.topic != self._topics.metrics:
                continue
            if not consumer.caught_up(TP(tp.topic, tp.partition)):
                self._caught_up_since.pop(tp.partition, None)
            elif now - self._caught_up_since.setdefault(tp.partition, now) >= self._grace:
                judged.append(tp.partition)
        return judged

    async def _scan_partition(self, partition: int) -> None:
        now = time.time_ns() // 1000
        states = self._assets.encoded(partition)
        while chunk := list(islice(states, CHUNK)):
            overdue = [name for name, raw in chunk if self._is_overdue(name, raw, now)]
            if overdue:
                await self._raise(partition, overdue, now)
            await asyncio.sleep(0)

    def _is_overdue(self, asset_id: str, raw: bytes, now: int) -> bool:
        thresholds = self._rules.thresholds(asset_id)
        return staleness.is_overdue(codec.decode_liveness(raw), now, thresholds, self._minimum)

    async def _raise(self, partition: int, asset_ids: list[str], now: int) -> None:
        async with self._assets.writing[partition]:
            if self._app.rebalancing:
                return
            changed = dict(self._fall_silent(partition, asset_ids, now))
            alerts = [alert for alert, _ in changed.values()]
            encoded = self._assets.encode({name: state for name, (_, state) in changed.items()})
            await publish_alerts(
                self._app.producer._ensure_producer(), self._topics, partition, alerts
            )
            monitor.CHANGELOG_BYTES.inc(await self._assets.write(partition, encoded))
        monitor.SILENT.inc(len(alerts))
        for alert in alerts:
            monitor.count_alert(alert)
        log.info("assets have gone silent", partition=partition, count=len(alerts))

    def _fall_silent(
        self, partition: int, asset_ids: list[str], now: int
    ) -> Iterator[tuple[str, tuple[Alert, AssetState]]]:
        states = self._assets.load(partition, [name.encode() for name in asset_ids])
        for asset_id in asset_ids:
            state, thresholds = states.get(asset_id), self._rules.thresholds(asset_id)
            # It may have spoken since it was looked at.
            if state is None or not staleness.is_overdue(state, now, thresholds, self._minimum):
                continue
            interval = staleness.expected_interval(state, thresholds, self._minimum)
            state.stale_since = state.last_seen
            alert = stale_alert(asset_id, state, interval, AlertStatus.ACTIVE, now)
            yield asset_id, (alert, state)


def register(
    app: faust.App, topics: Topics, assets: AssetTable, rules: Rules, settings: Settings
) -> None:
    """Add the timer that looks for silence to `app`."""
    watch = SilenceWatch(app, topics, assets, rules, settings)

    async def look_for_silence() -> None:
        try:
            await watch.scan()
        except Exception as error:
            # The states may be ahead of the changelog now: start over from it.
            log.exception("looking for silence failed")
            await app.crash(error)

    app.on_partitions_revoked.connect(watch.finish)
    app.timer(settings.stale_scan_seconds, name="silence")(look_for_silence)
