"""Problems: what REST answers when it refuses (RFC 9457), and the codes a socket is told."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct


class ProblemCode(StrEnum):
    """What went wrong, for programs; the same codes in REST problems and socket errors."""

    BAD_REQUEST = "bad_request"
    INVALID_JSON = "invalid_json"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_TYPE = "unknown_type"
    NOT_AUTHENTICATED = "not_authenticated"
    NOT_ALLOWED = "not_allowed"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    HOST_NOT_ALLOWED = "host_not_allowed"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    STEP_NOT_POSSIBLE = "step_not_possible"
    CONFLICT = "conflict"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"
    RATE_LIMITED = "rate_limited"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


class Fault(Struct, rename="camel", kw_only=True):
    """One field and what is wrong with it."""

    field: str
    message: str


class Problem(Struct, rename="camel", kw_only=True, omit_defaults=False):
    """An RFC 9457 problem, sent as `application/problem+json`.

    `type` is `urn:tidemark:problem:<code>`. `request_id` is also in the
    `X-Request-Id` header and in the edge's log.
    """

    type: str
    title: str
    status: int
    detail: str
    code: ProblemCode
    instance: str
    request_id: str
    errors: list[Fault] = []
    success: Literal[False] = False
