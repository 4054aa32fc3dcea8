"""Where feeds send, as the settings say."""

from pathlib import Path
from typing import Any

import pytest
from kafka.partitioner import DefaultPartitioner, Partitioner

from feeds.destination import kafka_transport, open_reporter
from pipeline.cluster.layout import Layout
from pipeline.settings import load_settings
from tests.secured_kafka import Authority
from tidemark_client import ConfigurationError


def options(**settings: Any) -> dict[str, Any]:
    return kafka_transport(load_settings(**settings))._options


def test_plain_kafka() -> None:
    transport = kafka_transport(load_settings(kafka_brokers="a:1,b:2", topic_prefix="acme"))
    assert transport._topic == "acme.metrics"
    assert transport._options["bootstrap_servers"] == "a:1,b:2"
    assert "sasl_mechanism" not in transport._options


def test_secured_kafka(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    given = options(
        kafka_brokers="127.0.0.1:1",
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_mechanism="SCRAM-SHA-512",
        kafka_username="me",
        kafka_password="s3cret",
        kafka_ca_file=authority.ca_file,
    )
    assert given["security_protocol"] == "SASL_SSL"
    assert given["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (given["sasl_plain_username"], given["sasl_plain_password"]) == ("me", "s3cret")
    assert given["ssl_cafile"] == str(authority.ca_file)


def test_an_edge_in_place_of_kafka() -> None:
    open_reporter(load_settings(), url="http://edge:3002", token="t").close()
    with pytest.raises(ConfigurationError, match="not an http"):
        open_reporter(load_settings(), url="edge:3002", token=None)


class _Cluster:
    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return set(range(6))

    available_partitions_for_topic = partitions_for_topic


def test_events_go_where_the_state_of_their_asset_is_whatever_the_topic_has() -> None:
    transport = kafka_transport(load_settings(kafka_brokers="127.0.0.1:1"))
    placement: Any = transport._options["partitioner"]
    assert isinstance(placement, Partitioner)

    def places(by: Any) -> list[int]:
        keys = [f"asset-{number}".encode() for number in range(50)]
        return [by.partition("t", None, key, None, None, _Cluster()) for key in keys]

    assert places(placement) == places(DefaultPartitioner())
    placement._layout = Layout(4)
    assert set(places(placement)) == {0, 1, 2, 3}
