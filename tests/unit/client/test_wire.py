"""The client's wire types are what schemas/ says."""

import importlib.util
from pathlib import Path

import tidemark_client
from schemas import metrics
from tidemark_client import wire

CLIENT = Path(__file__).parents[3] / "client"


def test_generated_module_is_current() -> None:
    spec = importlib.util.spec_from_file_location("generate_wire", CLIENT / "generate_wire.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.TARGET.read_text() == generator.render(), "run python client/generate_wire.py"


def test_metric_types_and_percent_metrics_agree() -> None:
    assert [m.value for m in wire.MetricType] == [m.value for m in metrics.MetricType]
    assert {str(m) for m in wire.PERCENT_METRICS} == {str(m) for m in metrics.PERCENT_METRICS}


def test_every_metric_type_has_its_method() -> None:
    for metric in wire.MetricType:
        assert callable(getattr(tidemark_client.Reporter, metric.value))
