"""Quix Streams as its documentation has it: a stateful apply, with changelog topics."""

import os

from quixstreams import Application, State
from rules import judge

app = Application(
    broker_address=os.environ["BENCH_BROKERS"],
    consumer_group=os.environ["BENCH_GROUP"],
    state_dir=os.environ["BENCH_STATE"],
    auto_offset_reset="earliest",
    loglevel="WARNING",
)


def detect(event: dict[str, object], state: State) -> dict[str, object] | None:
    """Compare a value with the one before it."""
    value = event["value"]
    previous = state.get("value")
    state.set("value", value)
    return None if previous is None else judge(event["assetId"], previous, value)


frame = app.dataframe(app.topic(os.environ["BENCH_SOURCE"], value_deserializer="json"))
frame = frame.apply(detect, stateful=True)
frame = frame.filter(lambda alert: alert is not None)
frame.to_topic(app.topic(os.environ["BENCH_ALERTS"], value_serializer="json"))

if __name__ == "__main__":
    app.run()
