"""What holds for the repository as a whole."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
NPM_LOCKS = [ROOT / "dashboard/package-lock.json", ROOT / "benchmarks/fanout/package-lock.json"]


@pytest.mark.parametrize("name", PACKAGES)
def test_our_packages_are_ours(name: str) -> None:
    """`tables` and `agents` also exist on the index: PyTables and openai-agents."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__) == ROOT / name / "__init__.py"


def test_every_list_of_packages_is_the_same() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert set(PACKAGES) == folders
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == folders
    assert set(PYPROJECT["tool"]["mypy"]["packages"]) == folders | {"tidemark_client"}


def test_the_application_is_never_uploaded() -> None:
    assert "Private :: Do Not Upload" in PYPROJECT["project"]["classifiers"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_name_versions_and_hashes_and_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    blocks = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    for block in blocks:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_npm_locks_name_hashes_and_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity": "sha512-') > 0


def test_every_dependency_is_locked() -> None:
    def names(text: str) -> set[str]:
        return {
            name.lower().replace("_", "-")
            for name in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", text, re.MULTILINE)
        }

    locked, locked_for_work = (names(lock.read_text()) for lock in LOCKS)
    given = {re.match(r"[\w-]+", one)[0].lower() for one in PYPROJECT["project"]["dependencies"]}  # type: ignore[index]
    assert given - {"tidemark-client"} <= locked
    assert locked <= locked_for_work
