"""`tidemark keys`: make, list and revoke API keys."""

import getpass
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from cli.database import run
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
        text = run(make)
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
    for key in run(list_keys):
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

    if not run(lambda connection: revoke_key(connection, key)):
        sys.exit(f"tidemark: there is no valid key {key!r}")
    print(f"{key} is revoked", file=sys.stderr)  # noqa: T201


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
