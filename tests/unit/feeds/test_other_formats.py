"""Great Expectations, Soda, Deequ and Elementary."""

import json
from datetime import UTC, datetime

from feeds.adapters import parse
from feeds.door import FILES
from tests.unit.feeds.documents import document, metadata, read, values

WHEN = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)


def test_great_expectations_1() -> None:
    parsed = read("great-expectations", "gx_1.json")
    assert parsed.faults == []
    assert values(parsed) == {
        "pg.orders": {
            # One passed, one failed, one warned; one raised an exception.
            "score": 40.0,
            "issues": 3.0,
            "completeness": 100.0,
            "validity": 95.0,
            "uniqueness": 99.0,
        }
    }
    assert parsed.events[0].timestamp == WHEN
    assert metadata(parsed, "pg.orders") == {
        "suite": "orders_suite",
        "checkpoint": "nightly",
        "checks": 4,
        "failed": ["expect_column_values_to_be_between (amount)"],
        "warned": ["expect_column_values_to_be_unique (id)"],
        "errored": ["expect_column_to_exist (gone)"],
    }


def test_great_expectations_018_checkpoint_with_a_broken_half() -> None:
    parsed = read("great-expectations", "gx_018_checkpoint.json")
    assert values(parsed) == {"pg.orders": {"score": 0.0, "issues": 1.0, "completeness": 75.0}}
    (fault,) = parsed.faults
    assert fault.message == "expected array | null, got int"
    assert fault.field is not None
    assert fault.field.endswith(".validation_result.results")
    # The line of the validation at fault.
    assert fault.line == 35


def test_great_expectations_described_checkpoint_and_array() -> None:
    described = {
        "success": False,
        "statistics": {"evaluated_validations": 1},
        "validation_results": [
            {
                "success": False,
                "statistics": {},
                "expectations": [
                    {
                        "expectation_type": "expect_table_row_count_to_be_between",
                        "success": False,
                        "kwargs": {"batch_id": "pg-orders", "min_value": 1},
                        "result": {"observed_value": 0},
                    }
                ],
            }
        ],
    }
    parsed = parse("great-expectations", json.dumps(described).encode())
    assert values(parsed) == {"pg.orders": {"score": 0.0, "issues": 1.0, "completeness": 0.0}}
    one = json.loads(document("gx_1.json"))
    both = parse("great-expectations", json.dumps([one, one]).encode())
    # The same result twice is one.
    assert values(both) == values(read("great-expectations", "gx_1.json"))


def test_great_expectations_without_an_asset_needs_one() -> None:
    bare = {"results": [{"success": True, "expectation_config": {"type": "expect_x"}}]}
    body = json.dumps(bare).encode()
    assert "give one with ?assetId=" in str(parse("great-expectations", body).faults[0])
    named = parse("great-expectations", body, door=FILES)
    assert "give one with --asset" in str(named.faults[0])
    assert values(parse("great-expectations", body, asset="orders"))["orders"]["score"] == 100
    nothing = parse("great-expectations", b'{"success": true}')
    assert "no validation result" in str(nothing.faults[0])


def test_soda_3() -> None:
    parsed = read("soda", "soda_3.json")
    assert parsed.faults == []
    assert values(parsed) == {
        "pg.unique_orders": {
            "score": 40.0,
            "issues": 2.0,
            "completeness": 100.0,
            "uniqueness": 0.0,
            "accuracy": 0.0,
        },
        "pg.clicks": {"issues": 1.0},
    }
    assert parsed.events[0].timestamp == WHEN


def test_soda_4() -> None:
    parsed = read("soda", "soda_4.json")
    assert parsed.faults == []
    assert values(parsed) == {
        "dwh.db.sales.orders": {
            "score": 50.0,
            "issues": 2.0,
            "completeness": 97.5,
            "uniqueness": 100.0,
        }
    }


def test_soda_checks_without_a_table_need_one() -> None:
    body = b'{"checks": [{"name": "x", "outcome": "pass"}, {"outcome": 3, "table": "t"}]}'
    parsed = parse("soda", body)
    assert sorted(str(fault) for fault in parsed.faults) == [
        "line 1: checks[0]: names no table: give one with ?assetId=",
        "line 1: checks[1].outcome: expected str | null, got int",
    ]
    assert values(parse("soda", body, asset="t"))["t"]["score"] == 100


def test_deequ_repository() -> None:
    parsed = read("deequ", "deequ_repository.json")
    assert values(parsed) == {
        "sales.orders": {"score": 90.0, "completeness": 95.0, "uniqueness": 80.0}
    }
    assert parsed.events[0].timestamp == datetime.fromtimestamp(1772337906, UTC)
    said = [(fault.line, str(fault)) for fault in parsed.faults]
    assert said[0][1].endswith("Compliance of positive has no number: None")
    assert said[0][0] == 14
    assert "give one with ?assetId=, or a tag of dataset" in said[1][1]


def test_deequ_checks_and_flat_metrics() -> None:
    assert values(read("deequ", "deequ_checks.json", asset="orders")) == {
        "orders": {
            "score": 40.0,
            "issues": 2.0,
            "completeness": 100.0,
            "uniqueness": 0.0,
            "validity": 0.0,
        }
    }
    assert len(read("deequ", "deequ_checks.json").faults) == 3
    flat = b"""[{"entity": "Column", "instance": "id", "name": "Completeness", "value": 0.5},
                {"entity": "Dataset", "instance": "*", "name": "Size", "value": 5.0}]"""
    assert values(parse("deequ", flat, asset="orders")) == {
        "orders": {"score": 50.0, "completeness": 50.0}
    }


def test_elementary_export_in_order_of_its_runs() -> None:
    parsed = read("elementary", "elementary.csv")
    asset = "WAREHOUSE.SALES.ORDERS"
    runs = [(event.timestamp.day, event.metric_type.value, event.value) for event in parsed.events]
    assert runs == [
        (1, "score", 0.0),
        (1, "issues", 1.0),
        (1, "consistency", 0.0),
        (2, "score", 50.0),
        (2, "issues", 1.0),
        (2, "completeness", 50.0),
    ]
    assert {event.asset_id for event in parsed.events} == {asset}
    assert [str(fault) for fault in parsed.faults] == [
        "line 6: status: unknown status 'exploded'",
        "line 7: table_name: is missing",
    ]


def test_a_later_elementary_export_repeats_no_event() -> None:
    first = read("elementary", "elementary.csv")
    later = document("elementary.csv") + (
        b"9,test.shop.a,model.shop.orders,run-3,2026-03-03 04:05:06,WAREHOUSE,SALES,ORDERS,ID,"
        b"dbt_test,generic,,not_null_orders_id,ERROR,pass,0,not_null,0\n"
    )
    second = parse("elementary", later)
    known = {event.event_id for event in first.events}
    assert known < {event.event_id for event in second.events}


def test_elementary_as_json_and_json_lines() -> None:
    rows = [
        {"status": "pass", "table_name": "orders", "test_name": "unique", "invocation_id": "r"},
        {"status": "fail", "model_unique_id": "model.shop.x", "test_name": "unique"},
    ]
    array = parse("elementary", json.dumps(rows).encode())
    lines = parse("elementary", "\n".join(map(json.dumps, rows)).encode() + b"\n{broken\n")
    assert values(array) == values(lines)
    assert set(values(array)) == {"orders", "shop.x"}
    assert [fault.line for fault in lines.faults] == [3]
