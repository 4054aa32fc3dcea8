"""Documents in, events out, and a tally of both."""

import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from feeds.adapters import parse
from feeds.document import Fault, Malformed, ParsedDocument
from feeds.door import FILES
from feeds.mapping import Mapping
from feeds.memory import Memory
from schemas.metrics import ABSENT, MetricEvent
from tidemark_client import Reporter

PATTERNS: Final = {
    "dbt": ("run_results.json", "sources.json"),
    "csv": ("*.csv",),
    "jsonl": ("*.jsonl", "*.ndjson"),
    "elementary": ("*.csv", "*.json", "*.jsonl"),
}
"""Files of each kind that are taken from a watched directory."""
JSON: Final = ("*.json",)


@dataclass
class Summary:
    """What came of a number of documents."""

    documents: int = 0
    events: int = 0
    faults: int = 0
    assets: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, parsed: ParsedDocument) -> None:
        """Count one document in."""
        self.documents += 1
        self.events += len(parsed.events)
        self.faults += len(parsed.faults)
        self.assets.update(event.asset_id for event in parsed.events)
        self.skipped.update(parsed.skipped)

    def __str__(self) -> str:
        return (
            f"{counted(self.events, 'event')} sent for {counted(len(self.assets), 'asset')}, "
            f"{counted(self.faults, 'fault')}"
        )

    def skips(self) -> list[str]:
        """Return what gave no metric although nothing is wrong with it, and how much of it."""
        return [f"skipped {number:,} {why}" for why, number in sorted(self.skipped.items())]


@dataclass(frozen=True, slots=True)
class Reading:
    """How documents are read: see `feeds.adapters.parse`."""

    kind: str
    mapping: Mapping
    asset: str | None = None
    manifest: Path | None = None
    memory: Memory = field(default_factory=Memory)

    def parse(self, body: bytes, beside: Path | None = None) -> ParsedDocument:
        """Parse a document; a dbt manifest that lies in its folder is used.

        Raises:
            OSError: the manifest can't be read.
        """
        file = self.manifest
        if file is None and self.kind == "dbt" and beside is not None:
            neighbour = beside.parent / "manifest.json"
            file = neighbour if neighbour.is_file() else None
        manifest = file.read_bytes() if file else None
        return parse(
            self.kind,
            body,
            mapping=self.mapping,
            asset=self.asset,
            manifest=manifest,
            door=FILES,
            memory=self.memory,
        )


class Ingest:
    """Reads documents and passes their events on.

    Args:
        send: takes each event.
        blame: told the document's name and each fault in it.
    """

    def __init__(
        self,
        reading: Reading,
        send: Callable[[MetricEvent], None],
        blame: Callable[[str, Fault], None],
    ) -> None:
        self._reading = reading
        self._send = send
        self._blame = blame
        self.summary = Summary()

    def file(self, file: Path) -> None:
        """Take in a file; one that can't be read is a fault."""
        try:
            FILES.check_size(file.stat().st_size)
            parsed = self._reading.parse(file.read_bytes(), file)
        except OSError as error:
            parsed = ParsedDocument(faults=[Fault(error.strerror or str(error))])
        except Malformed as error:
            parsed = ParsedDocument(faults=[error.fault])
        self._take(str(file), parsed)

    def body(self, name: str, body: bytes) -> None:
        """Take in a document that is no file."""
        self._take(name, self._reading.parse(body))

    def _take(self, name: str, parsed: ParsedDocument) -> None:
        # Sending may fail, and is then tried again with the whole document.
        for event in parsed.events:
            self._send(event)
        for fault in parsed.faults:
            self._blame(name, fault)
        self.summary.add(parsed)


class Watch:
    """Finds files of a directory that are new or changed, once they are no longer written.

    Nothing is remembered across restarts, nor need it be: event ids are the same again.
    """

    def __init__(self, directory: Path, kind: str) -> None:
        self._directory = directory
        self._patterns = PATTERNS.get(kind, JSON)
        self._seen: dict[Path, tuple[int, int]] = {}
        self._done: dict[Path, tuple[int, int]] = {}

    def ready(self) -> list[Path]:
        """Return the files that did not change since the last call, and were not returned yet."""
        now = dict(self._states())
        settled = [
            file
            for file, state in now.items()
            if self._seen.get(file) == state and self._done.get(file) != state
        ]
        self._seen = now
        self._done = {file: state for file, state in self._done.items() if file in now}
        self._done |= {file: now[file] for file in settled}
        return sorted(settled)

    def _states(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        for file in self._files():
            try:
                state = file.stat()
            except OSError:
                # Gone meanwhile, a link to itself, or in a folder that is closed to us.
                continue
            # Reading a pipe would wait for ever.
            if stat.S_ISREG(state.st_mode):
                yield file, (state.st_mtime_ns, state.st_size)

    def _files(self) -> set[Path]:
        found: set[Path] = set()
        for pattern in self._patterns:
            try:
                found.update(self._directory.rglob(pattern))
            except OSError:
                # A folder went away, or is closed to us: what was found stays, the rest is
                # found the next time.
                continue
        return found


def report(reporter: Reporter, event: MetricEvent) -> None:
    """Pass an event to the client as it is."""
    details: dict[str, Any] = {
        "timestamp": event.timestamp,
        "event_id": event.event_id,
        "asset_name": event.asset_name,
        "asset_type": event.asset_type,
        "source": event.source,
    }
    given = {name: value for name, value in details.items() if value is not None}
    if event.metadata is not ABSENT:
        given["metadata"] = msgspec.json.decode(event.metadata)
    reporter.report(event.asset_id, event.metric_type.value, event.value, **given)


def counted(number: int, noun: str) -> str:
    """Return `1 event`, `2 events`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
