"""`tidemark feed`: put measurements in."""

import typer

from cli import feed_files, feed_sample, feed_sql

feed = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Put measurements in: a sample job, other tools' results, or SQL checks.

Events go to the Kafka of the settings (TIDEMARK_KAFKA_BROKERS), or over HTTP to an edge
with --url.

- `tidemark feed sample` shows Tidemark at work on the flights of New York
- `tidemark feed dbt target/run_results.json` takes in a dbt run
- `tidemark feed soda --watch results/` takes in whatever appears there
- `curl -s $REPORT | tidemark feed csv - --url http://localhost:3002` reads standard input
- `tidemark feed great-expectations result.json --dry-run` shows what would be sent
- `tidemark feed sql checks.yaml` runs SQL checks on a schedule
""",
)
feed.command("sample")(feed_sample.sample)
feed_files.add_kinds(feed)
feed.command("sql")(feed_sql.sql)
