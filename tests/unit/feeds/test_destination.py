"""Where feeds send, as the settings say."""

from pathlib import Path
from typing import Any

import pytest

from feeds.destination import kafka_transport, open_reporter
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
