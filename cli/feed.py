"""`tidemark feed`: put measurements in."""

import typer

from cli import feed_sample

feed = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Put measurements in: from a sample job, other tools' results, or SQL checks.

Events go to the Kafka of the settings (TIDEMARK_KAFKA_BROKERS), or over HTTP to an edge
with `--url http://host:port`.

Examples:

    tidemark feed sample --pace 1

Without a feed of your own, see what Tidemark does on the flights of New York.
""",
)
feed.command("sample")(feed_sample.sample)
