"""/healthz, /readyz and /metrics."""

import asyncio
from typing import TYPE_CHECKING, Final, LiteralString

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import monitor
from pipeline.postgres.pool import Pool
from pipeline.postgres.trouble import PostgresUnavailable
from schemas.system import Component

if TYPE_CHECKING:
    from api.edge import Edge

JSON: Final = "application/json"
POSTGRES_SECONDS: Final = 2.0
"""PostgreSQL must answer within."""
# From the catalog alone: whoever locks a table must not take every edge out of service.
_MAY_WRITE: Final = """
    SELECT has_table_privilege(to_regclass('quality_alerts_realtime'), 'SELECT')
       AND has_table_privilege(to_regclass('quality_alerts_realtime'), 'UPDATE')
"""


class Readiness(msgspec.Struct, rename="camel"):
    """Whether everything needed is there."""

    ready: bool
    components: list[Component]


def probe_pool(url: str, edge_id: str) -> Pool:
    """Return a connection of the probe's own: requests may have taken all others."""
    limits: dict[str, LiteralString | int] = {"statement_timeout": 2000, "lock_timeout": 1000}
    name = f"tidemark-edge-{edge_id}-probe"
    return Pool(url, name, timeout=1.0, local=limits, min_size=1, max_size=1)


async def readiness(edge: "Edge") -> Readiness:
    """Ask PostgreSQL; tell what was seen of Kafka and the worker within the last seconds."""
    components = [await _postgres(edge), _kafka(edge), _topics(edge), _feed(edge), _worker(edge)]
    return Readiness(all(component.ready for component in components), components)


def probe_routes(edge: "Edge") -> list[Route]:
    """Return the routes of the probes, which ask nobody for a token."""

    async def healthz(request: Request) -> Response:
        return _answer(request, b'{"status":"ok"}', 200)

    async def readyz(request: Request) -> Response:
        found = await edge.readiness.get()
        return _answer(request, msgspec.json.encode(found), 200 if found.ready else 503)

    async def metrics(request: Request) -> Response:
        request.scope["tidemark.route"] = "/metrics"
        monitor.FEED_LAG.set(edge.hub.feed.lag)
        return Response(generate_latest(monitor.REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _answer(request: Request, body: bytes, status: int) -> Response:
    request.scope["tidemark.route"] = request.url.path
    return Response(body, status, media_type=JSON, headers={"Cache-Control": "no-store"})


async def _postgres(edge: "Edge") -> Component:
    try:
        async with (
            asyncio.timeout(POSTGRES_SECONDS),
            edge.probe.connection(timeout=POSTGRES_SECONDS / 2) as connection,
        ):
            row = await (await connection.execute(_MAY_WRITE)).fetchone()
    except PostgresUnavailable as error:
        remedy = f"; {error.remedy}" if error.remedy else ""
        return _component("postgresql", False, error.reason + remedy)
    except TimeoutError:
        return _component("postgresql", False, "does not answer")
    may_write = row and row[0]
    if may_write is None:
        return _component("postgresql", False, "has no tables; run `tidemark migrate`")
    if not may_write:
        return _component("postgresql", False, "does not let this role write to the tables")
    return _component("postgresql", True, "answers")


def _kafka(edge: "Edge") -> Component:
    fault, layout = edge.sentinel.fault, edge.sentinel.layout
    if fault is not None and fault.lasts and not (layout and fault == layout.fault):
        return _component("kafka", False, str(fault))
    if edge.watch.sight is None:
        return _component("kafka", False, str(fault) if fault else "does not answer")
    return _component("kafka", True, "answers")


def _topics(edge: "Edge") -> Component:
    layout = edge.sentinel.layout
    if layout is None:
        return _component("topics", False, "can't be seen without Kafka")
    if layout.fault is not None:
        return _component("topics", False, str(layout.fault))
    return _component("topics", True, "; ".join(layout.remarks) or "as they should be")


def _feed(edge: "Edge") -> Component:
    reading = edge.hub.feed.cursor is not None
    return _component("feed", reading, "reading" if reading else "waits for the topics")


def _worker(edge: "Edge") -> Component:
    sight = edge.watch.sight
    if sight is None:
        return _component("worker", False, "can't be seen without Kafka")
    members = f"{sight.worker.members} member{'' if sight.worker.members == 1 else 's'}"
    if not sight.covered:
        why = f"{members}, group {sight.worker.state}, not every partition is taken care of"
        return _component("worker", False, why)
    if not edge.watch.recovered:
        return _component("worker", False, f"{members}, recovering its state")
    return _component("worker", True, f"{members}, {sight.worker.lag} records behind")


def _component(name: str, ready: bool, detail: str) -> Component:
    gauge = {"postgresql": monitor.POSTGRES_UP, "kafka": monitor.KAFKA_UP}.get(name)
    if gauge is not None:
        gauge.set(ready)
    return Component(name=name, ready=ready, detail=detail)
