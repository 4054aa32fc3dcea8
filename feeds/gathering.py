"""One set of metrics for each asset and moment that a document speaks of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from feeds.document import ParsedDocument
from feeds.finding import Finding
from feeds.findings import Occasion, add_events
from feeds.options import Options


@dataclass(slots=True)
class _Group:
    findings: list[Finding] = field(default_factory=list)
    # Dicts for the order: sets that remember it.
    identities: dict[str, None] = field(default_factory=dict)
    context: dict[str, dict[str, None]] = field(default_factory=dict)


class Gathering:
    """Gathers the findings of a document's runs.

    Whatever says something of an asset at a moment counts in the one score of that moment:
    two suites of a checkpoint, two analyses of a day, two scans of an export.
    """

    def __init__(self, options: Options, source: str, identity: str) -> None:
        self._options = options
        self._source = source
        self._identity = identity
        self._groups: dict[tuple[datetime, str], _Group] = {}

    def add(
        self,
        findings: Iterable[Finding],
        when: datetime | None,
        context: dict[str, str | None],
        identity: str | None = None,
    ) -> None:
        """Add what a run found; `when` is None where the document tells no time.

        `identity` is the run's own where it may come again in another document.
        """
        moment = when or self._options.received
        for finding in findings:
            asset = self._options.mapping.asset(finding.asset)
            group = self._groups.setdefault((moment, asset), _Group())
            group.findings.append(finding)
            group.identities[identity or f"{self._identity} {when}"] = None
            for name, value in context.items():
                if value:
                    group.context.setdefault(name, {})[value] = None

    def parsed(self) -> ParsedDocument:
        """Return the metrics, in the order of their moments.

        Raises:
            Malformed: there are too many of them.
        """
        parsed = ParsedDocument()
        for (moment, asset), group in sorted(self._groups.items(), key=lambda one: one[0][0]):
            context = {name: ", ".join(values) for name, values in group.context.items()}
            occasion = Occasion("\n".join(group.identities), self._source, moment, context)
            add_events(parsed, asset, group.findings, occasion, self._options.mapping)
            self._options.door.check_events(len(parsed.events))
        return parsed
