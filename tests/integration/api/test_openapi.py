"""schemathesis over the whole OpenAPI document: no 5xx, and every answer as described."""

import asyncio
from typing import Any

import hypothesis
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.documents.openapi import openapi
from schemas.alerts import AlertStatus
from tests.integration.api.conftest import RunningEdge, Stream, an_alert

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 25


async def test_every_operation(edge: RunningEdge, stream: Stream) -> None:
    known = [an_alert(f"warehouse.t{n}", n, status=status) for n, status in enumerate(AlertStatus)]
    await stream.store(*known)
    schema = schemathesis.openapi.from_dict(openapi())
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        await asyncio.to_thread(check, operation, edge.url, [str(alert.id) for alert in known])


def check(operation: Any, url: str, alerts: list[str]) -> None:
    """Call one operation with generated requests, half of them about alerts that are there."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(), pick=hypothesis.strategies.integers(0, 7))
    def call(case: Any, pick: int) -> None:
        if "alert_id" in case.path_parameters and pick < len(alerts):
            case.path_parameters["alert_id"] = alerts[pick]
        response = case.call(base_url=url)
        case.validate_response(response, checks=CHECKS)

    call()
