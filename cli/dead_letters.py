"""`tidemark dead-letters`: read what was refused, and send it back."""

import asyncio
import getpass
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.ending import end
from cli.moments import moment
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from pipeline.dead_letters.archive import Archive, Span
    from pipeline.dead_letters.letter import DeadLetter, Selection
    from pipeline.dead_letters.redrive import Fitness, Survey

dead_letters = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Read what was refused, and send it back.

A record that can't be an event is kept byte for byte, with the reason,
until the retention of the topic `<prefix>.dead-letters` ends.

- `tidemark dead-letters list --since 2h --reason timestamp`
- `tidemark dead-letters show 2-117` shows one, `--raw` its bytes alone
- `tidemark dead-letters redrive --asset 'warehouse.*' --dry-run` says what would go back
""",
)

Reason = Annotated[str | None, typer.Option(help="Part of the reason, in any case.")]
Asset = Annotated[str | None, typer.Option(help="Asset or key; a glob such as 'warehouse.*'.")]
Topic = Annotated[str | None, typer.Option(help="Topic it was read from.")]
When = "WHEN"
Since = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar=When, help="From then on: 90m, 2d or 2025-01-31T12:00Z."),
]
Until = Annotated[datetime | None, typer.Option(parser=moment, metavar=When, help="Before then.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@dead_letters.command("list")
def list_(
    reason: Reason = None,
    asset: Asset = None,
    topic: Topic = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="Most letters to show.")] = 50,
    as_json: Json = False,
) -> None:
    """List the newest dead letters, the newest last; --json gives one object a line."""
    from cli.letter_views import document, letter_table
    from pipeline.dead_letters.letter import Selection

    selection = Selection(reason, asset, topic, since, until)

    async def read(archive: "Archive") -> tuple[list["DeadLetter"], set[Any]]:
        return await archive.newest(selection, limit), await archive.redriven()

    letters, redriven = _with_archive(read)
    if as_json:
        for letter in letters:
            print(document(letter, redriven))  # noqa: T201
    elif letters:
        letter_table(letters, redriven)
    else:
        _tell("there are none")


@dead_letters.command()
def show(
    letter: Annotated[str, typer.Argument(metavar="LETTER", help="Its name, such as 2-117.")],
    raw: Annotated[bool, typer.Option("--raw", help="Nothing but its bytes.")] = False,
    as_json: Json = False,
) -> None:
    """Show one dead letter: reason, source, headers and bytes."""
    from cli.letter_views import document, full_view

    partition, _, offset = letter.partition("-")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise typer.BadParameter("a letter is named as `list` shows it, such as 2-117")

    async def read(archive: "Archive") -> tuple["DeadLetter | None", set[Any]]:
        return await archive.find(int(partition), int(offset)), await archive.redriven()

    found, redriven = _with_archive(read)
    if found is None:
        sys.exit(f"tidemark: there is no dead letter {letter}, or its time is over")
    if raw:
        sys.stdout.buffer.write(found.value or b"")
    else:
        print(document(found, redriven) if as_json else full_view(found, redriven))  # noqa: T201


@dead_letters.command()
def redrive(
    reason: Reason = None,
    asset: Asset = None,
    topic: Topic = None,
    since: Since = None,
    until: Until = None,
    rekey: Annotated[bool, typer.Option("--rekey", help="Key each by its assetId.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would go back.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Send dead letters back to the topic of metric events, once each.

    Those that would be refused again stay, and those that were sent back before. The
    former are found by this command's settings, which should be the worker's. What is
    refused all the same becomes a new dead letter.
    """
    from pipeline.dead_letters.letter import Selection

    selection = Selection(reason, asset, topic, since, until)
    _with_archive(lambda archive: _redrive(archive, selection, rekey, dry_run, yes))


async def _redrive(
    archive: "Archive", selection: "Selection", rekey: bool, dry_run: bool, yes: bool
) -> None:
    from pipeline.dead_letters.redrive import Fitness, survey

    settings = load_settings()
    span = await archive.span(selection.since)
    fitness = Fitness(settings, await archive.redriven(), rekey)
    found = await survey(archive, span, selection, fitness)
    _tell_survey(found)
    if dry_run or not found.fit:
        return
    if not yes and not typer.confirm(f"send {found.fit} back?", err=True):
        raise typer.Abort
    # Somebody else may have been at it meanwhile.
    fitness = Fitness(settings, await archive.redriven(), rekey)
    await _send(archive, span, selection, fitness, found.fit)


async def _send(
    archive: "Archive", span: "Span", selection: "Selection", fitness: "Fitness", expected: int
) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from pipeline.dead_letters.redrive import redrive as send_back

    async def meant() -> AsyncIterator["DeadLetter"]:
        async for letter in archive.letters(span):
            if selection.takes(letter):
                yield letter

    console = Console(stderr=True)
    progress = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = progress.add_task("sending back", total=expected)
    try:
        with progress:
            await send_back(
                meant(), fitness, getpass.getuser(), lambda count: progress.advance(task, count)
            )
    finally:
        _tell(f"{progress.tasks[0].completed:.0f} of {expected} sent back, and on record")


def _tell_survey(found: "Survey") -> None:
    _tell(f"{found.fit} can go back, {found.unfit.total()} stay")
    shown = found.unfit.most_common(10)
    for reason, count in shown:
        _tell(f"  {count} stay: {reason}")
    others = found.unfit.total() - sum(count for _, count in shown)
    if others:
        _tell(f"  {others} stay for other reasons")


def _with_archive(work: Callable[["Archive"], Awaitable[Any]]) -> Any:
    from aiokafka.errors import KafkaError

    from pipeline.cluster.inspection import inspect, silence
    from pipeline.dead_letters.archive import Archive, ArchiveError

    settings = load_settings()

    async def connected() -> Any:
        async with Archive(settings) as archive:
            return await work(archive)

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(connected())
    except (ArchiveError, KafkaError) as error:
        fault = asyncio.run(inspect(settings, "dead-letters")).fault
        fault = fault or silence(settings, error)
        end(fault, fault.code)


def _tell(what: str) -> None:
    print(what, file=sys.stderr)  # noqa: T201
