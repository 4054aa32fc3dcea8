"""`tidemark backtest`: what other thresholds would have alerted over."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
import yaml
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from cli.database import run
from cli.moments import moment
from pipeline.settings import Settings, load_settings
from pipeline.thresholds import Frozen, ThresholdLookup, ThresholdOverride, Thresholds
from schemas.metrics import MetricEvent, MetricType

if TYPE_CHECKING:
    import psycopg

    from pipeline.backtest import Backtest, Difference, Told

    Pairs = list[tuple[Told | None, Told | None]]

SECOND = 1_000_000
WHEN = "WHEN"


class RuleFile(Frozen):
    """What a file of rules holds: as the settings of the same names; absent: as they are now."""

    thresholds: Thresholds | None = None
    threshold_overrides: tuple[ThresholdOverride, ...] | None = None


def backtest(
    rules: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="YAML with the new thresholds.")
    ],
    since: Annotated[
        datetime,
        typer.Option("--from", parser=moment, metavar=WHEN, help="30d, or 2025-01-31."),
    ],
    until: Annotated[
        datetime | None, typer.Option("--to", parser=moment, metavar=WHEN, help="Default: now.")
    ] = None,
    asset: Annotated[str | None, typer.Option(help="Asset id, or a glob: 'crm.*'.")] = None,
    warm_up: Annotated[
        float, typer.Option(min=0, help="Days before --from that are read for what came before.")
    ] = 1.0,
    limit: Annotated[int, typer.Option(min=0, help="Most alerts of each kind to list.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
) -> None:
    """Say which alerts new thresholds would have raised, dropped or changed.

    The events in PostgreSQL go through the detect stage twice, once under the thresholds
    of now and once under those of the file, whose keys are thresholds and
    threshold_overrides, written as in the settings:

    thresholds: {score_drop: {critical: 15, high: 8, medium: 4}}

    Nothing is written and nobody is told. Alerts over silence are not among them.
    """
    from api.exports.datasets import Wanted
    from pipeline.backtest import compare

    until = until or datetime.now(UTC)
    if since >= until:
        raise typer.BadParameter("must be before --to", param_hint="--from")
    settings = load_settings()
    before = ThresholdLookup(settings.thresholds, settings.threshold_overrides)
    tests = [_test(settings, lookup) for lookup in (before, _read(rules, settings))]
    wanted = Wanted(asset, None, since - timedelta(days=warm_up), until)
    events = run(lambda connection: _replay(connection, wanted, since, tests, before))
    old, new = (test.told for test in tests)
    difference = compare(old, new)
    if as_json:
        _tell_json(difference, old.values(), new.values(), events)
    else:
        _tell(difference, old.values(), new.values(), events, limit)


def _read(path: Path, settings: Settings) -> ThresholdLookup:
    try:
        given = RuleFile.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        sys.exit(f"tidemark: {path} is not YAML: {error}")
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        sys.exit(f"tidemark: {path}: " + "; ".join(faults))
    overrides = given.threshold_overrides
    return ThresholdLookup(
        given.thresholds or settings.thresholds,
        settings.threshold_overrides if overrides is None else overrides,
    )


def _test(settings: Settings, lookup: ThresholdLookup) -> "Backtest":
    from pipeline.backtest import Backtest
    from pipeline.operators.detect import Rules

    return Backtest(
        Rules(
            lookup, settings.recent_window, settings.max_event_bytes,
            int(settings.max_future_seconds * SECOND), lookup.derives_scores,
        )
    )  # fmt: skip


async def _replay(
    connection: "psycopg.AsyncConnection",
    wanted: Any,
    since: datetime,
    tests: "list[Backtest]",
    now: ThresholdLookup,
) -> int:
    """Read the history day by day, each asset's events in order; return how many counted."""
    from api.auth.scope import EVERYTHING
    from api.exports.datasets import HISTORY, chunks

    counted = 0
    console = Console(stderr=True)
    with console.status("reading") as status:
        async for chunk in chunks(connection, HISTORY, EVERYTHING, wanted):
            events = list(_events(chunk.rows, now))
            for count in (False, True):
                part = [event for event in events if (event.timestamp >= since) is count]
                for test in tests:
                    test.take(part, count=count)
            counted += sum(event.timestamp >= since for event in events)
            status.update(f"{chunk.place.day}: {counted:,} events")
    return counted


def _events(rows: list[tuple[Any, ...]], now: ThresholdLookup) -> Iterator[MetricEvent]:
    for asset_id, metric_type, value, timestamp, event_id, late, _ in rows:
        # Late events were not judged; derived scores are derived again.
        if late or (metric_type == MetricType.SCORE and now(asset_id).scoring.derive):
            continue
        yield MetricEvent(
            asset_id=asset_id,
            metric_type=MetricType(metric_type),
            value=value,
            timestamp=timestamp,
            event_id=event_id,
        )


def _tell_json(
    difference: "Difference", old: "Iterable[Told]", new: "Iterable[Told]", events: int
) -> None:
    volume = {"before": _volume(old), "after": _volume(new)}
    counts = {
        name: {f"{rule} {severity}": n for (rule, severity), n in counted.items()}
        for name, counted in volume.items()
    }
    report = {"events": events, **counts, **difference._asdict()}
    print(msgspec.json.format(msgspec.json.encode(report)).decode())  # noqa: T201


def _tell(
    difference: "Difference",
    old: "Iterable[Told]",
    new: "Iterable[Told]",
    events: int,
    limit: int,
) -> None:
    console = Console(width=None if Console().is_terminal else 200)
    before, after = _volume(old), _volume(new)
    table = Table("rule", "severity", "now", "new", title=f"Alerts over {events:,} events")
    for rule, severity in sorted({*before, *after}):
        table.add_row(rule, severity, str(before[rule, severity]), str(after[rule, severity]))
    table.add_section()
    table.add_row("all", "", str(before.total()), str(after.total()))
    console.print(table)
    pairs: dict[str, Pairs] = {
        "raised": [(None, one) for one in difference.raised],
        "dropped": [(one, None) for one in difference.dropped],
        "changed": [(one.before, one.after) for one in difference.changed],
    }
    for name, found in pairs.items():
        _list(console, name, found, limit)


def _list(console: Console, name: str, found: "Pairs", limit: int) -> None:
    if not found or not limit:
        return
    title = f"{len(found):,} {name}" + (f", the first {limit}" if len(found) > limit else "")
    table = Table("when", "asset", "rule", "severity", "message", title=title)
    for before, after in found[:limit]:
        one = after or before
        assert one is not None  # noqa: S101
        severities = [told.severity for told in (before, after) if told is not None]
        table.add_row(one.timestamp, one.asset_id, one.rule, " -> ".join(severities), one.message)
    console.print(table)


def _volume(told: "Iterable[Told]") -> Counter[tuple[str, str]]:
    return Counter((one.rule, one.severity) for one in told)
