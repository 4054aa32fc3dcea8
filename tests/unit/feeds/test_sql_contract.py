"""Checks files: what they may say, and how a wrong one is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sql.condition import Condition
from feeds.sql.contract import ContractError, duration, load_contract, quoted
from feeds.sql.database import check_url
from feeds.sql.placeholders import filled
from feeds.sql.statements import literal
from tests.unit.feeds.sql_cases import CHECKS

numbers = st.integers(-100, 100) | st.floats(-100, 100)


@given(numbers, numbers, numbers)
def test_conditions_mean_what_they_say(value: float, low: float, high: float) -> None:
    def holds(**given: object) -> bool:
        return Condition(given).holds(value)

    assert holds(must_be=low) == (value == low) != holds(must_not_be=low)
    assert holds(must_be_less_than=low) != holds(must_be_greater_or_equal_to=low)
    assert holds(must_be_greater_than=low) != holds(must_be_less_or_equal_to=low)
    assert holds(must_be_between=(low, high)) == (low <= value <= high)
    assert holds(must_be_between=(low, high)) != holds(must_not_be_between=(low, high))
    both = holds(must_be_greater_than=low, must_be_less_than=high)
    assert both == (low < value < high)


def test_of_no_value_nothing_holds() -> None:
    assert not Condition({"must_not_be": 3}).holds(None)
    assert not Condition({}).holds(1)
    assert Condition({}).holds(True)
    assert str(Condition({"must_be_less_than": 3.0, "must_not_be": True})) == "< 3 and <> True"
    assert str(Condition({"must_be_between": (1, 2.5)})) == "between 1 and 2.5"


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "checks.yaml"
    file.write_text(text)
    return file


def test_a_contract_is_read_and_what_is_not_ours_left_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "s3cret")
    text = CHECKS + "connection: postgresql://me:${DB_PASSWORD}@db/x\nevery: 1h\ntimeout: 5s\n"
    contract = load_contract(write(tmp_path, text))
    assert contract.connection == "postgresql://me:s3cret@db/x"
    assert contract.timeout == 5
    assert len(contract.checks) == 15
    assert {check.asset for check in contract.checks} == {"dwh.orders", "elsewhere"}
    assert {check.every for check in contract.checks} == {3600}
    assert contract.checks[1].warning
    assert load_contract(write(tmp_path, text), "duckdb:///x").connection == "duckdb:///x"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{metric: rowCount}", "has no condition such as mustBe"),
        ("{metric: rows, mustBe: 1}", "metric: 'rows' is not one of duplicateValues, freshness"),
        ("{mustBe: 1}", "metric: None is not one of"),
        ("{metric: rowCount, mustBeless: 1}", "unknown field `mustBeless`"),
        ("{metric: rowCount, mustBe: many}", r"got `str` - at `\$.mustBe`"),
        ("{metric: rowCount, mustBeBetween: [1]}", r"mustBeBetween"),
        ("{metric: nullValues, mustBe: 0}", "nullValues needs a column"),
        ("{metric: duplicateValues, arguments: {properties: 3}, mustBe: 0}", "list of columns"),
        ("{metric: invalidValues, arguments: {column: a}, mustBe: 0}", "validValues or pattern"),
        ("{metric: missingValues, arguments: {column: a}, mustBe: 0}", "the list missingValues"),
        ("{metric: rowCount, mustBe: 0, unit: percent}", "unit: 'percent' is not one of rows"),
        ("{metric: rowCount, mustBe: 0, dimension: beauty}", "dimension: 'beauty'"),
        ("{metric: rowCount, mustBe: 0, schedule: often}", "schedule: 'often' is no cron"),
        ("{type: sql, mustBe: 0}", "query is missing"),
        ("{type: magic, mustBe: 0}", "Invalid enum value"),
        ("{type: sql, query: 'SELECT 1 FROM ${nothing}', mustBe: 0}", "stands for nothing"),
        ("{type: sql, query: 'SELECT {column} FROM {object}', mustBe: 0}", "needs a column"),
        ("3", "Expected `object`"),
    ],
)
def test_a_wrong_check_is_named(tmp_path: Path, rule: str, said: str) -> None:
    named = rule.replace("{", "{name: my check, ", 1) if rule != "3" else rule
    text = f"schema: [{{name: orders, quality: [{{metric: rowCount, mustBe: 1}}, {named}]}}]"
    name = r" \(my check\)" if rule != "3" else ""
    with pytest.raises(ContractError, match=rf"checks.yaml: orders quality\[1\]{name}: .*{said}"):
        load_contract(write(tmp_path, text), "duckdb:///x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expected `object`"),
        ("schema: [", "while parsing"),
        ("schema: []", "holds no check"),
        ("schema: [{quality: []}]", "missing required field `name`"),
        ("{every: soon, schema: []}", "'soon' is no duration"),
        ("{connection: '${NOT_THERE}', schema: []}", "the environment has no NOT_THERE"),
        ("schema: [{name: a, quality: [{metric: rowCount, mustBe: 1}]}]", "no connection"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContractError, match=f"checks.yaml: .*{said}"):
        load_contract(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"nowhere.yaml.*No such file"):
        load_contract(tmp_path / "nowhere.yaml")


def test_small_things() -> None:
    assert [duration(text) for text in ("30s", " 5m", "1h", "2d")] == [30, 300, 3600, 172800]
    assert quoted('a.b"c') == '"a"."b""c"'
    assert literal("it's") == "'it''s'"
    assert (literal(3), literal(True)) == ("'3'", "'true'")
    with pytest.raises(ValueError, match="must begin with postgresql:// or duckdb:///"):
        check_url("mysql://x")


@pytest.mark.parametrize(
    "table", ["{object}", "${object}", "{table}", "${table}", "{model}", "{schema}", '"{model}"']
)
def test_every_tools_placeholders_are_filled(table: str) -> None:
    query = f"SELECT count(*) FROM {table} WHERE ${{property}} = '{{a}}' AND {{column}} IS NULL"
    assert filled(query, "shop.orders", '"id"') == (
        'SELECT count(*) FROM shop.orders WHERE "id" = \'{a}\' AND "id" IS NULL'
    )


def test_nested_fields_are_checked_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    text = """schema:
- name: orders
  quality: [{type: text, description: all there}]
  properties:
  - name: who
    properties: [{name: mail, quality: [{metric: nullValues, mustBe: 0}]}]
  - name: extra
    physicalType: JSONB
    properties: [{name: "it's", quality: [{metric: nullValues, mustBe: 0}]}]
  - name: lines
    items: {properties: [{name: sku, quality: [{metric: nullValues, mustBe: 0}]}]}
"""
    contract = load_contract(write(tmp_path, text), "duckdb:///x")
    assert [(check.name, check.columns[0]) for check in contract.checks] == [
        ("nullValues of who.mail", '("who")."mail"'),
        ("nullValues of extra.it's", "(\"extra\" ->> 'it''s')"),
    ]
    assert len(contract.skipped) == 2
