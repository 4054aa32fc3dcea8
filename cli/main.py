"""Entry point of the `tidemark` command.

Every subcommand lives in a file of its own and imports what is heavy (Faust,
Starlette) only when it runs, so that `--help` answers at once.
"""

import os
import sys

import typer

from cli import (
    backtest,
    dead_letters,
    dev,
    doctor,
    edge,
    export,
    feed,
    forecast,
    keys,
    learn,
    migrate,
    notify,
    restore,
    settings,
    sink,
    worker,
)
from cli.ending import end
from pipeline.faults import ExitCode, Fault
from pipeline.settings import SettingsError, misspelt

app = typer.Typer(
    name="tidemark",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("dev")(dev.dev)
app.command("migrate")(migrate.migrate)
app.command("worker")(worker.worker)
app.command("sink")(sink.sink)
app.command("edge")(edge.edge)
app.add_typer(notify.notify, name="notify")
app.add_typer(keys.keys, name="keys")
app.add_typer(dead_letters.dead_letters, name="dead-letters")
app.add_typer(feed.feed, name="feed")
app.command("forecast")(forecast.forecast)
app.command("learn")(learn.learn)
app.command("backtest")(backtest.backtest)
app.command("export")(export.export)
app.command("restore")(restore.restore)
app.command("doctor")(doctor.doctor)
app.command("settings")(settings.settings)


@app.callback()
def tidemark() -> None:
    """Real-time data-quality monitoring as a stream pipeline."""


def main() -> None:
    """Run the command; a setting or a server that keeps it from working ends it with one line."""
    for variable, setting in misspelt(os.environ):
        told = f"tidemark: warning: {variable} is not a setting; did you mean {setting}?"
        print(told, file=sys.stderr)  # noqa: T201
    try:
        app()
    except SettingsError as error:
        end(error, ExitCode.MISFIT)
    except Fault as fault:
        end(fault, fault.code)


if __name__ == "__main__":
    main()
