import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis

from api.documents.asyncapi import asyncapi
from api.documents.export import documents
from api.documents.openapi import openapi
from api.documents.page import reading_page
from api.routes import ENDPOINTS
from schemas.websocket import PUSHES, REPLIES, REQUESTS
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("path", "text"), list(documents()), ids=lambda value: getattr(value, "name", "")
)
def test_what_is_exported_is_what_the_code_says(path: Path, text: str) -> None:
    assert path.read_text() == text, "run: python -m api.documents.export"


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                target: Any = document
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = target[part.replace("~1", "/")]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(document)


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_schemas_are_valid(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_openapi_document_is_one() -> None:
    schemathesis.openapi.from_dict(openapi()).validate()


def test_the_asyncapi_document_is_one() -> None:
    specs = ROOT / "dashboard/node_modules/@asyncapi/specs/schemas"
    schema = json.loads((specs / f"{asyncapi()['asyncapi']}.json").read_text())
    jsonschema.Draft7Validator(schema).validate(asyncapi())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(asyncapi() | {"channels": []})


def test_every_endpoint_and_message_is_described() -> None:
    described = sum(len(methods) for methods in openapi()["paths"].values())
    assert described == len(ENDPOINTS)
    operations = [o for methods in openapi()["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(ENDPOINTS)
    messages = asyncapi()["components"]["messages"]
    assert {f"to_{name}" for name in REQUESTS} <= set(messages)
    assert {f"from_{name}" for name in (*REPLIES, *PUSHES)} <= set(messages)


def test_the_page_shows_every_operation_and_escapes() -> None:
    document = openapi()
    document["info"]["description"] = "<script>"
    page = reading_page(document)
    assert "<script>" not in page
    assert page.count("<details id='") >= len(ENDPOINTS)
