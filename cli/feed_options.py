"""Options that every `tidemark feed` shares."""

from typing import Annotated

import typer

Url = Annotated[
    str | None,
    typer.Option(help="Send over HTTP to this edge, such as http://localhost:3002, not to Kafka."),
]
Token = Annotated[str | None, typer.Option(envvar="TIDEMARK_TOKEN", help="Bearer token for --url.")]
