"""`make chaos`, on three secured brokers: our own processes come, go and stand still."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chaos.backup import Backup
from tests.chaos.cluster_trial import ClusterTrial
from tests.chaos.line import COMMANDS
from tests.chaos.upgrade import REVISION, code_of
from tests.conftest import ROOT, environment

pytestmark = pytest.mark.chaos
PAUSE = 30.0
KILLS = 20


async def test_workers_one_three_one(cluster_trial: ClusterTrial) -> None:
    line = cluster_trial.line
    for name in ("worker-1", "sink-1", "notify-1", "edge-1", "edge-2"):
        line.add(name)
    async with cluster_trial.fault():
        line.add("worker-2")
        line.add("worker-3")
        await line.joined("worker", 3)
        assert await asyncio.to_thread(line.members["worker-1"].end, signal.SIGTERM) == 0
        await asyncio.sleep(5)
        line.members["worker-2"].held = True
        line.members["worker-2"].kill()
        await line.joined("worker", 1)


async def test_edges_killed_and_paused(cluster_trial: ClusterTrial) -> None:
    """The sockets resume at the other edge, or at the same one when it is back."""
    line = cluster_trial.line
    async with cluster_trial.fault():
        line.members["edge-1"].kill()
        await asyncio.sleep(5)
        line.members["edge-2"].signal(signal.SIGSTOP)
        await asyncio.sleep(PAUSE)
        line.members["edge-2"].signal(signal.SIGCONT)
        await asyncio.sleep(2)
        for edge in line.of("edge"):
            edge.kill()


async def test_notifiers_killed_at_random_moments(cluster_trial: ClusterTrial) -> None:
    """The channel is repeatable: its receiver drops a `webhook-id` that it has had."""
    chance, line = random.Random(11), cluster_trial.line
    cluster_trial.receiver.delay = 0.05
    async with cluster_trial.fault():
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(1, 8))
            notifier = chance.choice(line.of("notify"))
            if notifier.running:
                notifier.kill()


async def test_upgraded_one_after_the_other(cluster_trial: ClusterTrial, tmp_path: Path) -> None:
    """Old and new processes share the groups, in either order; tables are the new ones."""
    old = code_of(REVISION, tmp_path)
    line = cluster_trial.line
    for command in COMMANDS:
        line.add(f"{command}-1", old, dashboard_dir=ROOT / "dashboard" / "dist")
        line.add(f"{command}-2", old, dashboard_dir=ROOT / "dashboard" / "dist")
    async with cluster_trial.fault():
        for member in list(line.members.values()):
            await asyncio.to_thread(member.end, signal.SIGTERM)
            member.code = ROOT
            member.start()
            await asyncio.sleep(3)
        await line.joined("worker", 2)


async def test_backup_restored(cluster_trial: ClusterTrial) -> None:
    """What Kafka knows since the backup is put in again; nobody is told a second time."""
    line, settings = cluster_trial.line, cluster_trial.settings
    backup = Backup(settings.database_url.get_secret_value())
    async with cluster_trial.fault():
        began = datetime.now(UTC)
        await asyncio.to_thread(backup.take)
        await asyncio.sleep(20)
        stored = [member for member in line.members.values() if member.command != "worker"]
        for member in stored:
            await asyncio.to_thread(member.end, signal.SIGTERM)
        await asyncio.to_thread(backup.restore)
        restored = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "cli.main", "restore", "--since", began.isoformat()],
            cwd=ROOT,
            env=os.environ | environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert restored.returncode == 0, restored.stderr
        sys.stdout.write(restored.stdout)
        for member in stored:
            member.start()
