"""Everything there is of a kind, as a file."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from api.edge import Edge
from api.endpoint import Call
from api.exports.datasets import DATASETS, Dataset, Wanted, chunks
from api.exports.formats import TEXT_FORMATS, FileFormat, TextFormat
from api.problems import Refusal, invalid, not_found
from schemas.problems import ProblemCode
from schemas.rest import ExportQuery

AT_ONCE: Final = 2
"""Exports an edge serves at the same time: each holds a connection to PostgreSQL."""
RETRY_SECONDS: Final = 10


async def export(call: Call[ExportQuery, None]) -> Response:
    """Stream alerts, history or daily trends as CSV or JSON lines, oldest day first.

    An answer that ends before its time is cut off without its closing chunk, which clients
    report as an error. At most two exports run at once on an edge.
    """
    asked, name = call.query, call.request.path_params["dataset"]
    dataset = DATASETS.get(name)
    if dataset is None:
        raise not_found(f"there is no {name!r} to export, only {', '.join(DATASETS)}")
    if asked.metric_type is not None and not dataset.has_metrics:
        raise invalid("metricType", f"{name} have none")
    if call.edge.exports >= AT_ONCE:
        raise Refusal(
            ProblemCode.RATE_LIMITED,
            f"{AT_ONCE} exports are running on this edge; try again when one is done",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    wanted = Wanted(asked.asset_id, asked.metric_type, asked.since, asked.until)
    form = TEXT_FORMATS[FileFormat(asked.format)](dataset)
    return StreamingResponse(
        _stream(call, dataset, form, wanted),
        media_type=form.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="tidemark-{name}.{asked.format}"',
            "Cache-Control": "no-store",
        },
    )


async def _stream(
    call: Call[ExportQuery, None], dataset: Dataset, form: TextFormat, wanted: Wanted
) -> AsyncIterator[bytes]:
    edge: Edge = call.edge
    edge.exports += 1
    try:
        yield form.header()
        async with edge.pool.connection() as connection:
            async for chunk in chunks(connection, dataset, call.caller.scope, wanted):
                yield form.encode(chunk.rows)
    finally:
        edge.exports -= 1
