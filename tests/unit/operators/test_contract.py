"""The published schema and the door say the same of a metric event."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.operators.validate import InvalidEvent, decode_event
from schemas.metrics import MetricType
from tests.conftest import ROOT
from tests.unit.operators.events import payload

SCHEMA = json.loads((ROOT / "schemas/json/metric-event.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
EXTREMES = [
    0.0, -0.0, 5e-324, 1e-320, 2.3e-308, 1e-31, 1e-30, 1e-9, 99.99999999999999, 100.0,
    100.00000000000001, 2.0**53, 2.0**53 + 2, 1e30, 1.0000000000000001e30, 1e31, 1e154, 1e308,
]  # fmt: skip
LABELS = ("assetId", "assetName", "assetType", "source")


def accepted(raw: bytes) -> bool:
    try:
        decode_event(raw, 64 * 1024)
    except InvalidEvent:
        return False
    return True


@pytest.mark.parametrize("metric", MetricType)
@pytest.mark.parametrize("value", [*EXTREMES, *(-value for value in EXTREMES)])
def test_values_at_their_extremes(metric: MetricType, value: float) -> None:
    raw = payload(value, metric)
    assert accepted(raw) == VALIDATOR.is_valid(json.loads(raw))


@given(metric=st.sampled_from(list(MetricType)), value=st.floats() | st.integers())
def test_values(metric: MetricType, value: float) -> None:
    raw = payload(value, metric)
    told: Any = json.loads(raw, parse_constant=str)
    assert accepted(raw) == VALIDATOR.is_valid(told)


@given(field=st.sampled_from(LABELS), text=st.text(max_size=300))
@example("assetId", "a\n")
@example("source", "\u2028")
@example("assetName", "\x7f")
@example("assetType", "\xad")
def test_names(field: str, text: str) -> None:
    raw = payload(1, **{field: text})
    assert accepted(raw) == VALIDATOR.is_valid(json.loads(raw))
