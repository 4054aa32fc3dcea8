"""Spark: measure a DataFrame on the cluster, report from the driver.

    spark-submit spark_driver.py s3://warehouse/orders

Only the driver reports; executors never see the client.
"""

import sys
from typing import TYPE_CHECKING

from tidemark_client import Reporter

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ASSET = "warehouse.sales.orders"
REQUIRED = ("id", "customer", "amount")


def report_quality(orders: "DataFrame", asset: str = ASSET) -> None:
    """Report how complete and how unique the orders are, counted in one pass."""
    filled = [f"count({column}) AS {column}" for column in REQUIRED]
    counts = orders.selectExpr("count(*) AS total", "count(DISTINCT id) AS ids", *filled).first()
    total = counts["total"]
    if total == 0:
        return
    completeness = 100 * sum(counts[column] for column in REQUIRED) / (total * len(REQUIRED))
    uniqueness = 100 * counts["ids"] / counts["id"] if counts["id"] else 100.0
    with Reporter(source="spark") as report:
        about = {"rows": total, "application": orders.sparkSession.sparkContext.applicationId}
        report.completeness(asset, completeness, metadata=about)
        report.uniqueness(asset, uniqueness, metadata=about)
        report.score(asset, min(completeness, uniqueness), metadata=about)


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("report-orders").getOrCreate()
    report_quality(spark.read.parquet(sys.argv[1]))
    spark.stop()
