"""`make chaos`, on three secured brokers: what an operator does to the topics."""

import asyncio

import pytest

from pipeline.provision import provision
from pipeline.topics import Topics
from tests.chaos.cluster_trial import ClusterTrial
from tests.integration.kafka import read_topic

pytestmark = pytest.mark.chaos


async def test_metrics_topic_deleted_and_created_again(cluster_trial: ClusterTrial) -> None:
    """Its offsets begin anew, below those that the state has seen; the values go on."""
    settings, cluster = cluster_trial.settings, cluster_trial.cluster
    topic = Topics(settings.topic_prefix).metrics
    async with cluster_trial.fault():
        # What is not read yet when its topic is deleted is lost by that, not by us.
        await cluster_trial.load.stop()
        assert not await cluster_trial.settle()
        cluster_trial.deleted = await read_topic(settings, topic)
        async with cluster.admin() as admin:
            await admin.delete_topics([topic])
        await asyncio.sleep(5)
        await provision(settings)
        cluster_trial.load.start()
        await asyncio.sleep(10)
