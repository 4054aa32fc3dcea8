"""The worker and the topics its state is made of: where to go on, and what to do without them."""

from collections.abc import Mapping

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from agents import monitor
from pipeline.positions import Start, is_recreated
from tables.assets import AssetTable

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 5.0
PATIENCE = 2
"""Checks in a row that must miss the changelog: a broker that has just started may not know it."""


class Source:
    """Places the worker in its source, and ends it when the changelog is gone."""

    def __init__(self, app: faust.App, assets: AssetTable) -> None:
        self._app = app
        self._assets = assets
        self._missing = 0

    async def place(self, starts: Mapping[TP, Start]) -> Mapping[TP, int]:
        """Return where to go on in each partition, as far as the state is."""
        positions = {}
        for tp, start in starts.items():
            placed = self._assets.place(tp.partition, start)
            place = {"topic": tp.topic, "partition": tp.partition}
            if placed.recreated:
                log.error(
                    "the topic is another one than the state has seen: it is read from its "
                    "beginning, and compared with the values that assets had before",
                    **place,
                )
                monitor.RECREATED.inc()
            if placed.lost:
                position = placed.offset - placed.lost
                self._app.transport.losses.skip(*tp, position, placed.offset)
            if start.committed is not None and placed.offset < start.offset:
                log.error(
                    "more is committed than the state has seen: going back",
                    committed=start.offset,
                    to=placed.offset,
                    **place,
                )
            positions[tp] = placed.offset
        return positions

    async def watch(self) -> None:
        """End the worker when the changelog was deleted: nothing it writes would be kept."""
        changelog = self._assets.changelog_topic_name
        if self._app.rebalancing or not self._app.tables.actives_ready:
            return
        try:
            ids = await self._app.consumer.topic_ids({changelog})
        except KafkaError:
            return  # Kafka is away, and says nothing about its topics
        self._missing = 0 if changelog in ids else self._missing + 1
        recreated = is_recreated(self._assets.changelog_id, ids.get(changelog))
        if self._missing >= PATIENCE or recreated:
            await self._app.crash(self._assets.lost())


def register(app: faust.App, assets: AssetTable) -> None:
    """Have the table say where to go on, and its changelog looked after."""
    source = Source(app, assets)
    app.transport.place = source.place
    app.timer(INTERVAL_SECONDS, name="changelog")(source.watch)
