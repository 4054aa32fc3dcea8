"""The examples run, as far as they go without their servers."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.unit.client.test_http import Edge

EXAMPLES = Path(__file__).parents[3] / "examples" / "ingestion"


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Edge]:
    edge = Edge()
    monkeypatch.setenv("TIDEMARK_URL", edge.url)
    yield edge
    edge.stop()


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def taken(edge: Edge) -> dict[tuple[str, str], float]:
    return {(event["assetId"], event["metricType"]): event["value"] for event in edge.taken}


def test_plain_script(edge: Edge, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,amount\nann,3\n,4\nbob,-1\ncy,5\n")
    script = EXAMPLES / "plain_script.py"
    subprocess.run(
        [sys.executable, script, orders], check=True, timeout=30,
        env=os.environ | {"TIDEMARK_URL": edge.url},
    )  # fmt: skip
    asset = "warehouse.sales.orders"
    assert taken(edge) == {
        (asset, "score"): 50.0,
        (asset, "completeness"): 75.0,
        (asset, "validity"): 75.0,
        (asset, "issues"): 2,
    }


def test_plain_script_without_tidemark_loads_all_the_same(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,amount\nann,3\n")
    done = subprocess.run(
        [sys.executable, EXAMPLES / "plain_script.py", orders],
        check=True, timeout=30, capture_output=True, text=True,
    )  # fmt: skip
    assert "nothing will be reported" in done.stderr


def airflow_context(**changes: Any) -> dict[str, Any]:
    task = SimpleNamespace(
        dag_id="shop", task_id="load", xcom_pull=lambda task_ids: {"rows": 200, "rejected": 10}
    )
    return {"task_instance": task, "params": {}, "run_id": "manual"} | changes


def test_airflow_callbacks(edge: Edge) -> None:
    callbacks = example("airflow_callback")
    callbacks.succeeded(airflow_context(params={"asset": "warehouse.sales.orders"}))
    assert taken(edge) == {
        ("warehouse.sales.orders", "score"): 95.0,
        ("warehouse.sales.orders", "issues"): 0,
    }
    edge.taken.clear()
    callbacks.failed(airflow_context(exception=RuntimeError("no disk")))
    assert taken(edge) == {("shop.load", "issues"): 1, ("shop.load", "timeliness"): 0}
    assert edge.taken[0]["metadata"]["error"] == "no disk"


class Frame:
    """As much of a DataFrame as the example asks of one; DuckDB answers the SQL."""

    def __init__(self, rows: str) -> None:
        duckdb = pytest.importorskip("duckdb")
        self._connection = duckdb.connect()
        self._rows = rows
        self.sparkSession = self
        self.sparkContext = SimpleNamespace(applicationId="app-1")

    def selectExpr(self, *expressions: str) -> "Frame":  # noqa: N802
        table = f"(VALUES {self._rows}) t(id, customer, amount)"
        self._result = self._connection.execute(f"SELECT {', '.join(expressions)} FROM {table}")
        return self

    def first(self) -> dict[str, int]:
        names = [column[0] for column in self._result.description]
        found = dict(zip(names, self._result.fetchone(), strict=True))
        self._connection.close()
        return found


def test_spark_driver(edge: Edge) -> None:
    example("spark_driver").report_quality(
        Frame("(1, 'a', 3.0), (2, 'b', NULL), (2, NULL, 5.0), (4, 'd', 6.0)")
    )
    asset = "warehouse.sales.orders"
    assert taken(edge) == {
        (asset, "completeness"): pytest.approx(100 * 10 / 12),
        (asset, "uniqueness"): 75.0,
        (asset, "score"): 75.0,
    }


def test_dagster_checks(edge: Edge) -> None:
    def evaluation(name: str, passed: bool) -> SimpleNamespace:
        key = SimpleNamespace(path=["sales", "orders"])
        return SimpleNamespace(asset_key=key, check_name=name, passed=passed)

    module = example("dagster_checks")
    module.report_checks([evaluation("fresh", True), evaluation("unique", False)], "run-1")
    assert taken(edge) == {("sales.orders", "score"): 50.0, ("sales.orders", "issues"): 1}
    assert edge.taken[0]["metadata"] == {"run": "run-1", "failed": ["unique"]}
