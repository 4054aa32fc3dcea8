"""docker-compose.yml as Compose reads it, for the tests of it."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.conftest import ROOT

FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def services() -> dict[str, dict[str, Any]]:
    """Return the services, variables not yet put in."""
    read: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]
    return read


def environment(service: Mapping[str, Any], **given: str) -> dict[str, str]:
    """Return a service's environment with its variables put in from `given` and defaults."""

    def value(match: re.Match[str]) -> str:
        name, kind, text = match.groups()
        if name in given:
            return given[name]
        assert kind == "-", f"{name} must be given"
        return str(text)

    read = service.get("environment", {})
    return {name: VARIABLE.sub(value, str(text)) for name, text in read.items()}


def tidemark() -> dict[str, dict[str, Any]]:
    """Return the services that run our image."""
    return {name: one for name, one in services().items() if one["image"].startswith("tidemark:")}
