"""The worker and the sink, as Kafka sees their consumer groups."""

import asyncio
from collections.abc import Iterator
from typing import Final

from api.watch import Sight, Watch
from cli.checks.finding import Finding
from pipeline.settings import Settings
from schemas.system import GroupState

SECONDS: Final = 10.0
LARGE_LAG: Final = 100_000
"""Records. A worker takes in so many within seconds; more is a backlog."""


async def check_groups(settings: Settings) -> list[Finding]:
    """Look at members, assignment and lag, at what was lost or soon will be, the dead letters."""
    sight = await _sight(settings)
    if sight is None:
        return [
            Finding.fail(
                "worker",
                "could not be seen: Kafka says nothing of its group",
                "see that Kafka's brokers run, and what this account may do",
            )
        ]
    groups = {"worker": sight.worker, "sink": sight.sink, "notify": sight.notifier}
    return [
        _judged("worker", sight.worker, sight.covered),
        _judged("sink", sight.sink, True),
        *(finding for name, group in groups.items() for finding in _unread(name, group)),
        _dead_letters(sight.dead_letters),
    ]


def _unread(name: str, group: GroupState) -> Iterator[Finding]:
    """Tell of records that Kafka has deleted, or soon will, before the group reads them."""
    if group.lost:
        yield Finding.fail(
            name,
            f"{group.lost} records were deleted by Kafka's retention before it read them",
            f"start `tidemark {name}`: it goes on with what is left; keep more "
            "(retention.ms of the topics, TIDEMARK_TOPIC_RETENTION_HOURS)",
        )
    if group.expiring:
        yield Finding.warn(
            name,
            f"{group.expiring} unread records are older than three quarters of the retention and "
            "will be deleted next",
            f"see that `tidemark {name}` runs and catches up, or raise retention.ms of the topics",
        )


async def _sight(settings: Settings) -> Sight | None:
    watch = Watch(settings)
    looking = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(SECONDS):
            while watch.sight is None:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
    except TimeoutError:
        return None
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    return watch.sight


def _judged(name: str, group: GroupState, covered: bool) -> Finding:
    if not group.members:
        owed = f", {group.lag} records wait for it" if group.lag else ""
        return Finding.fail(name, f"none runs{owed}", f"start `tidemark {name}`")
    seen = f"{group.members} member{'' if group.members == 1 else 's'}"
    if group.state != "Stable" or not covered:
        return Finding.warn(
            name,
            f"{seen}, group {group.state}, not every partition is taken care of",
            "look again in a minute, then into its log",
        )
    if group.lag > LARGE_LAG:
        partitions = len({lag.partition for lag in group.partitions})
        return Finding.warn(
            name, f"{seen}, {group.lag} records behind", f"start more, up to {partitions}"
        )
    return Finding.ok(name, f"{seen}, {group.lag} records behind")


def _dead_letters(count: int) -> Finding:
    if count:
        return Finding.warn("dead letters", f"{count} are kept", "see `tidemark dead-letters list`")
    return Finding.ok("dead letters", "none")
