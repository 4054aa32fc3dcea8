"""A worker always ends: a process that hangs keeps its partitions from others."""

import asyncio
import os
import subprocess
import sys
from textwrap import dedent

from pipeline.provision import provision
from tests.conftest import ROOT, SettingsFactory, environment

CRASHES_AMID_A_REBALANCE = dedent(
    """
    import sys
    import pipeline.app
    from tables.assets import AssetTable

    async def crash(*_args, **_options):
        raise RuntimeError("amid a rebalance")

    AssetTable.on_ownership_changed = crash
    pipeline.app.SHUTDOWN_SECONDS = 2
    sys.argv = ["tidemark", "worker"]
    from cli.main import main
    main()
    """
)


def test_a_crash_amid_a_rebalance_ends_the_worker(make_settings: SettingsFactory) -> None:
    settings = make_settings(database_url="postgresql://unused")
    asyncio.run(provision(settings))
    worker = subprocess.run(
        [sys.executable, "-c", CRASHES_AMID_A_REBALANCE],
        cwd=ROOT,
        env=os.environ | environment(settings),
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert worker.returncode == 1
    assert "amid a rebalance" in worker.stderr
    assert "shutting down took too long" in worker.stderr
