"""`tidemark keys`: make, list and revoke API keys."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from pipeline.settings import load_settings
from schemas.rest import Role

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; audit rows say key:NAME.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.VIEWER,
    assets: Annotated[
        list[str] | None, typer.Option("--asset", help="Asset glob it reaches; repeatable.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0: never.")] = 90,
) -> None:
    """Make a key and show it, this once: only its hash is kept."""
    from api.auth.keystore import create_key

    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None

    async def make(connection: psycopg.AsyncConnection) -> str:
        _, text = await create_key(
            connection, name, role, assets or ["*"], getpass.getuser(), expires_at
        )
        return text

    try:
        text = _run(make)
    except psycopg.errors.UniqueViolation:
        sys.exit(f"tidemark: there is a key named {name!r} already; revoke it first")
    ends = f"until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "for ever"
    print(f"{role} key of {name}, good {ends}; it is not shown again:", file=sys.stderr)  # noqa: T201
    print(text)  # noqa: T201


@keys.command("list")
def list_() -> None:
    """List every key, without its secret."""
    from api.auth.keystore import list_keys

    table = Table("id", "name", "role", "assets", "made", "by", "expires", "last used", "state")
    for key in _run(list_keys):
        state = "valid" if key.is_valid() else "revoked" if key.revoked_at else "expired"
        table.add_row(
            key.id, key.name, key.role, " ".join(key.assets), _shown(key.created_at),
            key.created_by, _shown(key.expires_at) or "never", _shown(key.last_used_at), state,
        )  # fmt: skip
    Console(width=None if Console().is_terminal else 200).print(table)


@keys.command()
def revoke(key: Annotated[str, typer.Argument(help="Its id or name.")]) -> None:
    """Revoke a key: within 10 s no edge takes it, within 30 s its sockets are closed."""
    from api.auth.keystore import revoke_key

    if not _run(lambda connection: revoke_key(connection, key)):
        sys.exit(f"tidemark: there is no valid key {key!r}")
    print(f"{key} is revoked", file=sys.stderr)  # noqa: T201


def _run(work: Callable[[psycopg.AsyncConnection], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        url = load_settings().database_url.get_secret_value()
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
            return await work(connection)

    try:
        return asyncio.run(connected())
    except psycopg.errors.UndefinedTable:
        sys.exit("tidemark: the database has no tables; run `tidemark migrate`")
    except psycopg.OperationalError as error:
        sys.exit(f"tidemark: PostgreSQL: {str(error).strip()}")


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
