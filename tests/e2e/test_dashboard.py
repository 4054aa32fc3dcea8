"""The dashboard in Chromium on the real stack; what is checked is in dashboard/e2e/."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.conftest import ROOT, SettingsFactory, Starter, environment

DASHBOARD = ROOT / "dashboard"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

pytestmark = pytest.mark.skipif(
    not (Path(CHROMIUM).exists() and shutil.which("npm")),
    reason="needs npm and a Chromium (its path in CHROMIUM)",
)


def npm(*arguments: str, **variables: str) -> None:
    subprocess.run(
        ["npm", "--silent", *arguments], cwd=DASHBOARD, env=os.environ | variables, check=True
    )


@pytest.fixture(scope="session")
def built_dashboard() -> Path:
    """The dashboard as it stands in the tree, built."""
    if not (DASHBOARD / "node_modules" / ".package-lock.json").exists():
        npm("ci")
    npm("run", "build")
    return DASHBOARD / "dist"


@pytest.fixture
def stack(
    make_settings: SettingsFactory, built_dashboard: Path, start_tidemark: Starter
) -> Settings:
    """Settings of a worker and a sink that run; the edges are the browser tests' own."""
    settings = make_settings(dashboard_dir=built_dashboard)
    assert start_tidemark("migrate", settings=settings).wait(60) == 0
    start_tidemark("worker", settings=settings)
    start_tidemark("sink", settings=settings)
    return settings


def test_dashboard(stack: Settings) -> None:
    npm("run", "e2e", **environment(stack), TIDEMARK_PYTHON=sys.executable)
