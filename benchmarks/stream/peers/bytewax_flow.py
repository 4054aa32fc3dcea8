"""Bytewax as its documentation has it: a stateful map, state in its recovery store."""

import json
import os

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from rules import judge

BROKERS = [os.environ["BENCH_BROKERS"]]


def detect(previous: float | None, event: dict[str, object]) -> tuple[float, object]:
    """Compare a value with the one before it."""
    value = event["value"]
    return value, None if previous is None else judge(event["assetId"], previous, value)


flow = Dataflow("bench")
read = kop.input("read", flow, brokers=BROKERS, topics=[os.environ["BENCH_SOURCE"]])
events = op.map("decode", read.oks, lambda message: json.loads(message.value))
keyed = op.key_on("key", events, lambda event: event["assetId"])
judged = op.stateful_map("detect", keyed, detect)
alerts = op.filter_map("alerts", judged, lambda pair: pair[1])
out = op.map(
    "encode",
    alerts,
    lambda alert: KafkaSinkMessage(alert["assetId"].encode(), json.dumps(alert).encode()),
)
kop.output("write", out, brokers=BROKERS, topic=os.environ["BENCH_ALERTS"])
