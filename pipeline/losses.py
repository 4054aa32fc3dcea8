"""Records that Kafka deleted before they were read: found where reading has to go on behind them.

At a start that is where the committed offset is not in the log any more (`positions.start_of`);
while a consumer runs, where what it asks for is not.
"""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from aiokafka.structs import TopicPartition

log = structlog.get_logger(__name__)


class Losses:
    """Counts them, each once however often reading begins before them.

    Attributes:
        count: is called with a topic and how many records of it were lost.
    """

    def __init__(self) -> None:
        self.count: Callable[[str, int], None] = lambda _topic, _records: None
        self._upto: dict[tuple[str, int], int] = {}

    def skip(self, topic: str, partition: int, position: int, first: int) -> int:
        """Reading goes on at `first` instead of at `position`; return how many are newly lost."""
        known = max(position, self._upto.get((topic, partition), 0))
        if first <= known:
            return 0
        self._upto[topic, partition] = first
        self.count(topic, first - known)
        return first - known


def watch_resets(fetcher: Any, topics: Iterable[str], losses: Losses) -> None:
    """Have aiokafka's fetcher report when it goes on elsewhere than it has read to.

    It does so without a word where the broker no longer has the position.
    """
    strays: dict[TopicPartition, int] = {}
    fetch, reset = fetcher._proc_fetch_request, fetcher._update_fetch_positions
    watched = frozenset(topics)

    async def fetch_and_note(assignment: Any, node: Any, request: Any) -> bool:
        has_new: bool = await fetch(assignment, node, request)
        for topic, partitions in request.topics if assignment.active else ():
            for partition, position, _size in partitions if topic in watched else ():
                tp = TopicPartition(topic, partition)
                if assignment.state_value(tp).awaiting_reset:
                    strays[tp] = position
        return has_new

    async def reset_and_tell(assignment: Any, node: Any, tps: Any) -> Any:
        done = await reset(assignment, node, tps)
        for tp in [tp for tp in tps if tp in strays] if assignment.active else ():
            state = assignment.state_value(tp)
            if state.has_valid_position:
                _tell(losses, tp, strays.pop(tp), state.position)
        return done

    fetcher._proc_fetch_request, fetcher._update_fetch_positions = fetch_and_note, reset_and_tell


def _tell(losses: Losses, tp: TopicPartition, position: int, now: int) -> None:
    place = {"topic": tp.topic, "partition": tp.partition, "position": position, "now": now}
    if now < position:
        log.error(
            "the topic ends before what was read of it: it was created again or has lost records; "
            "reading it from its beginning",
            **place,
        )
        return
    lost = losses.skip(tp.topic, tp.partition, position, now)
    if lost:
        log.error(
            "records were deleted by the topic's retention before they were read",
            lost=lost,
            **place,
        )
