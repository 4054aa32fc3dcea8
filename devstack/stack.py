"""Kafka and PostgreSQL together, on data below one folder, for one owner at a time."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from devstack.errors import DevstackError
from devstack.jars import kafka_libs
from devstack.kafka import KafkaServer
from devstack.postgres import PostgresServer
from pipeline.private import private_folder


class Stack:
    """Both servers, started when entered and stopped when left.

    Args:
        folder: everything is kept below it and found again by the next start.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock: IO[str] | None = None
        self._servers: tuple[KafkaServer, PostgresServer] | None = None

    def __enter__(self) -> Self:
        """Start both.

        Raises:
            DevstackError: something is missing, or another process owns the folder.
        """
        # Root's PostgreSQL runs as another account, which must get through to its own folder.
        private_folder(self.folder, 0o711 if os.geteuid() == 0 else 0o700)
        self._lock = _lock(self.folder / "lock")
        kafka = KafkaServer(self.folder / "kafka" / "home", kafka_libs(self.folder / "kafka"))
        postgres = PostgresServer(self.folder / "postgres")
        self._servers = kafka, postgres
        try:
            with ThreadPoolExecutor(2) as pool:
                for started in [pool.submit(kafka.start), pool.submit(postgres.start)]:
                    started.result()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop both."""
        self._stop()

    def environment(self) -> dict[str, str]:
        """Return the settings that point Tidemark's processes at the servers."""
        if self._servers is None:
            raise DevstackError("the stack is not running")
        kafka, postgres = self._servers
        return {
            "TIDEMARK_KAFKA_BROKERS": kafka.brokers,
            "TIDEMARK_DATABASE_URL": postgres.url,
            "TIDEMARK_STATE_DIR": str(self.folder / "state"),
        }

    def _stop(self) -> None:
        for server in self._servers or ():
            server.stop()
        self._servers = None
        if self._lock:
            self._lock.close()
            self._lock = None


def _lock(path: Path) -> IO[str]:
    """Take the folder's lock, which the kernel frees however its holder ends."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            file.seek(0)
            owner = file.read() or "unknown"
        raise DevstackError(
            f"another `tidemark dev` (process {owner}) is running on {path.parent}: stop it first"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
