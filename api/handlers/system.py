"""The pipeline seen from outside, sockets, and who is asking."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.endpoint import Call, NoQuery
from pipeline.postgres.trouble import PostgresUnavailable
from schemas.rest import Identity, One, Ticket
from schemas.system import SocketStats, System
from schemas.websocket import Kind

if TYPE_CHECKING:
    from api.edge import Edge


async def system(call: Call[NoQuery, None]) -> One[System]:
    """Tell how the pipeline fares: groups, lag, throughput, dead letters, outbox."""
    edge = call.edge
    found, sight = await edge.readiness.get(), edge.watch.sight
    rates = edge.hub.feed.rates
    return One(
        data=System(
            ready=found.ready,
            components=found.components,
            worker=edge.watch.group(lambda seen: seen.worker),
            sink=edge.watch.group(lambda seen: seen.sink),
            notifier=edge.watch.group(lambda seen: seen.notifier),
            events_per_second=edge.watch.events_per_second,
            changes_per_second=rates[Kind.CHANGES].per_second,
            alerts_per_second=rates[Kind.ALERTS].per_second,
            dead_letters=sight.dead_letters if sight else None,
            outbox=await _waiting(edge),
            edge_lag=edge.hub.feed.lag,
            version=edge.version,
            edge_id=edge.id,
            started_at=edge.started_at,
            timestamp=datetime.now(UTC),
        )
    )


async def _waiting(edge: "Edge") -> int | None:
    try:
        return await edge.alerts.outbox()
    except PostgresUnavailable:
        return None


async def socket_stats(call: Call[NoQuery, None]) -> One[SocketStats]:
    """Tell how many sockets there are and what they were sent."""
    hub = call.edge.hub
    everywhere = await call.edge.sessions.everywhere()
    return One(
        data=SocketStats(
            connections=len(hub.clients),
            subscribed_connections=sum(bool(client.subscriptions) for client in hub.clients),
            subscriptions=sum(len(client.subscriptions) for client in hub.clients),
            messages_sent=hub.delivered,
            stalled_connections=len(hub.stalled),
            slow_disconnects=hub.slow_disconnects,
            resumed=hub.resumed,
            total_connections=everywhere.connections if everywhere else None,
            edges=everywhere.edges if everywhere else None,
            timestamp=datetime.now(UTC),
        )
    )


async def ticket(call: Call[NoQuery, None]) -> One[Ticket]:
    """Issue a ticket that opens one WebSocket within 30 seconds."""
    return One(data=await call.edge.tickets.issue(call.caller))


async def me(call: Call[NoQuery, None]) -> One[Identity]:
    """Tell who the caller is."""
    return One(data=call.caller.identity(authentication=call.edge.authenticator.is_on))
