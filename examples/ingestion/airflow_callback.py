"""Airflow: report how a task ended, without a task ever failing for it.

In a DAG file:

    from airflow_callback import failed, succeeded

    @task(on_success_callback=succeeded, on_failure_callback=failed,
          params={"asset": "warehouse.sales.orders"})
    def load_orders():
        ...
        return {"rows": 1200, "rejected": 3}   # becomes the task's XCom

The address comes from TIDEMARK_URL or TIDEMARK_BROKERS in the worker's environment.
"""

from typing import Any

from tidemark_client import Reporter


def succeeded(context: dict[str, Any]) -> None:
    """Report the share of rows the task kept, from what it returned."""
    task = context["task_instance"]
    counts = task.xcom_pull(task_ids=task.task_id) or {}
    rows, rejected = counts.get("rows", 0), counts.get("rejected", 0)
    with Reporter(source="airflow") as report:
        score = 100 * (rows - rejected) / rows if rows else 100.0
        report.score(asset_of(context), score, metadata=about(context) | counts)
        report.issues(asset_of(context), 0, metadata=about(context))


def failed(context: dict[str, Any]) -> None:
    """Report an open issue and a table that is not as fresh as it should be."""
    why = {"error": str(context.get("exception"))[:500]}
    with Reporter(source="airflow") as report:
        report.issues(asset_of(context), 1, metadata=about(context) | why)
        report.timeliness(asset_of(context), 0, metadata=about(context) | why)


def asset_of(context: dict[str, Any]) -> str:
    """Return the task's parameter `asset`, else `dag.task`."""
    task = context["task_instance"]
    return str(context["params"].get("asset") or f"{task.dag_id}.{task.task_id}")


def about(context: dict[str, Any]) -> dict[str, Any]:
    """Return what tells this run from the others."""
    task = context["task_instance"]
    return {"dag": task.dag_id, "task": task.task_id, "run": context["run_id"]}
