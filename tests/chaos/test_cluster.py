"""`make chaos`, on three secured brokers with two of every process.

After each fault Kafka's events, the alerts in every topic and in PostgreSQL, the history, the
sums, what two resuming sockets heard and what a webhook received are those of the oracle.
"""

import asyncio
import os

import pytest

from devstack.kafka import KafkaServer
from tests.chaos.cluster_trial import ClusterTrial

pytestmark = pytest.mark.chaos
OUTAGE = float(os.environ.get("CHAOS_OUTAGE_SECONDS", "60"))
"""Seconds that two of three brokers are down."""
RUNS = int(os.environ.get("CHAOS_OUTAGE_RUNS", "1"))
PAUSE = 30.0


async def test_brokers_restarted_one_after_the_other(cluster_trial: ClusterTrial) -> None:
    cluster = cluster_trial.cluster
    async with cluster_trial.fault():
        for server in cluster.servers:
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await cluster.whole()


async def test_leader_killed(cluster_trial: ClusterTrial) -> None:
    cluster, topic = cluster_trial.cluster, f"{cluster_trial.settings.topic_prefix}.metrics"
    async with cluster_trial.fault():
        leader = await cluster.leader(topic)
        leader.kill()
        await asyncio.sleep(10)
        await asyncio.to_thread(leader.start)


async def test_two_brokers_down_and_back(cluster_trial: ClusterTrial) -> None:
    cluster = cluster_trial.cluster
    for run in range(RUNS):
        async with cluster_trial.fault():
            down = cluster.servers[run % 3], cluster.servers[(run + 1) % 3]
            for server in down:
                server.kill()
            await asyncio.sleep(OUTAGE)
            await asyncio.to_thread(cluster.start, down)


async def test_broker_paused(cluster_trial: ClusterTrial) -> None:
    cluster, topic = cluster_trial.cluster, f"{cluster_trial.settings.topic_prefix}.metrics"
    async with cluster_trial.fault():
        leader: KafkaServer = await cluster.leader(topic)
        leader.pause()
        await asyncio.sleep(PAUSE)
        leader.resume()


async def test_preferred_leaders_elected(cluster_trial: ClusterTrial) -> None:
    cluster = cluster_trial.cluster
    async with cluster_trial.fault():
        await asyncio.to_thread(cluster.servers[0].stop)
        await asyncio.to_thread(cluster.servers[0].start)
        await cluster.whole()
        await cluster.elect_preferred()
