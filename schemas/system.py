"""REST: the pipeline and the sockets seen from outside."""

from datetime import datetime

from msgspec import Struct


class SocketStats(Struct, rename="camel", kw_only=True):
    """WebSockets: of this edge (`connections`) and of all edges (`total_connections`)."""

    connections: int
    subscribed_connections: int
    subscriptions: int
    messages_sent: int
    stalled_connections: int
    slow_disconnects: int
    resumed: int
    total_connections: int | None
    edges: int | None
    timestamp: datetime


class PartitionLag(Struct, rename="camel", kw_only=True):
    """How far a consumer group is behind in one partition."""

    topic: str
    partition: int
    committed: int | None
    end: int
    lag: int


class GroupState(Struct, rename="camel", kw_only=True):
    """A consumer group as Kafka sees it; `state` is Kafka's word, such as `Stable`.

    `records_per_second` is what it took in over the last minute; null: not known yet.
    `lost` counts the records that Kafka deleted before the group had read them, as this edge
    has seen since its start; `expiring` those unread that are older than three quarters of
    the retention and will be deleted next.
    """

    group: str
    state: str
    members: int
    lag: int
    lost: int = 0
    expiring: int = 0
    partitions: list[PartitionLag]
    records_per_second: float | None = None


class Component(Struct, rename="camel", kw_only=True):
    """One thing readiness depends on."""

    name: str
    ready: bool
    detail: str


class System(Struct, rename="camel", kw_only=True):
    """The pipeline from outside. A `notifier` need not run.

    Rates are records per second over the last minute or, right after start,
    over the time since. `edge_lag` counts records of changes and alerts this edge
    has yet to read; null figures could not be had from Kafka just now.
    """

    ready: bool
    components: list[Component]
    worker: GroupState | None
    sink: GroupState | None
    notifier: GroupState | None
    events_per_second: float | None
    changes_per_second: float
    alerts_per_second: float
    dead_letters: int | None
    outbox: int | None
    edge_lag: int
    version: str
    edge_id: str
    started_at: datetime
    timestamp: datetime
