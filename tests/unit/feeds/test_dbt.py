"""dbt artifacts of every version, with and without a manifest."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.adapters import parse
from feeds.adapters.dbt import split_test_name
from feeds.mapping import Mapping
from tests.unit.feeds.documents import document, metadata, read, values

ORDERS = {
    # Passed, failed, warned (half weight), passed.
    "score": round(100 * 2 / 3.5, 4),
    "issues": 2.0,
    "completeness": 100.0,
    "uniqueness": 0.0,
    "validity": 0.0,
    "integrity": 100.0,
}


def result(**fields: Any) -> bytes:
    return json.dumps({"metadata": {}, "results": [fields]}).encode()


def test_run_results_without_a_manifest() -> None:
    parsed = read("dbt", "dbt_run_results.json")
    assert parsed.faults == []
    assert values(parsed) == {
        "warehouse.sales.orders": ORDERS,
        "warehouse.sales.refunds": {"issues": 1.0},
    }
    assert metadata(parsed, "warehouse.sales.orders") == {
        "run": "0f6c4c7e-0001-4c52-9a55-aaaaaaaaaaaa",
        "checks": 4,
        "failed": ["unique_orders_id"],
        "warned": ["accepted_values_orders_status__placed__shipped"],
    }
    event = parsed.events[0]
    assert event.timestamp == datetime(2026, 3, 1, 4, 5, 6, 123456, UTC)
    assert event.source == "dbt"


def test_a_manifest_tells_what_a_test_belongs_to() -> None:
    parsed = read("dbt", "dbt_run_results.json", manifest=document("dbt_manifest.json"))
    assert values(parsed)["warehouse.sales.orders"] == ORDERS
    singular = result(unique_id="test.shop.assert_paid", status="fail", failures=1)
    parsed = parse("dbt", singular, manifest=document("dbt_manifest.json"))
    assert values(parsed) == {
        "warehouse.sales.dim_customers": {"score": 0.0, "issues": 1.0, "accuracy": 0.0}
    }


def test_a_broken_manifest_is_named() -> None:
    parsed = parse("dbt", document("dbt_run_results.json"), manifest=b'{"nodes": 3}')
    assert [str(fault) for fault in parsed.faults] == [
        "line 1: nodes: manifest: expected object, got int"
    ]


def test_source_freshness() -> None:
    parsed = read("dbt", "dbt_sources.json", manifest=document("dbt_manifest.json"))
    assert values(parsed) == {
        "shop.raw.orders": {"score": 100.0, "issues": 0.0, "timeliness": 100.0},
        "warehouse.raw.events_v2": {"score": 0.0, "issues": 1.0, "timeliness": 0.0},
        "shop.raw.clicks": {"issues": 1.0},
    }


@pytest.mark.parametrize(
    ("fields", "issues"),
    [
        ({"status": "success", "failures": None}, 0),
        ({"status": "pass", "failures": "0"}, 0),
        ({"status": "fail", "failures": "12"}, 1),
        ({"status": "PASS"}, 0),
        ({"status": "FAIL 3"}, 1),
        ({"status": 3}, 1),
        ({"status": 0}, 0),
        ({"status": None, "fail": True}, 1),
        ({"status": None, "error": "boom"}, 1),
        ({"status": None}, 0),
        ({"status": "error"}, 1),
    ],
)
def test_oddities_of_the_wild(fields: dict[str, Any], issues: int) -> None:
    parsed = parse("dbt", result(unique_id="test.shop.not_null_orders_id.cf6c17daed", **fields))
    assert parsed.faults == []
    assert values(parsed)["shop.orders_id"]["issues"] == issues


def test_the_nested_id_of_the_oldest_artifacts() -> None:
    node = {"unique_id": "test.shop.unique_orders_id"}
    parsed = parse("dbt", result(node=node, status="pass"))
    assert values(parsed)["shop.orders_id"]["uniqueness"] == 100


def test_a_tests_model_is_found_by_its_name_among_the_runs_models() -> None:
    body = json.dumps(
        {
            "results": [
                {"unique_id": "model.shop.orders", "status": "success"},
                {"unique_id": "model.shop.orders_daily", "status": "success"},
                {"unique_id": "test.shop.not_null_orders_daily_day.cf6c17daed", "status": "pass"},
            ]
        }
    ).encode()
    assert values(parse("dbt", body)) == {
        "shop.orders": {"issues": 0.0},
        "shop.orders_daily": {"score": 100.0, "issues": 0.0, "completeness": 100.0},
    }


def test_half_good_documents_send_the_good_half() -> None:
    text = document("dbt_run_results.json").decode()
    text = text.replace('"status": "warn"', '"status": "dunno"')
    text = text.replace('"failures": 3', '"failures": [3]').replace(
        '"unique_id": "model.shop.refunds"', '"unique_id": null'
    )
    parsed = parse("dbt", text.encode())
    lines = text.splitlines()
    assert values(parsed) == {
        "warehouse.sales.orders": {
            "score": 100.0,
            "issues": 0.0,
            "completeness": 100.0,
            "integrity": 100.0,
        }
    }
    said = {(fault.field, fault.message) for fault in parsed.faults}
    assert said == {
        ("results[3].failures", "expected int | str | null, got array"),
        ("results[1]", "unique_id is missing"),
        ("results[4].status", "unknown status 'dunno'"),
    }
    by_field = {fault.field: fault.line for fault in parsed.faults}
    assert '"dunno"' in lines[(by_field["results[4].status"] or 0) - 1]
    assert "[3]" in lines[(by_field["results[3].failures"] or 0) - 1]


def test_names_are_parted() -> None:
    assert split_test_name("not_null_orders_id") == ("not_null", "orders_id")
    assert split_test_name("source_unique_raw_id") == ("unique", "raw_id")
    assert split_test_name("dbt_utils_accepted_range_a_b") == ("dbt_utils_accepted_range", "a_b")
    assert split_test_name("assert_paid") == ("assert_paid", "assert_paid")


def test_a_mapping_renames_weighs_and_places() -> None:
    mapping = Mapping(
        assets={"warehouse.sales.orders": "orders"},
        asset_prefix="dbt.",
        dimensions={"unique": "accuracy"},
        weights={"unique": 4},
        warning_weight=1,
    )
    found = values(read("dbt", "dbt_run_results.json", mapping=mapping))
    assert set(found) == {"orders", "dbt.warehouse.sales.refunds"}
    assert found["orders"]["score"] == round(100 * 2 / 7, 4)
    assert found["orders"]["accuracy"] == 0


def test_published_models_of_the_artifacts_accept_the_fixtures() -> None:
    parser = pytest.importorskip("dbt_artifacts_parser.parser")
    parsed = parser.parse_run_results(json.loads(document("dbt_run_results.json")))
    assert [str(r.status.value) for r in parsed.results][:3] == ["success", "error", "pass"]


@pytest.mark.parametrize(
    ("model", "asset"),
    [
        ("{{ get_where_subquery(ref('orders')) }}", "wh.orders"),
        ('{{ ref("shop", "orders", v=2) }}', "wh.orders"),
        ("{{ get_where_subquery(ref('orders', version='2')) }}", "wh.orders"),
        ("{{ get_where_subquery(source('raw', 'orders')) }}", "wh.raw_orders"),
        ("{{ source('other', 'orders') }}", "wh.customers"),
        ("{{ ref() }}", "wh.customers"),
        ("ref(ref(ref(", "wh.customers"),
        (3, "wh.customers"),
    ],
)
def test_an_old_manifests_test_belongs_to_what_it_was_called_with(model: Any, asset: str) -> None:
    upstream = ["model.shop.customers", "source.shop.raw.orders", "model.shop.orders.v2"]
    tables = dict(zip(upstream, ("wh.customers", "wh.raw_orders", "wh.orders"), strict=True))
    test = {
        "name": "known_customer",
        "test_metadata": {"name": "relationships", "kwargs": {"model": model}},
        "depends_on": {"nodes": upstream},
    }
    nodes = {name: {"relation_name": table} for name, table in tables.items()}
    manifest = json.dumps({"nodes": nodes | {"test.shop.known_customer": test}}).encode()
    parsed = parse(
        "dbt", result(unique_id="test.shop.known_customer", status="pass"), manifest=manifest
    )
    assert set(values(parsed)) == {asset}
