"""What a run of the fuzzer counts and complains of."""

import re
from collections import Counter
from dataclasses import dataclass, field

import httpx

MOST_TOLD = 20
STALL_SECONDS = 0.25
_LAG = re.compile(r"^tidemark_event_loop_(lag|held)_longest_seconds (\S+)$", re.MULTILINE)


@dataclass
class Figures:
    """Counts by kind and outcome, and what must not happen."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def saw(self, kind: str, outcome: str) -> None:
        """Count one request, connection or frame."""
        self.counts[kind, outcome] += 1

    def fault(self, what: str) -> None:
        """Keep what must not happen."""
        self.counts["fault", what[:40]] += 1
        if len(self.faults) < MOST_TOLD:
            self.faults.append(what[:2000])

    def total(self, kind: str) -> int:
        """Return how many of a kind there were."""
        return sum(count for (each, _), count in self.counts.items() if each == kind)

    def told(self) -> str:
        """Return the figures as lines."""
        lines = []
        for kind in sorted({kind for kind, _ in self.counts}):
            outcomes = sorted((o, n) for (k, o), n in self.counts.items() if k == kind)
            lines.append(
                f"{kind:8} {self.total(kind):9,}  " + ", ".join(f"{o}: {n:,}" for o, n in outcomes)
            )
        return "\n".join(lines + [f"FAULT    {fault}" for fault in self.faults])


def lags(url: str) -> dict[str, float]:
    """Return the longest lag of the edge's event loop, and for how long its own work held it."""
    found = httpx.get(f"{url}/metrics", timeout=30).text
    return {name: float(value) for name, value in _LAG.findall(found)}
