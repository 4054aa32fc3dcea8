"""`tidemark dev`: all of Tidemark on this machine, what `make run` runs."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from devstack.services import Services
    from devstack.stack import Stack

FOLDER = Path(".tidemark")
_READY_EVERY = 0.2
_TELL_EVERY = 15.0


class Feed(StrEnum):
    """What fills the pipeline."""

    SAMPLE = "sample"
    NONE = "none"


class _Stop(BaseException):
    """The person or the system asked us to end."""


Port = Annotated[int | None, typer.Option(help="Port of the edge.", show_default="3002")]
FeedOption = Annotated[Feed, typer.Option(help="Replay the sample data, or nothing.")]
Servers = Annotated[
    bool, typer.Option("--servers-only", help="Start only Kafka and PostgreSQL, migrated.")
]


def dev(feed: FeedOption = Feed.SAMPLE, port: Port = None, servers_only: Servers = False) -> None:
    """Run everything on this machine: Kafka, PostgreSQL, all of Tidemark and a feed.

    Data is kept in .tidemark and found again by the next start. Ctrl-C or SIGTERM stops
    everything.
    """
    try:
        from devstack import services, stack  # noqa: F401 - they need what may be missing
        from devstack.errors import DevstackError
    except ModuleNotFoundError as error:  # an image for production
        sys.exit(f"tidemark: {error.name} is missing: install the dependency group devstack")
    try:
        with _stoppable():
            _run(feed, port, servers_only)
    except _Stop:
        _say("stopped")
    except DevstackError as error:
        sys.exit(f"tidemark: {error}")


def _run(feed: Feed, port: int | None, servers_only: bool) -> None:
    from devstack.jars import kafka_version
    from devstack.stack import Stack

    begun = time.monotonic()
    wanted = load_settings() if port is None else load_settings(http_port=port)
    if not servers_only:
        _check_port(wanted.http_port)
    _say(f"starting Kafka {kafka_version()} and PostgreSQL (data in {FOLDER}/)")
    with Stack(FOLDER) as stack:
        environment = _settings(stack, wanted)
        _say(f"Kafka and PostgreSQL answer ({time.monotonic() - begun:.1f} s)")
        _migrate(stack.folder, environment)
        if servers_only:
            _hold(stack.environment())
        else:
            _serve(feed, stack.folder, environment, begun)


def _settings(stack: "Stack", wanted: Settings) -> dict[str, str]:
    url = f"http://127.0.0.1:{wanted.http_port}"
    settings = stack.environment() | {
        "TIDEMARK_HTTP_PORT": str(wanted.http_port),
        "TIDEMARK_DASHBOARD_URL": wanted.dashboard_url or url,
        "TIDEMARK_SECRET_KEY": _secret_key(stack.folder, wanted),
        # After a crash the worker need not wait for its predecessor's session to end.
        "TIDEMARK_INSTANCE_ID": os.environ.get("TIDEMARK_INSTANCE_ID", "dev"),
    }
    if sys.stdout.isatty():
        settings["TIDEMARK_LOG_FORMAT"] = os.environ.get("TIDEMARK_LOG_FORMAT", "console")
    return settings


def _secret_key(folder: Path, wanted: Settings) -> str:
    """Return the key that is set, or one of this stack's own, made the first time."""
    if wanted.secret_key:
        return wanted.secret_key.get_secret_value()
    from pipeline.channels.sealing import new_key
    from pipeline.private import FILE, write_private

    kept = folder / "secret-key"
    if not kept.exists():
        write_private(kept, new_key())
    kept.chmod(FILE)
    return kept.read_text()


def _check_port(port: int) -> None:
    from devstack.errors import DevstackError
    from devstack.ports import is_free

    if port == 0:
        raise DevstackError("give the edge a port: PORT=3002")
    if not is_free(port):
        raise DevstackError(
            f"port {port} is in use: choose another, say `make run PORT={port + 1}`"
        )


def _migrate(folder: Path, environment: dict[str, str]) -> None:
    from devstack.errors import DevstackError
    from devstack.services import service_environment

    _say("preparing topics and tables")
    run = subprocess.run(
        [sys.executable, "-m", "cli.main", "migrate"],
        env=service_environment(folder, environment),
        check=False,
    )
    if run.returncode:
        raise DevstackError("`tidemark migrate` failed, see above")


def _hold(servers: dict[str, str]) -> None:
    for name, value in servers.items():
        print(f"export {name}={shlex.quote(value)}", flush=True)  # noqa: T201
    _say("ready; Ctrl-C stops both")
    threading.Event().wait()


def _serve(feed: Feed, folder: Path, environment: dict[str, str], begun: float) -> None:
    from devstack.services import Services

    names = ["worker", "sink", "notify", "edge", *(["feed"] if feed is Feed.SAMPLE else [])]
    _say(f"starting {', '.join(names)}")
    services = Services(names, folder, environment, _say)
    url = f"http://127.0.0.1:{environment['TIDEMARK_HTTP_PORT']}"
    watch = threading.Thread(target=_announce, args=(services, url, begun), daemon=True)
    try:
        services.start()
        watch.start()
        services.wait()
    finally:
        _say("stopping")
        services.stop()


def _announce(services: "Services", url: str, begun: float) -> None:
    """Say when the edge is ready, and now and then what it still waits for."""
    from devstack.services import not_ready

    told = begun
    while services.running():
        reason = not_ready(url)
        now = time.monotonic()
        if reason is None:
            _say(f"ready at {url} ({now - begun:.1f} s)")
            return
        if now - told > _TELL_EVERY:
            _say(f"not ready yet: {reason}")
            told = now
        time.sleep(_READY_EVERY)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turn the first Ctrl-C, SIGTERM or hang-up into an exception."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        # A second one must not cut the cleaning up short.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise _Stop

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        signal.signal(number, stop)
    yield


def _say(what: str) -> None:
    print(f"tidemark: {what}", flush=True)  # noqa: T201
