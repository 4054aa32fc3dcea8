"""`tidemark notify`: tell people of alerts; try a channel; keys for channels' secrets."""

import logging
import sys
from typing import Annotated

import typer

from cli.database import told
from pipeline.log import configure_logging
from pipeline.settings import load_settings

notify = typer.Typer(
    invoke_without_command=True,
    help="Tell people of alerts: run it, or try a channel.",
)


@notify.callback()
def run(context: typer.Context) -> None:
    """Run the notifier: alerts from Kafka to the channels that people subscribed.

    Start as many as there are partitions; each message is sent by one of them. Without a
    command it runs until it is stopped.
    """
    if context.invoked_subcommand is not None:
        return
    from agents.notifier import build_notifier
    from pipeline.app import run as run_app
    from sinks.notifications.monitor import REGISTRY

    settings = load_settings()
    configure_logging(settings, "notify")
    if settings.log_level != "debug":
        # It tells every attempt to reconnect; the notifier tells the first and the last.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    run_app(lambda: build_notifier(settings), settings, REGISTRY, "notify")


@notify.command()
def test(
    channel: Annotated[
        str, typer.Argument(help="A channel's name or id, or an address to try before it is one.")
    ],
) -> None:
    """Send a test message to one channel, now, and say what came of it."""
    from sinks.notifications.senders.target import DeliveryError
    from sinks.notifications.trial import UnknownChannelError, try_channel

    settings = load_settings()
    configure_logging(settings, "notify")
    try:
        sent_to = told(lambda: try_channel(settings, channel))
    except (UnknownChannelError, DeliveryError) as error:
        sys.exit(f"tidemark: {error}")
    print(f"sent to {sent_to}")  # noqa: T201


@notify.command("new-key")
def new_key() -> None:
    """Make a key for TIDEMARK_SECRET_KEY, which encrypts the addresses of channels."""
    from pipeline.channels.sealing import new_key as make

    print(make())  # noqa: T201


@notify.command("rotate-keys")
def rotate_keys() -> None:
    """Encrypt every channel anew with the first key of TIDEMARK_SECRET_KEY.

    Afterwards the keys that follow it can be dropped.
    """
    from pipeline.channels.sealing import SealError
    from sinks.notifications.keys import renew_all

    settings = load_settings()
    configure_logging(settings, "notify")
    try:
        count = told(lambda: renew_all(settings))
    except SealError as error:
        sys.exit(f"tidemark: {error}")
    print(f"{count} channel{'' if count == 1 else 's'} encrypted with the first key")  # noqa: T201
