"""The flow in one place: every stage, in order, with the topics it reads and writes."""

from typing import NamedTuple

from pipeline.topics import Topics


class Stage(NamedTuple):
    """One step on the way from event to people.

    `process` is the `tidemark` command that runs it; a stage that reads nothing is set
    off from outside: by a job, a clock or a person.
    """

    name: str
    process: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


def stages(topics: Topics) -> tuple[Stage, ...]:
    """Return all stages; what one reads was written by itself or one before it."""
    pagers = (topics.alerts_critical, topics.alerts_high, topics.alerts_medium)
    told = (topics.alerts, *pagers)
    letters = topics.dead_letters
    return (
        Stage("feeds", "feed", (), (topics.metrics,)),
        Stage("events", "edge", (), (topics.metrics,)),
        Stage(
            "detect",
            "worker",
            (topics.metrics,),
            (topics.changes, *told, topics.history, letters),
        ),
        Stage("silence", "worker", (), told),
        Stage("relay", "edge", (), (topics.alerts,)),
        Stage("store_history", "sink", (topics.history,), (letters,)),
        Stage("store_alerts", "sink", (topics.alerts,), (letters,)),
        Stage(
            "notify",
            "notify",
            (topics.alerts,),
            (topics.notifications, topics.deliveries, letters),
        ),
        Stage("live", "edge", (topics.changes, topics.alerts, topics.notifications), ()),
        Stage(
            "redrive",
            "dead-letters",
            (letters, topics.redriven),
            (topics.metrics, topics.redriven),
        ),
    )
