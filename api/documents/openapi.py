"""The OpenAPI 3.1 document of REST."""

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

from api.documents.components import parameters_of, schemas_of
from api.endpoint import JSON, Endpoint
from api.exports.datasets import DATASETS
from api.problems import MEDIA_TYPE
from api.routes import ENDPOINTS
from feeds.adapters import ADAPTERS
from schemas.metrics import MetricEvent
from schemas.problems import Problem

_IDS: Final = re.compile(r"{((?!asset)\w+_id)}")
VERSION: Final = "1.0.0"

_STATUSES: Final = {
    "400": "The request is not well-formed",
    "401": "Authentication is needed",
    "403": "The token or the page's origin does not allow this",
    "404": "There is no such thing",
    "409": "The alert can't take this step, or the Idempotency-Key is taken",
    "413": "The body is too large",
    "415": "The media type is not supported",
    "422": "A field is invalid",
    "429": "Too many requests; Retry-After says when to come back",
    "503": "Kafka or PostgreSQL is away; Retry-After says when to come back",
}


def openapi() -> dict[str, Any]:
    """Return the document."""
    types = [endpoint.answer for endpoint in ENDPOINTS if not endpoint.media]
    types += [e.body for e in ENDPOINTS if e.body not in (None, bytes)]
    types += [endpoint.query for endpoint in ENDPOINTS]
    _, components = schemas_of([*types, Problem, MetricEvent])
    for endpoint in ENDPOINTS:
        components.pop(endpoint.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidemark",
            "version": VERSION,
            "description": "Real-time data quality: metrics in, alerts and history out.",
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": components,
            "responses": {
                status: {
                    "description": description,
                    "content": {MEDIA_TYPE: {"schema": _ref("Problem")}},
                }
                for status, description in _STATUSES.items()
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key (`tidemark keys create`) or a JWT of the issuer.",
                }
            },
        },
        "security": [{"bearer": []}, {}],
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        path = endpoint.address.replace(":anything}", "}")
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return paths


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    summary, _, more = inspect.getdoc(endpoint.handler).partition("\n\n")  # type: ignore[union-attr]
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.handler.__module__.split('.')[-1]}_{endpoint.handler.__name__}",
        "tags": [endpoint.path.split("/")[1]],
        "summary": summary,
        "description": " ".join([*more.split(), f"Permission: {endpoint.permission}."]),
        "parameters": list(_parameters(endpoint)),
        "responses": _responses(endpoint),
    }
    body = _body(endpoint)
    if body is not None:
        operation["requestBody"] = body
    return operation


def _parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    for name in _IDS.findall(endpoint.path):
        yield _in_path(name, {"type": "string", "format": "uuid"})
    if "{dataset}" in endpoint.path:
        yield _in_path("dataset", {"type": "string", "enum": list(DATASETS)})
    if "{kind}" in endpoint.path:
        yield _in_path("kind", {"type": "string", "enum": list(ADAPTERS)})
    if "{asset_id" in endpoint.path:
        yield _in_path("asset_id", {"type": "string", "minLength": 1, "maxLength": 255})
    yield from parameters_of(endpoint.query)
    if endpoint.step:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Sent again with the same request, it answers as the first time.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(endpoint.status): {"description": "What was asked for", "content": _content(endpoint)}
    }
    if endpoint.method == "GET" and endpoint.cached:
        responses["304"] = {"description": "It has not changed since the ETag that was sent"}
    refusals = {"400", "401", "403", "404", "422", "429", "503"}
    if endpoint.method != "GET":
        refusals |= {"409", "413", "415"}
    for status in sorted(refusals):
        responses[status] = {"$ref": f"#/components/responses/{status}"}
    return responses


def _content(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.media:
        return {media: {"schema": {"type": "string"}} for media in endpoint.media}
    (answer,), _ = schemas_of([endpoint.answer])
    return {JSON: {"schema": answer}}


def _body(endpoint: Endpoint) -> dict[str, Any] | None:
    if endpoint.body is None:
        return None
    if endpoint.body is not bytes:
        (schema,), _ = schemas_of([endpoint.body])
        required = bool(schemas_of([endpoint.body])[1][endpoint.body.__name__].get("required"))
        return {"required": required, "content": {JSON: {"schema": schema}}}
    content = {media: {"schema": schema} for media, schema in endpoint.takes.items()}
    return {"required": True, "content": content}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
