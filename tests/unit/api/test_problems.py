from typing import Any

import msgspec
import pytest

from api.endpoint import decode_body
from api.nul import refuse_nul
from api.problems import Refusal, from_validation, problem_response
from schemas.lifecycle import BulkRequest, ResolveRequest
from schemas.problems import ProblemCode


@pytest.mark.parametrize(
    ("raw", "kind", "field"),
    [
        (b"{}", ResolveRequest, "resolution"),
        (b'{"resolution": 1}', ResolveRequest, "resolution"),
        (b'{"resolution": "x", "who": 1}', ResolveRequest, "who"),
        (b'{"action": "ignore", "filter": {"status": ["x"]}}', BulkRequest, "filter.status[0]"),
        (b'{"action": "ignore"}', BulkRequest, "filter"),
    ],
)
def test_a_refusal_names_the_field(raw: bytes, kind: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode_body(raw, kind)
    assert refused.value.code is ProblemCode.INVALID_FIELD
    assert refused.value.field == field


def test_what_is_not_of_the_kind_at_all() -> None:
    refusal = from_validation(msgspec.ValidationError("Expected `object`, got `array`"))
    assert refusal.detail == "expected object, got array"
    assert refusal.field is None


def test_u0000_is_found_wherever_it_is() -> None:
    text = ResolveRequest(resolution="a\0b")
    with pytest.raises(Refusal, match="resolution: holds"):
        refuse_nul(text, msgspec.json.encode(text))
    escaped = ResolveRequest(resolution="a\\u0000b")
    refuse_nul(escaped, msgspec.json.encode(escaped))
    nested = {"a": [1, {"b": "\0"}]}
    with pytest.raises(Refusal) as refused:
        refuse_nul(nested, msgspec.json.encode(nested))
    assert refused.value.field == "a[1].b"


@pytest.mark.parametrize("code", ProblemCode)
def test_every_code_has_a_problem(code: ProblemCode) -> None:
    response = problem_response(Refusal(code, "why"), "/x", "id")
    problem = msgspec.json.decode(response.body)
    assert response.media_type == "application/problem+json"
    assert problem["status"] == response.status_code >= 400
    assert problem["success"] is False
    assert (problem["type"], problem["detail"]) == (f"urn:tidemark:problem:{code}", "why")
