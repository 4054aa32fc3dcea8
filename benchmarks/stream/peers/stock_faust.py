"""Faust as its documentation has it: an agent, a table, a topic."""

import os

import faust
from rules import judge

app = faust.App(
    os.environ["BENCH_GROUP"],
    broker="kafka://" + os.environ["BENCH_BROKERS"],
    store="rocksdb://",
    datadir=os.environ["BENCH_STATE"],
    topic_partitions=4,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
metrics = app.topic(os.environ["BENCH_SOURCE"], key_type=str, value_serializer="json")
alerts = app.topic(os.environ["BENCH_ALERTS"], value_serializer="json")
values = app.Table("values", key_type=str, value_type=float, partitions=4)


@app.agent(metrics)
async def detect(events: faust.Stream) -> None:
    """Compare each value with the one before it."""
    async for event in events:
        asset_id, value = event["assetId"], event["value"]
        previous = values.get(asset_id)
        if previous is not None:
            alert = judge(asset_id, previous, value)
            if alert is not None:
                await alerts.send(key=asset_id, value=alert)
        values[asset_id] = value


if __name__ == "__main__":
    app.Worker(loglevel="WARN", quiet=True).execute_from_commandline()
