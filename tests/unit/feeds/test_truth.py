"""What documents of every tool say, and what must not be made of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.adapters import parse, together
from feeds.door import POSTED
from feeds.memory import HORIZON, Memory
from tests.unit.feeds.documents import RECEIVED, metadata, values

WHEN = "2026-03-01T00:00:00Z"


def said(kind: str, document: Any, **options: Any) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse(kind, body, received=RECEIVED, **options)


def faults(parsed: Any) -> list[str]:
    return [str(fault) for fault in parsed.faults]


# Great Expectations ------------------------------------------------------------


def gx_result(check: str, success: bool | None, column: str = "id") -> dict[str, Any]:
    config = {"type": check, "kwargs": {"column": column}}
    return {"success": success, "expectation_config": config, "result": {}}


def gx_validation(suite: str, *results: dict[str, Any], time: str = WHEN) -> dict[str, Any]:
    batch = {"datasource_name": "wh", "data_asset_name": "orders"}
    meta = {"run_id": {"run_name": "r", "run_time": time}, "active_batch_definition": batch}
    return {"success": False, "suite_name": suite, "meta": meta, "results": list(results)}


CRITICAL = gx_validation("critical", gx_result("expect_column_values_to_not_be_null", True))
WARNING = gx_validation("warning", gx_result("expect_column_values_to_be_unique", False))


@pytest.mark.parametrize(
    "document",
    [
        [CRITICAL, WARNING],
        [CRITICAL, WARNING, CRITICAL],
        {"run_results": {"a": CRITICAL, "b": WARNING}},
        {
            "run_results": {
                "a": {"validation_result": CRITICAL},
                "b": {"validation_result": WARNING},
            }
        },
        {"validation_results": [CRITICAL, WARNING]},
    ],
)
def test_two_suites_of_one_asset_give_one_score(document: Any) -> None:
    parsed = said("great-expectations", document)
    assert len(parsed.events) == 4
    assert values(parsed)["wh.orders"] == {
        "score": 50, "issues": 1, "completeness": 100, "uniqueness": 0,
    }  # fmt: skip
    assert metadata(parsed, "wh.orders")["suite"] == "critical, warning"


def test_runs_of_different_moments_stay_apart() -> None:
    later = gx_validation("critical", gx_result("x", False), time="2026-03-02T00:00:00Z")
    parsed = said("great-expectations", [later, CRITICAL])
    scores = [(e.timestamp.day, e.value) for e in parsed.events if e.metric_type == "score"]
    assert scores == [(1, 100), (2, 0)]


@pytest.mark.parametrize(
    "suite",
    [
        {"expectation_suite_name": "s", "expectations": [{"expectation_type": "x", "kwargs": {}}]},
        {"name": "s", "expectations": [{"type": "x", "kwargs": {}, "meta": {}}], "id": None},
    ],
)
def test_a_suite_is_no_result(suite: Any) -> None:
    parsed = said("great-expectations", suite, asset="x")
    assert parsed.events == []
    assert "this is an expectation suite" in faults(parsed)[0]


@pytest.mark.parametrize(
    ("batch", "asset"),
    [
        ("wh-orders", "wh.orders"),
        ("wh-eu-orders-year_2026", "wh.eu-orders"),
        ("wh-orders-year_2026-month_01-day_02", "wh.orders"),
        ("wh-orders-path_data-2026-01.csv", "wh.orders"),
    ],
)
def test_a_batch_is_no_asset(batch: str, asset: str) -> None:
    result = {"expectation_type": "x", "success": True, "kwargs": {"batch_id": batch}}
    validation = {"success": True, "statistics": {}, "expectations": [result]}
    assert set(values(said("great-expectations", {"validation_results": [validation]}))) == {asset}


def test_what_passed_counts_where_only_failures_are_listed() -> None:
    validation = gx_validation("s", gx_result("expect_x", False))
    validation["statistics"] = {"evaluated_expectations": 4, "successful_expectations": 3}
    assert values(said("great-expectations", validation))["wh.orders"]["score"] == 75


# Soda --------------------------------------------------------------------------


def test_checks_that_soda_leaves_out_are_told() -> None:
    scan = {
        "defaultDataSource": "wh", "dataTimestamp": WHEN, "hasErrors": True,
        "checks": [{"name": "a", "table": "orders", "outcome": "pass"}],
        "queries": [
            {"dataSource": "wh", "table": "orders", "exception": None},
            {"dataSource": "wh", "table": "refunds", "exception": "no such column"},
        ],
        "logs": [{"level": "ERROR", "message": "boom"}, {"level": "error", "message": "again"}],
    }  # fmt: skip
    parsed = said("soda", scan)
    assert values(parsed)["wh.refunds"] == {"issues": 1}
    assert "boom (and 1 more errors)" in faults(parsed)[0]
    nothing = said("soda", scan | {"checks": None, "queries": [], "logs": None})
    assert nothing.events == []
    assert len(nothing.faults) == 1
    assert "no scan result" in faults(said("soda", {"definitionName": "x"}))[0]


@pytest.mark.parametrize(
    ("outcome", "issues"),
    [("pass", 0), ("PASSED", 0), ("WARN", 1), ("failed", 1), (None, 1), ("unevaluated", 1)],
)
def test_every_outcome_of_soda(outcome: str | None, issues: int) -> None:
    check = {"name": "a", "table": "t", "outcome": outcome}
    assert values(said("soda", {"checks": [check]}))["t"]["issues"] == issues
    left_out = said("soda", {"checks": [check | {"outcome": "excluded"}]})
    assert left_out.events == []
    assert sum(left_out.skipped.values()) == 1


# Deequ -------------------------------------------------------------------------


def deequ_entry(*metrics: dict[str, Any], **tags: str) -> dict[str, Any]:
    entries = [{"analyzer": {"analyzerName": one["name"]}, "metric": one} for one in metrics]
    key = {"dataSetDate": 1772337906000, "tags": {"table": "t"} | tags}
    return {"resultKey": key, "analyzerContext": {"metricMap": entries}}


def test_deequs_descriptions_are_skipped_and_told() -> None:
    share = {"name": "Completeness", "instance": "id", "value": 0.5}
    entry = deequ_entry(share, {"name": "Size", "value": 3.0})
    for name in ("Histogram", "KLLSketch", "ApproxQuantiles"):
        metric = {"metricName": name, "value": {"anything": [1]}}
        entry["analyzerContext"]["metricMap"].append(
            {"analyzer": {"analyzerName": name}, "metric": metric}
        )
    parsed = said("deequ", [entry])
    assert (parsed.faults, values(parsed)) == ([], {"t": {"score": 50, "completeness": 50}})
    assert sum(parsed.skipped.values()) == 4


def test_two_analyses_of_a_day_give_one_score() -> None:
    one = deequ_entry({"name": "Completeness", "instance": "a", "value": 1.0}, region="eu")
    two = deequ_entry({"name": "Completeness", "instance": "a", "value": 0.0}, region="us")
    parsed = said("deequ", [one, two])
    assert values(parsed) == {"t": {"score": 50, "completeness": 50}}
    assert len(parsed.events) == 2


# dbt ---------------------------------------------------------------------------


def dbt(*results: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {"metadata": {"generated_at": WHEN}, "results": list(results)} | head


def test_jobs_that_did_not_get_through_are_issues() -> None:
    parsed = said(
        "dbt",
        dbt(
            {"unique_id": "model.shop.events", "status": "partial success"},
            {"unique_id": "operation.shop.shop-on-run-end-0", "status": "error"},
            {"unique_id": "operation.other.other-on-run-end-0", "status": "success"},
            {"unique_id": "unit_test.shop.orders.totals", "status": "fail"},
            {"unique_id": "model.shop.same", "status": "reused"},
            {"unique_id": "model.shop.down", "status": "skipped"},
        ),
    )
    assert parsed.faults == []
    assert values(parsed) == {
        "shop.events": {"issues": 1},
        "shop": {"issues": 1},
        "other": {"issues": 0},
        "shop.orders": {"score": 0, "issues": 1},
    }
    assert parsed.skipped == {
        "models that did not run (reused)": 1, "models that did not run (skipped)": 1,
    }  # fmt: skip


def test_compiling_is_no_testing() -> None:
    results = {"unique_id": "test.shop.unique_orders_id.0123456789", "status": "success"}
    parsed = said("dbt", dbt(results, args={"which": "compile"}))
    assert (parsed.events, sum(parsed.skipped.values())) == ([], 1)
    assert said("dbt", dbt(results, args={"which": "test"})).events


def test_unit_tests_and_odd_nodes_of_a_manifest() -> None:
    manifest = {
        "nodes": {
            "model.shop.orders": {"relation_name": '"wh"."shop"."orders"'},
            "model.shop.odd": {"name": 3},
        },
        "unit_tests": {
            "unit_test.shop.orders.totals": {"tested_node_unique_id": "model.shop.orders"}
        },
    }
    results = dbt(
        {"unique_id": "unit_test.shop.orders.totals", "status": "pass"},
        {"unique_id": "model.shop.odd", "status": "success"},
    )
    parsed = said("dbt", results, manifest=json.dumps(manifest).encode())
    assert set(values(parsed)) == {"wh.shop.orders", "shop.odd"}


ORDERS = '"wh"."shop"."orders"'


@pytest.mark.parametrize(
    ("sql", "asset"),
    [
        (f"select id from {ORDERS} where id is null", "wh.shop.orders"),
        (f"select extract(dow from o.created_at) from {ORDERS} o", "wh.shop.orders"),
        (f"select trim(both from x.y), substring(x.z from 2) from {ORDERS} x", "wh.shop.orders"),
        (f"-- from docs.example\nselect 1 /* from a.b */ from {ORDERS}", "wh.shop.orders"),
        (f"select 'from a.b' from {ORDERS} where x is distinct from o.y", "wh.shop.orders"),
        (f"with a as (select * from {ORDERS}) select * from a join a b on true", "wh.shop.orders"),
        ("select 1 from `wh.shop.orders` o, o.items", "wh.shop.orders"),
        ("select count(*) from (select id from wh.shop.orders) x", "wh.shop.orders"),
        ("select * from wh.fn(3)", "p.assert_x"),
        ("select * from wh.a a join wh.b b on a.id = b.id", "p.assert_x"),
        ("select * from orders", "p.assert_x"),
        ("select 1", "p.assert_x"),
        ("from", "p.assert_x"),
        ("((((", "p.assert_x"),
    ],
)
def test_a_table_is_read_from_sql_only_where_it_is_beyond_doubt(sql: str, asset: str) -> None:
    result = {"unique_id": "test.p.assert_x", "status": "fail", "compiled_code": sql}
    assert set(values(said("dbt", dbt(result)))) == {asset}


# OpenLineage -------------------------------------------------------------------


def ol_event(
    run: str, *assertions: dict[str, Any], parent: str | None = None, time: str = WHEN,
    job: str = "j", places: tuple[str, ...] = ("inputs",), asset: str = "t",
) -> dict[str, Any]:  # fmt: skip
    facet = {"dataQualityAssertions": {"assertions": list(assertions)}}
    dataset = {"namespace": "wh", "name": asset, "inputFacets": facet}
    facets = {"parent": {"run": {"runId": parent}, "job": {"name": "p"}}} if parent else {}
    event: dict[str, Any] = {"eventTime": time, "run": {"runId": run, "facets": facets}}
    return event | {"job": {"namespace": "n", "name": job}} | {place: [dataset] for place in places}


def assertion(name: str, success: bool, **more: Any) -> dict[str, Any]:
    return {"assertion": name, "success": success} | more


FAILED = assertion("unique", False, column="id")
PASSED = assertion("not_null", True, column="id")


def last(parsed: Any) -> dict[str, float]:
    return values(parsed)["wh.t"]


def test_look_alikes_count_each_and_repeats_once() -> None:
    alike = [assertion("expression_is_true", False)] * 3
    for places in (("inputs",), ("inputs", "outputs")):
        parsed = said("openlineage", ol_event("r", *alike, PASSED, places=places))
        assert (last(parsed)["score"], last(parsed)["issues"]) == (25, 3)


@pytest.mark.parametrize("parent", ["p", None])
@pytest.mark.parametrize("jobs", [("a", "b"), ("a", "a")])
def test_one_event_a_test_counts_every_test(parent: str | None, jobs: tuple[str, str]) -> None:
    events = [
        ol_event("r1", FAILED, parent=parent, job=jobs[0], time="2026-03-01T00:00:01Z"),
        ol_event("r2", PASSED, parent=parent, job=jobs[1], time="2026-03-01T00:00:02Z"),
    ]
    array = said("openlineage", events)
    lines = said("openlineage", "\n".join(map(json.dumps, events)).encode())
    assert last(array) == last(lines) == {
        "score": 50, "issues": 1, "uniqueness": 0, "completeness": 100,
    }  # fmt: skip
    memory = Memory()
    one_by_one = [said("openlineage", event, memory=memory) for event in events]
    assert last(one_by_one[1]) == last(array)
    again = said("openlineage", events[1], memory=memory)
    assert [e.event_id for e in again.events] == [e.event_id for e in one_by_one[1].events]


def test_a_singular_test_told_twice_counts_once() -> None:
    run = ol_event("r2", parent="p", job="b")
    tests = [{"name": f"test.shop.{name}", "status": "fail", "type": "singular"} for name in "ab"]
    run["run"]["facets"]["test"] = {"tests": tests}
    events = [ol_event("r1", assertion("a", False), parent="p", job="a"), run]
    assert last(said("openlineage", events))["issues"] == 2


def test_a_later_run_of_a_test_replaces_the_former() -> None:
    memory = Memory()
    said("openlineage", ol_event("r1", FAILED, PASSED, parent="p1"), memory=memory)
    later = ol_event("r2", FAILED | {"success": True}, parent="p2", time="2026-03-01T01:00:00Z")
    assert last(said("openlineage", later, memory=memory))["score"] == 100
    older = ol_event("r0", FAILED, parent="p0", time="2026-02-28T00:00:00Z")
    assert last(said("openlineage", older, memory=memory))["score"] == 0
    assert last(said("openlineage", later, memory=memory))["score"] == 100


def test_what_is_not_repeated_is_forgotten() -> None:
    memory = Memory()
    said("openlineage", ol_event("r1", FAILED), memory=memory)
    next_day = (datetime(2026, 3, 1, tzinfo=UTC) + HORIZON).isoformat()
    assert last(said("openlineage", ol_event("r2", PASSED, time=next_day), memory=memory)) == {
        "score": 100, "issues": 0, "completeness": 100,
    }  # fmt: skip


def test_memory_is_bounded() -> None:
    memory = Memory(most=10, most_per_asset=5)
    many = [assertion(f"a{number}", False) for number in range(50)]
    assert last(said("openlineage", ol_event("r", *many), memory=memory))["issues"] == 50
    for number in range(50):
        said("openlineage", ol_event("r", FAILED, asset=f"t{number}"), memory=memory)
    assert memory._size <= 10
    assert len(memory._assets) <= 10


def test_only_what_is_allowed_is_remembered() -> None:
    memory = Memory()
    parsed = said("openlineage", [ol_event("r", FAILED), ol_event("r", FAILED, asset="secret")])
    allowed = [word for word in parsed.words if word.asset == "wh.t"]
    told = together(parsed, allowed, memory)
    assert values(told) == values(parsed)
    assert set(memory._assets) == {"wh.t"}


@pytest.mark.parametrize(
    "document",
    [
        {"metadata": {}, "results": []},
        {},
        {"eventTime": WHEN},
        {"run": {"runId": "r"}, "job": {"name": "j"}},
        [{"assetId": "x"}],
    ],
)
def test_any_object_is_no_event(document: Any) -> None:
    parsed = said("openlineage", document)
    assert parsed.events == []
    assert "no OpenLineage event" in faults(parsed)[0]


# Rows --------------------------------------------------------------------------


def test_nulls_and_times_of_an_export() -> None:
    body = b"""database_name,schema_name,table_name,test_name,status,detected_at,invocation_id
wh,shop,orders,a,pass,2026-03-01 06:00:00+00,b
wh,shop,orders,b,warn,2026-03-01 08:00:00 +0200,b
wh,shop,orders,c,pass,2026-03-01 06:00:00.000 Z,b
wh,shop,orders,d,pass,1772344800,b
NULL,shop,orders,e,pass,2026-03-01 06:00:00 UTC,b
\\N,shop,orders,f,fail,1772344800000,b
"""
    parsed = said("elementary", body)
    assert parsed.faults == []
    assert {event.timestamp for event in parsed.events} == {datetime(2026, 3, 1, 6, tzinfo=UTC)}
    found = values(parsed)
    assert set(found) == {"wh.shop.orders", "shop.orders"}
    assert found["wh.shop.orders"]["score"] == round(300 / 3.5, 4)
    assert found["shop.orders"]["score"] == 50


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("csv", b"table_name;state\nshop.orders\n"),
        ("csv", b"table_name;state\n"),
        ("csv", b"asset,value\na,1\n"),
        ("elementary", b"table_name;state\n"),
        ("elementary", b"status,name\npass,x\n"),
    ],
)
def test_columns_that_are_not_ours_are_refused(kind: str, body: bytes) -> None:
    (fault,) = said(kind, body).faults
    assert "no column" in str(fault)


# Every format ------------------------------------------------------------------

UNREADABLE = {
    "dbt": dbt({"unique_id": "model.s.m", "status": "success"}, metadata={"generated_at": "x"}),
    "great-expectations": gx_validation("s", gx_result("y", True), time="x"),
    "soda": {"dataTimestamp": "x", "checks": [{"table": "t", "outcome": "pass"}]},
    "deequ": [
        {
            "resultKey": {"dataSetDate": "x", "tags": {"table": "t"}},
            "analyzerContext": {
                "metricMap": [
                    {"analyzer": {"analyzerName": "Completeness"},
                     "metric": {"name": "Completeness", "value": 1.0}}
                ]
            },
        }
    ],
    "openlineage": ol_event("r", PASSED, time="x"),
    "elementary": [{"table_name": "t", "status": "pass", "detected_at": "x"}],
}  # fmt: skip


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_time_that_cannot_be_read_is_told(kind: str) -> None:
    parsed = said(kind, UNREADABLE[kind])
    assert {event.timestamp for event in parsed.events} == {RECEIVED}
    assert any("'x' is no time" in fault for fault in faults(parsed))
    later = parse(kind, json.dumps(UNREADABLE[kind]).encode())
    assert [e.event_id for e in later.events] == [e.event_id for e in parsed.events]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        ('{"a": 1}'.encode("utf-16-be"), "UTF-16"),
        ('{"a": 1}'.encode("utf-16-le"), "UTF-16"),
        ('{"a": 1}'.encode("utf-32"), "UTF-32"),
        ('{"a": 1}'.encode("utf-32-be"), "UTF-32"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04", "zip"),
    ],
)
@pytest.mark.parametrize("kind", ["dbt", "openlineage", "elementary", "csv", "jsonl"])
def test_other_encodings_are_refused_by_name(kind: str, body: bytes, name: str) -> None:
    (fault,) = said(kind, body).faults
    assert name in str(fault)


def test_a_byte_order_mark_is_taken() -> None:
    for kind in ("dbt", "openlineage", "soda"):
        body = json.dumps(UNREADABLE[kind]).encode()
        assert values(said(kind, b"\xef\xbb\xbf" + body)) == values(said(kind, body))


def test_half_pairs_nan_and_large_numbers_spoil_only_what_they_stand_in() -> None:
    good = '{"unique_id": "model.shop.a", "status": "success"}'
    for bad in (
        '{"unique_id": "model.shop.b", "status": "error", "compiled_code": "\\ud83d"}',
        '{"unique_id": "model.shop.b", "status": "error", "failures": ' + "9" * 5000 + "}",
    ):
        body = f'{{"args": {{"x": NaN, "y": "\\ude00"}}, "results": [{good},\n{bad}]}}'
        parsed = said("dbt", body.encode())
        assert set(values(parsed)) == {"shop.a"}
        assert [(fault.line, (fault.field or "")[:10]) for fault in parsed.faults] == [
            (2, "results[1]")
        ]
    whole = '{"unique_id": "model.shop.\\ud83d\\ude00", "status": "success"}'
    assert set(values(said("dbt", f'{{"x": -Infinity, "results": [{whole}]}}'.encode()))) == {
        "shop.\U0001f600"
    }


@pytest.mark.parametrize("kind", ["elementary", "great-expectations", "openlineage", "deequ"])
def test_too_many_entries_are_refused(kind: str) -> None:
    body = b"[" + b"{}," * POSTED.most_entries + b"{}]"
    (fault,) = said(kind, body).faults
    assert "60,000" in str(fault)
    assert len(said(kind, b"[" + b"{}," * 2000 + b"{}]").faults) in (1, 1001)
