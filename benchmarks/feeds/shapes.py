"""Documents of a given size: as tools write them, and as somebody would who means ill."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

WHEN: Final = "2026-11-27T06:00:00Z"
RUN: Final = {"run_name": "nightly", "run_time": WHEN}
Make = Callable[[int], Any]


def _filled(
    size: int, entry: Make, around: Callable[[list[Any]], Any] = lambda entries: entries
) -> bytes:
    """Return JSON of about `size` bytes: as many entries as fit."""
    sample = len(json.dumps([entry(number) for number in range(100)])) / 100
    body = json.dumps(around([entry(number) for number in range(int(size / sample))]))
    return body.encode()[: max(size, len(body))]


def _elementary(number: int) -> Any:
    return {
        "database_name": "wh", "schema_name": "shop", "table_name": f"t{number}",
        "status": "pass" if number % 7 else "fail", "test_name": "not_null",
        "detected_at": WHEN, "invocation_id": f"x{number % 50}",
    }  # fmt: skip


def _dbt(number: int) -> Any:
    kind = "model" if number % 2 else "test"
    name = f"orders_{number}" if number % 2 else f"not_null_orders_{number - 1}_id.0123456789"
    return {
        "status": "success" if number % 2 else "pass", "unique_id": f"{kind}.shop.{name}",
        "timing": [], "execution_time": 0.5, "message": None, "failures": None,
        "relation_name": f'"wh"."shop"."orders_{number}"' if number % 2 else None,
        "compiled_code": f'select id from "wh"."shop"."orders_{number}" where id is null',
    }  # fmt: skip


def _dbt_alone(number: int) -> Any:
    sql = f'select o.id from "wh"."shop"."t{number}" o /* why */ where extract(dow from o.at) > 5'
    return {"status": "fail", "unique_id": f"test.shop.assert_{number}", "compiled_code": sql}


def _gx_result(number: int) -> Any:
    config = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": f"c{number}"}}
    return {"success": number % 3 > 0, "expectation_config": config, "result": {}}


def _gx(number: int) -> Any:
    batch = {"datasource_name": "wh", "data_asset_name": f"orders{number}"}
    return {
        "success": True, "suite_name": "s", "results": [_gx_result(number)],
        "meta": {"run_id": RUN, "active_batch_definition": batch},
    }  # fmt: skip


def _soda(number: int) -> Any:
    return {
        "name": "missing_count(id) = 0", "table": f"t{number}", "column": "id",
        "outcome": "pass" if number % 5 else None, "dataSource": "wh",
        "definition": f"checks for t{number}:\n  - missing_count(id) = 0",
    }  # fmt: skip


def _deequ(number: int) -> Any:
    metric = {"name": "Completeness", "instance": "id", "value": 0.5, "entity": "Column"}
    return {
        "resultKey": {"dataSetDate": 1795798800000 + number, "tags": {"table": f"t{number}"}},
        "analyzerContext": {
            "metricMap": [
                {"analyzer": {"analyzerName": "Completeness", "column": "id"}, "metric": metric}
            ]
        },
    }


def _deequ_flat(number: int) -> Any:
    metric = {"name": "Completeness", "instance": "id", "value": 0.5, "entity": "Column"}
    return metric | {"dataset_date": 1795798800000 + number, "table": f"t{number}"}


def _openlineage(number: int, asset: str = "t", parent: bool = True) -> Any:
    facets = {"parent": {"run": {"runId": "p"}, "job": {}}} if parent else {}
    assertion = {"assertion": f"unique{number % 50}", "column": "id", "success": number % 3 > 0}
    facet = {"dataQualityAssertions": {"assertions": [assertion]}}
    return {
        "eventTime": 1795759200 + number,
        "run": {"runId": f"r{number}", "facets": facets}, "job": {"name": f"j{number % 100}"},
        "inputs": [{"namespace": "wh", "name": asset, "inputFacets": facet}],
    }  # fmt: skip


def _metric(number: int) -> Any:
    return {"assetId": f"a{number}", "metricType": "score", "value": 50, "timestamp": WHEN}


def _event(**columns: Any) -> Any:
    facet = {"dataQualityMetrics": {"rowCount": 10, "columnMetrics": columns}}
    dataset = {"namespace": "wh", "name": "t", "inputFacets": facet}
    return {"eventTime": WHEN, "run": {"runId": "r"}, "job": {"name": "j"}, "inputs": [dataset]}


def _as_lines(body: bytes) -> bytes:
    return b"\n".join(json.dumps(entry).encode() for entry in json.loads(body))


def shapes(size: int) -> Iterator[tuple[str, str, bytes]]:
    """Yield kind, name and body of every shape, each of about `size` bytes."""
    yield from _usual(size)
    yield from _hostile(size)


def _usual(size: int) -> Iterator[tuple[str, str, bytes]]:
    elementary = _filled(size, _elementary)
    yield "elementary", "array", elementary
    yield "elementary", "lines", _as_lines(elementary)
    row = "wh,shop,t{},pass,not_null,2026-11-27 06:00:00,x\n"
    head = "database_name,schema_name,table_name,status,test_name,detected_at,invocation_id\n"
    yield "elementary", "csv", (head + "".join(map(row.format, range(size // 54)))).encode()
    yield "dbt", "models and tests", _filled(size, _dbt, lambda found: {"results": found})
    yield "dbt", "compiled SQL", _filled(size, _dbt_alone, lambda found: {"results": found})
    yield "great-expectations", "array", _filled(size, _gx)
    yield (
        "great-expectations",
        "checkpoint",
        _filled(
            size, _gx, lambda found: {"run_results": {f"k{i}": one for i, one in enumerate(found)}}
        ),
    )
    one = {"suite_name": "s", "meta": {"run_id": RUN}}
    yield (
        "great-expectations",
        "results",
        _filled(size, _gx_result, lambda found: {**one, "results": found}),
    )
    yield "soda", "checks", _filled(size, _soda, lambda found: {"checks": found})
    yield "deequ", "repository", _filled(size, _deequ)
    flat = _filled(size, _deequ_flat)
    yield "deequ", "flat metrics", flat
    yield "deequ", "flat metrics as lines", _as_lines(flat)
    yield "openlineage", "one event a test", _filled(size, _openlineage)
    yield "openlineage", "as lines", _as_lines(_filled(size, _openlineage))
    yield (
        "openlineage",
        "runs of one asset",
        _filled(size, lambda number: _openlineage(number, parent=False)),
    )
    yield (
        "openlineage",
        "an asset an event",
        _filled(size, lambda number: _openlineage(number, f"t{number}", False)),
    )
    yield "openlineage", "columns", _filled(
        size, lambda number: {"nullCount": number % 10},
        lambda found: _event(**{f"c{i}": one for i, one in enumerate(found)}),
    )  # fmt: skip
    yield "csv", "rows", ("asset,metric,value,timestamp\n" + "".join(
        f"wh.shop.t{number},score,93.5,2026-11-27T06:00:00Z\n" for number in range(size // 45)
    )).encode()  # fmt: skip
    head = "asset,score,issues,validity,accuracy,timeliness,completeness\n"
    wide = "".join(f"t{number},1,1,1,1,1,1\n" for number in range(size // 19))
    yield "csv", "wide", (head + wide).encode()
    yield "jsonl", "events", _as_lines(_filled(size, _metric))


def _hostile(size: int) -> Iterator[tuple[str, str, bytes]]:
    empty = b"[" + b"{}," * (size // 3) + b"{}]"
    many = min(49_000, size)
    fewer = b"[" + b"{}," * many + b"{}]"
    for kind, before, after in (
        ("elementary", b"", b""),
        ("deequ", b"", b""),
        ("great-expectations", b"", b""),
        ("great-expectations", b'{"validation_results": ', b"}"),
        ("great-expectations", b'{"success": true, "results": ', b"}"),
        ("openlineage", b"", b""),
        ("openlineage", b'{"eventTime": 1, "run": {}, "inputs": ', b"}"),
        ("dbt", b'{"results": ', b"}"),
        ("soda", b'{"checks": ', b"}"),
    ):
        where = before.decode().strip(' {":') or "array"
        yield kind, f"empty objects: {where}", before + empty + after
        yield kind, f"fewer of them: {where}", before + fewer + after
        yield kind, f"numbers: {where}", before + fewer.replace(b"{}", b"1") + after
    columns = {f"c{number}": [] for number in range(many)}
    yield "openlineage", "columns that are none", json.dumps(_event(**columns)).encode()
    runs = {f"k{number}": 1 for number in range(many)}
    yield (
        "great-expectations",
        "run results that are none",
        json.dumps({"run_results": runs}).encode(),
    )
    for kind in (
        "dbt",
        "soda",
        "openlineage",
        "deequ",
        "elementary",
        "great-expectations",
        "jsonl",
    ):
        yield kind, "brackets", b"[" * size
        yield kind, "braces", b'{"a":' * (size // 5)
        yield kind, "an open text", b'"' + b'\\"' * (size // 2)
        yield kind, "texts and NaN", b"[NaN," + b'"",' * (size // 3) + b"1]"
        yield kind, "half pairs", b'["' + b"\\ud83d" * (size // 6) + b'"]'
        yield kind, "digits", b"[" + b"9" * size + b"]"
        yield kind, "newlines", b"\n" * size + b"{"
        yield kind, "lines", b"{}\n" * (size // 3)
    yield "csv", "commas", b"," * size
    yield "csv", "quotes", b'asset,score\n"' + b'""' * (size // 2)
    yield "csv", "bad rows", b"asset,score\n" + b"a\n" * many
    yield "csv", "short rows", b"asset,score\n" + b"a,1\n" * (size // 4)
    long = "a_" * (size // 4)
    yield "dbt", "long names", json.dumps(
        {"results": [{"unique_id": f"model.s.{long}", "status": "success"},
                     {"unique_id": f"test.s.not_null_{long}b", "status": "pass"}]}
    ).encode()  # fmt: skip
    for name, sql in (
        ("dashes", "-" * size), ("open comments", "/*" * (size // 2)), ("quotes", "'" * size),
        ("brackets", "[" * size), ("parentheses", "(" * size), ("dots", "a." * (size // 2)),
    ):  # fmt: skip
        results = [
            {"unique_id": f"test.s.t{start}", "status": "fail", "compiled_code": sql[:250_000]}
            for start in range(0, size, 250_000)
        ]
        yield "dbt", f"SQL of {name}", json.dumps({"results": results}).encode()
    alike = [{"assertion": "x", "success": False}] * many
    facet = {"dataQualityAssertions": {"assertions": alike}}
    dataset = {"name": "t", "inputFacets": facet, "outputFacets": facet}
    event = {"eventTime": WHEN, "run": {"runId": "r"}, "job": {"name": "j"}, "inputs": [dataset]}
    yield "openlineage", "assertions alike", json.dumps(event).encode()
