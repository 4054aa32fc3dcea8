"""Everything there is of a kind, as a file."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

import structlog
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.edge import Edge
from api.endpoint import Call
from api.exports.datasets import DATASETS, Dataset, Wanted, chunks
from api.exports.formats import TEXT_FORMATS, FileFormat, TextFormat
from api.problems import Refusal, invalid, not_found
from schemas.problems import ProblemCode
from schemas.rest import ExportQuery

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 10
CHUNK_SECONDS: Final = 30.0
"""How long a reader may take for a chunk of a thousand rows."""


class ExportEnded(Exception):
    """An export is cut off; the message says why."""


async def export(call: Call[ExportQuery, None]) -> Response:
    """Stream alerts, history or daily trends as CSV or JSON lines, oldest day first.

    An answer that ends before its time is cut off without its closing chunk, which clients
    report as an error; so it does when its reader is too slow, and when its key is revoked. At
    most four exports run at once on an edge, two of one caller.
    """
    asked, name = call.query, call.request.path_params["dataset"]
    dataset = DATASETS.get(name)
    if dataset is None:
        raise not_found(f"there is no {name!r} to export, only {', '.join(DATASETS)}")
    if asked.metric_type is not None and not dataset.has_metrics:
        raise invalid("metricType", f"{name} have none")
    wanted = Wanted(asked.asset_id, asked.metric_type, asked.since, asked.until)
    form = TEXT_FORMATS[FileFormat(asked.format)](dataset)
    if call.request.method == "HEAD":
        return Response(media_type=form.media_type)
    actor, slots = call.caller.actor, call.edge.exports
    full = slots.take(actor)
    if full is not None:
        raise Refusal(
            ProblemCode.RATE_LIMITED,
            f"{full}; try again when one is done",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    return _Export(
        _stream(call, dataset, form, wanted),
        done=lambda: slots.give_back(actor),
        media_type=form.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="tidemark-{name}.{asked.format}"',
            "Cache-Control": "no-store",
        },
    )


class _Export(StreamingResponse):
    """A stream that does not wait for ever for its reader, and tells when it is done."""

    def __init__(
        self, content: AsyncGenerator[bytes, None], done: Callable[[], None], **more: Any
    ) -> None:
        super().__init__(content, **more)
        self._content = content
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ExportEnded as ended:
            # The server ends the connection of an answer that is not whole.
            log.warning("an export was cut off", cause=str(ended))
        finally:
            self._done()

    async def stream_response(self, send: Send) -> None:
        async def in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(CHUNK_SECONDS):
                    await send(message)
            except TimeoutError:
                raise ExportEnded("its reader is too slow") from None

        # Cut off, it gives its connection back at once, not when it is collected.
        async with aclosing(self._content):
            await super().stream_response(in_time)


async def _stream(
    call: Call[ExportQuery, None], dataset: Dataset, form: TextFormat, wanted: Wanted
) -> AsyncGenerator[bytes, None]:
    edge: Edge = call.edge
    yield form.header()
    async with (
        edge.pool.connection() as connection,
        aclosing(chunks(connection, dataset, call.caller.scope, wanted)) as found,
    ):
        async for chunk in found:
            if not await edge.authenticator.still_valid(call.caller):
                raise ExportEnded("its caller's key or token is not valid any more")
            yield form.encode(chunk.rows)
