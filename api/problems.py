"""Refusals: raised anywhere, told to REST as RFC 9457 problems and to sockets as errors."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from pipeline.postgres.trouble import PostgresUnavailable
from schemas.problems import Fault, Problem, ProblemCode

MEDIA_TYPE: Final = "application/problem+json"

_KNOWN: Final[dict[ProblemCode, tuple[HTTPStatus, str]]] = {
    ProblemCode.BAD_REQUEST: (HTTPStatus.BAD_REQUEST, "The request makes no sense"),
    ProblemCode.INVALID_JSON: (HTTPStatus.BAD_REQUEST, "The body is not JSON"),
    ProblemCode.INVALID_FIELD: (HTTPStatus.UNPROCESSABLE_ENTITY, "A field is invalid"),
    ProblemCode.UNKNOWN_TYPE: (HTTPStatus.BAD_REQUEST, "The message type is unknown"),
    ProblemCode.NOT_AUTHENTICATED: (HTTPStatus.UNAUTHORIZED, "Authentication is needed"),
    ProblemCode.NOT_ALLOWED: (HTTPStatus.FORBIDDEN, "The token does not allow this"),
    ProblemCode.ORIGIN_NOT_ALLOWED: (HTTPStatus.FORBIDDEN, "This origin is not allowed"),
    ProblemCode.HOST_NOT_ALLOWED: (HTTPStatus.MISDIRECTED_REQUEST, "This host is not served"),
    ProblemCode.NOT_FOUND: (HTTPStatus.NOT_FOUND, "There is no such thing"),
    ProblemCode.METHOD_NOT_ALLOWED: (HTTPStatus.METHOD_NOT_ALLOWED, "The method is not allowed"),
    ProblemCode.STEP_NOT_POSSIBLE: (HTTPStatus.CONFLICT, "The alert can't take this step"),
    ProblemCode.CONFLICT: (HTTPStatus.CONFLICT, "It can't be done as things stand"),
    ProblemCode.IDEMPOTENCY_CONFLICT: (HTTPStatus.CONFLICT, "The Idempotency-Key is taken"),
    ProblemCode.TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The media type is not supported",
    ),
    ProblemCode.TOO_MANY_SUBSCRIPTIONS: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "There are too many subscriptions",
    ),
    ProblemCode.RATE_LIMITED: (HTTPStatus.TOO_MANY_REQUESTS, "There are too many requests"),
    ProblemCode.INTERNAL: (HTTPStatus.INTERNAL_SERVER_ERROR, "The edge failed"),
    ProblemCode.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "Something is away just now"),
}


class Refusal(Exception):
    """A request that is not met.

    Args:
        code: what kind of refusal.
        detail: a sentence for a person.
        faults: the fields to blame.
        headers: of the response.
    """

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = list(faults)
        self.headers = dict(headers or {})

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status."""
        return _KNOWN[self.code][0]

    @property
    def field(self) -> str | None:
        """The first field to blame."""
        return self.faults[0].field if self.faults else None


def invalid(field: str, message: str) -> Refusal:
    """Return the refusal of one field."""
    return Refusal(
        ProblemCode.INVALID_FIELD,
        f"{field}: {message}",
        faults=[Fault(field=field, message=message)],
    )


def not_found(what: str) -> Refusal:
    """Return the refusal of something that is not there, or not for the caller to see."""
    return Refusal(ProblemCode.NOT_FOUND, what)


def unavailable(detail: str, seconds: int = 2) -> Refusal:
    """Return the refusal of a request that may be met in `seconds`."""
    return Refusal(ProblemCode.UNAVAILABLE, detail, headers={"Retry-After": str(seconds)})


def without_postgres(error: PostgresUnavailable) -> Refusal:
    """Return the refusal of a request that PostgreSQL can't meet for now."""
    return unavailable(f"PostgreSQL {error.reason}", 1 if error.brief else 2)


def from_validation(error: msgspec.ValidationError) -> Refusal:
    """Put msgspec's words into a refusal that names the field."""
    what, _, where = str(error).partition(" - at `")
    path = where.rstrip("`").removeprefix("$").removeprefix(".").removeprefix("payload.")
    words = what.replace("`", "")
    if not path:
        # `Object missing required field `x`` and unknown fields name it in the text alone.
        path = what.split("`")[1] if what.count("`") >= 2 and "field" in what else ""
    words = words[:1].lower() + words[1:]
    if not path:
        return Refusal(ProblemCode.INVALID_FIELD, words)
    return invalid(path, words)


def problem_response(
    refusal: Refusal, instance: str, request_id: str, status: int | None = None
) -> Response:
    """Return the response that tells of `refusal`; by `status` where HTTP has a closer one."""
    usual, title = _KNOWN[refusal.code]
    status = status or usual
    problem = Problem(
        type=f"urn:tidemark:problem:{refusal.code}",
        title=title,
        status=status,
        detail=refusal.detail,
        code=refusal.code,
        instance=instance,
        request_id=request_id,
        errors=refusal.faults,
    )
    return Response(
        msgspec.json.encode(problem), status, media_type=MEDIA_TYPE, headers=refusal.headers
    )
