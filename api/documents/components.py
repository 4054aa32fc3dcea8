"""JSON Schema of the wire types, with names and descriptions for people."""

import functools
import inspect
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from schemas.metrics import EVENT_RULES, MetricEvent

TEMPLATE: Final = "#/components/schemas/{name}"
_GENERIC: Final = re.compile(r"\b(Page|One)_(\w+?)_")
_SUFFIX: Final = {"Page": "Page", "One": "Answer"}
_RULES: Final = {MetricEvent.__name__: EVENT_RULES}
"""What holds between fields, which their types can't say."""


def schemas_of(types: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the schema of each type, and of all they refer to by name."""
    schemas, components = msgspec.json.schema_components(
        [_describable(kind) for kind in types], ref_template=TEMPLATE
    )
    named = {_plain(name): _cleaned(schema) for name, schema in components.items()}
    for name, rules in _RULES.items():
        if name in named:
            named[name]["allOf"] = rules
    return [_cleaned(schema) for schema in schemas], dict(sorted(named.items()))


def parameters_of(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return the query parameters that a struct stands for, without what it refers to."""
    _, components = schemas_of([query])
    schema = components[query.__name__]
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _without_null(field),
            **({"style": "form", "explode": False} if _is_list(field) else {}),
        }
        for name, field in schema["properties"].items()
    ]


@functools.cache
def _describable(kind: Any) -> Any:
    """Return `kind`, or a twin of it whose defaults a JSON Schema can hold."""
    if not (inspect.isclass(kind) and issubclass(kind, msgspec.Struct)):
        return kind
    fields = msgspec.structs.fields(kind)
    if not any(isinstance(field.default, msgspec.Raw) for field in fields):
        return kind
    twin = [
        (field.name, field.type)
        if field.required
        else (
            field.name,
            field.type,
            msgspec.field(default_factory=dict)
            if isinstance(field.default, msgspec.Raw)
            else field.default,
        )
        for field in fields
    ]
    described = {"__doc__": kind.__doc__}
    return msgspec.defstruct(kind.__name__, twin, rename="camel", kw_only=True, namespace=described)


def _plain(name: str) -> str:
    return _GENERIC.sub(lambda match: match[2] + _SUFFIX[match[1]], name)


def _cleaned(node: Any) -> Any:
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    cleaned = {key: _cleaned(value) for key, value in node.items()}
    if isinstance(cleaned.get("$ref"), str):
        cleaned["$ref"] = _plain(cleaned["$ref"])
    if isinstance(cleaned.get("title"), str) and "[" in cleaned["title"]:
        cleaned.pop("title")
    if isinstance(cleaned.get("description"), str):
        cleaned["description"] = inspect.cleandoc(cleaned["description"])
    return cleaned


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is left out, it is not null."""
    options = [one for one in field.get("anyOf", ()) if one.get("type") != "null"]
    schema = options[0] if len(options) == 1 else field
    if "default" in field and field["default"] is not None:
        schema = schema | {"default": field["default"]}
    return schema


def _is_list(field: dict[str, Any]) -> bool:
    return _without_null(field).get("type") == "array"
