"""An endpoint: a handler and all that must be known about it beforehand.

Routing, checking, answering and the OpenAPI document all come from the same declaration.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, get_args, get_origin
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from api.auth.caller import Caller, Permission
from api.moments import refuse_far_dates
from api.nul import refuse_nul
from api.problems import Refusal, from_validation, invalid
from schemas.problems import ProblemCode

if TYPE_CHECKING:
    from api.edge import Edge

Q = TypeVar("Q")
B = TypeVar("B")

JSON: Final = "application/json"
ROOT: Final = "/api/quality/realtime"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """A request that has passed every check of its endpoint."""

    edge: "Edge"
    caller: Caller
    query: Q
    body: B
    request: Request
    transaction: AsyncConnection | None = None

    @property
    def connection(self) -> AsyncConnection:
        """The transaction that a step runs in."""
        assert self.transaction is not None, "only steps have one"  # noqa: S101
        return self.transaction

    @property
    def alert_id(self) -> UUID:
        """The alert's id in the path."""
        return self.number("alert_id")

    def number(self, name: str) -> UUID:
        """Return the id in the path.

        Raises:
            Refusal: there is nothing under what is no id.
        """
        return path_id(self.request.path_params[name])


Handler = Callable[[Any], Awaitable[msgspec.Struct | Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is served under a method and path.

    Args:
        method: of HTTP.
        path: below the root, with `{parameters}`.
        handler: takes a `Call`, returns what is answered; its docstring documents the endpoint.
        answer: type of what it returns.
        permission: what its caller must be allowed.
        query: parameters.
        body: type of the JSON body; None: it has none; bytes: the handler reads it.
        status: of success.
        cached: whether answers carry an ETag.
        step: whether it runs in a transaction, where an Idempotency-Key makes a
            repetition harmless.
        media: types of an answer that is no JSON; the handler then returns a response.
        takes: types of a body that the handler reads, and what is in each.
        root: what comes before the path.
    """

    method: Method
    path: str
    handler: Handler
    answer: Any
    permission: Permission = Permission.READ
    query: type[msgspec.Struct] = NoQuery
    body: type | None = None
    status: int = 200
    cached: bool = True
    step: bool = False
    media: tuple[str, ...] = ()
    takes: Mapping[str, Any] = field(default_factory=dict)
    root: str = ROOT

    @property
    def address(self) -> str:
        """The whole path."""
        return self.root + self.path

    async def call(self, edge: "Edge", caller: Caller, request: Request) -> Response:
        """Check the request, run the handler, encode its answer.

        Raises:
            Refusal: the request is not met.
        """
        caller.require(self.permission)
        query = self._query(request)
        body = await self._body(request)
        call = Call(edge, caller, query, body, request)
        if self.step:
            return await self._take_step(call)
        return await self._answer(call)

    async def _take_step(self, call: Call[Any, Any]) -> Response:
        request = call.request
        key = request.headers.get("idempotency-key")
        told = f"{self.method} {request.url.path}".encode(), await request.body()

        async def answer(connection: AsyncConnection) -> bytes:
            return msgspec.json.encode(await self.handler(replace(call, transaction=connection)))

        body = await call.edge.idempotency.once(call.caller, key, b"\0".join(told), answer)
        return Response(body, self.status, headers={"Cache-Control": "no-store"}, media_type=JSON)

    async def _answer(self, call: Call[Any, Any]) -> Response:
        answer = await self.handler(call)
        if isinstance(answer, Response):
            return answer
        body = msgspec.json.encode(answer)
        if self.method != "GET" or not self.cached:
            headers = {"Cache-Control": "no-store"}
            return Response(body, self.status, headers=headers, media_type=JSON)
        return _with_etag(call.request, body)

    def _query(self, request: Request) -> Any:
        given: dict[str, Any] = {}
        lists = _list_fields(self.query)
        for name, value in request.query_params.multi_items():
            if "\0" in value:
                raise invalid(name, "holds U+0000")
            if name in lists:
                given.setdefault(name, []).extend(part for part in value.split(",") if part)
            elif name in given:
                raise invalid(name, "is given twice")
            else:
                given[name] = value
        try:
            query = msgspec.convert(given, self.query, strict=False)
        except msgspec.ValidationError as error:
            raise from_validation(error) from None
        refuse_far_dates(query)
        return query

    async def _body(self, request: Request) -> Any:
        if self.body is None:
            return None
        if self.body is bytes:
            return await request.body()
        raw = await request.body()
        media = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if raw and media != JSON:
            raise Refusal(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"send {JSON}, not {media}")
        body = decode_body(raw or b"{}", self.body)
        refuse_nul(body, raw)
        refuse_far_dates(body)
        return body


def decode_body(raw: bytes, kind: type) -> Any:
    """Return `raw` as a `kind`.

    Raises:
        Refusal: it is not JSON, or not of the kind.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise from_validation(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(ProblemCode.INVALID_JSON, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Refusal(ProblemCode.INVALID_JSON, "the body is nested too deeply") from None


def path_id(text: str) -> UUID:
    """Return the UUID in a path.

    Raises:
        Refusal: there is nothing under what is no UUID.
    """
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(ProblemCode.NOT_FOUND, f"{text!r} is no id") from None


def _with_etag(request: Request, body: bytes) -> Response:
    # Weak: the same answer may be sent gzipped or not.
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    given = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    if tag in given or "*" in given:
        return Response(None, 304, headers=headers)
    return Response(body, headers=headers, media_type=JSON)


def _list_fields(query: type[msgspec.Struct]) -> frozenset[str]:
    fields: Mapping[str, Any] = {f.encode_name: f.type for f in msgspec.structs.fields(query)}
    return frozenset(name for name, kind in fields.items() if _holds_list(kind))


def _holds_list(kind: Any) -> bool:
    return get_origin(kind) is list or any(_holds_list(arg) for arg in get_args(kind))
