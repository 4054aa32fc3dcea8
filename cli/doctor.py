"""`tidemark doctor`: what is wrong, and what to do about it."""

import asyncio
import logging
import sys
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.log import configure_logging
from pipeline.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from cli.checks.finding import Finding

LONGEST_SECONDS: Final = 30.0


def doctor(
    edge: Annotated[str | None, typer.Option(help="Address of the edge; default: ours.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
) -> None:
    """Check everything Tidemark depends on; say what is wrong and what to do.

    One line a check: ok, note, warn or fail. Exits with 1 if anything fails.
    """
    from cli.checks.finding import Finding, Verdict

    try:
        settings = load_settings()
    except SettingsError as error:
        findings = [
            Finding.fail("settings", fault, "see `tidemark settings`")
            for fault in str(error).splitlines()
        ]
    else:
        configure_logging(settings, "doctor")
        for chatty in ("aiokafka", "kafka"):
            logging.getLogger(chatty).propagate = False
        findings = [
            Finding.ok("settings", "make sense"),
            *asyncio.run(_examine(settings, edge)),
        ]
    _report(findings, as_json)
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        sys.exit(1)


async def _examine(settings: Settings, edge: str | None) -> list["Finding"]:
    from cli.checks.edge import check_edge
    from cli.checks.machine import check_devstack, check_state
    from cli.checks.postgres import check_postgres

    kafka, postgres, ours = await asyncio.gather(
        _in_time("kafka", _examine_kafka(settings)),
        _in_time("postgresql", check_postgres(settings)),
        check_edge(settings, edge),
    )
    return [*kafka, *postgres, check_state(settings), ours, *check_devstack()]


async def _examine_kafka(settings: Settings) -> list["Finding"]:
    from cli.checks.finding import Finding, Verdict
    from cli.checks.groups import check_groups
    from cli.checks.kafka import check_kafka

    findings = await check_kafka(settings)
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        unseen = "not looked at: see above"
        return [*findings, Finding.note("worker", unseen), Finding.note("sink", unseen)]
    return [*findings, *await check_groups(settings)]


async def _in_time(check: str, findings: Awaitable[list["Finding"]]) -> list["Finding"]:
    from cli.checks.finding import Finding

    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await findings
    except TimeoutError:
        told = f"no answer in {LONGEST_SECONDS:g} s"
        return [Finding.fail(check, told, "see whether the server or the network hangs")]
    except Exception as error:
        # A check that breaks must not hide what the others find.
        return [Finding.fail(check, f"could not be looked at: {error!r}", "report this fault")]


def _report(findings: list["Finding"], as_json: bool) -> None:
    if as_json:
        import msgspec

        print(msgspec.json.encode(findings).decode())  # noqa: T201
        return
    colours = {"ok": "green", "note": "blue", "warn": "yellow", "fail": "red"}
    for finding in findings:
        verdict = typer.style(f"{finding.verdict:<5}", fg=colours[finding.verdict], bold=True)
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        typer.echo(f"{verdict} {finding.check:<17} {finding.detail}{remedy}")
