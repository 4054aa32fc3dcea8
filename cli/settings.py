"""`tidemark settings`: every setting, its value now and what it means."""

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from pipeline.settings import Settings, load_settings


def settings() -> None:
    """List every setting with the value it has now. Secrets are masked."""
    now = load_settings()
    table = Table("setting", "value", "default", "what it is")
    for name, field in Settings.model_fields.items():
        table.add_row(
            f"TIDEMARK_{name.upper()}",
            _shown(getattr(now, name)),
            _shown(field.get_default()),
            field.description or "",
        )
    Console(width=None if Console().is_terminal else 200).print(table)


def _shown(value: object) -> str:
    return "" if value is None else "**********" if isinstance(value, SecretStr) else str(value)
