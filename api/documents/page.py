"""A page that shows the OpenAPI document to people, made on the server: no script, no CDN."""

import json
from html import escape
from typing import Any, Final

_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color-scheme:light dark}
code,pre{font:13px/1.4 ui-monospace,monospace}pre{overflow-x:auto;padding:.7rem;
border:1px solid #8884;border-radius:6px}
details{border:1px solid #8884;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}b.method{display:inline-block;min-width:3.2rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.2rem .6rem .2rem 0;border-bottom:1px solid #8883}
"""


def reading_page(document: dict[str, Any]) -> str:
    """Return the page as HTML."""
    info = document["info"]
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = [_schema(name, one) for name, one in document["components"]["schemas"].items()]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])} As <a href='/api/openapi.json'>OpenAPI 3.1</a>; "
        "topics and WebSocket as <a href='/api/asyncapi.json'>AsyncAPI 3.0</a>.</p>"
        f"<h2>Endpoints</h2>{''.join(operations)}<h2>Types</h2>{''.join(schemas)}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation['description'])}</p>"]
    if operation["parameters"]:
        rows = "".join(map(_parameter, operation["parameters"]))
        parts.append(f"<table><tr><th>parameter<th>in<th>type{rows}</table>")
    if "requestBody" in operation:
        parts.append(f"<p>Body: {_media(operation['requestBody']['content'])}</p>")
    answers = [
        f"<tr><td>{escape(status)}<td>{_media(response['content'])}"
        for status, response in operation["responses"].items()
        if "content" in response
    ]
    parts.append(f"<table><tr><th>status<th>answer{''.join(answers)}</table>")
    return (
        f"<details id='{escape(operation['operationId'])}'><summary>"
        f"<b class='method'>{method.upper()}</b> <code>{escape(path)}</code> "
        f"{escape(operation['summary'])}</summary>{''.join(parts)}</details>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    star = " *" if parameter["required"] else ""
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code>{star}<td>{escape(parameter['in'])}"
        f"<td>{_kind(parameter['schema'])}"
    )


def _media(content: dict[str, Any]) -> str:
    return "; ".join(
        f"<code>{escape(media)}</code> {_kind(one['schema'])}" for media, one in content.items()
    )


def _kind(schema: dict[str, Any]) -> str:
    """Return a schema in a few words, references as links."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"<a href='#schema-{escape(name)}'>{escape(name)}</a>"
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    words = [str(schema.get("format") or schema.get("type") or "any")]
    words += [
        f"{name} {schema[name]}"
        for name in ("minimum", "maximum", "minLength", "maxLength", "default")
        if schema.get(name) is not None
    ]
    return escape(", ".join(words))


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = json.dumps({k: v for k, v in schema.items() if k != "description"}, indent=2)
    return (
        f"<details id='schema-{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"<p>{escape(schema.get('description', ''))}</p><pre>{escape(text)}</pre></details>"
    )
