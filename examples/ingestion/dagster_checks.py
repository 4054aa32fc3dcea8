"""Dagster: report the asset checks of every run that ends.

TIDEMARK_URL=http://localhost:3002 dagster dev -f dagster_checks.py
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tidemark_client import Reporter

if TYPE_CHECKING:
    from dagster import AssetCheckEvaluation


def report_checks(evaluations: "Iterable[AssetCheckEvaluation]", run_id: str) -> None:
    """Report each asset's share of passed checks and the number of failed ones."""
    by_asset = defaultdict(list)
    for evaluation in evaluations:
        by_asset[".".join(evaluation.asset_key.path)].append(evaluation)
    with Reporter(source="dagster") as report:
        for asset, checks in by_asset.items():
            failed = [check.check_name for check in checks if not check.passed]
            about = {"run": run_id, "failed": failed}
            report.score(asset, 100 * (len(checks) - len(failed)) / len(checks), metadata=about)
            report.issues(asset, len(failed), metadata=about)


try:
    import dagster
except ModuleNotFoundError:
    dagster = None  # the function above needs no Dagster

if dagster is not None:

    @dagster.run_status_sensor(run_status=dagster.DagsterRunStatus.SUCCESS)
    def report_to_tidemark(context: "dagster.RunStatusSensorContext") -> None:
        """Run after every run that ends."""
        records = context.instance.get_records_for_run(
            context.dagster_run.run_id, of_type=dagster.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
        events = [record.event_log_entry.get_dagster_event() for record in records]
        report_checks([e.event_specific_data for e in events], context.dagster_run.run_id)

    defs = dagster.Definitions(sensors=[report_to_tidemark])
