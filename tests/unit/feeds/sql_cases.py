"""One table and its checks, for every database to agree on."""

SETUP = (
    "CREATE TABLE orders (id integer, tenant integer, email varchar, unit varchar, "
    "amount double precision, loaded_at timestamp)",
    # Ten rows: one id missing, two doubled, two emails missing in one way or another.
    "INSERT INTO orders VALUES "
    "(1, 1, 'a@x.org', 'kg', 1, now() - interval '2 hours'),"
    "(2, 1, 'b@x.org', 'kg', 2, now() - interval '3 hours'),"
    "(2, 1, 'c@x.org', 'lb', 3, now() - interval '4 hours'),"
    "(3, 2, '', 'stone', 4, now() - interval '5 hours'),"
    "(3, 1, NULL, 'kg', 5, now() - interval '5 hours'),"
    "(4, 1, 'd@x.org', NULL, 6, now() - interval '5 hours'),"
    "(5, 1, 'not mail', 'kg', -7, now() - interval '5 hours'),"
    "(6, 1, 'it''s@x.org', 'kg', 8, now() - interval '5 hours'),"
    "(7, 1, 'e@x.org', 'kg', 9, now() - interval '5 hours'),"
    "(NULL, 1, 'f@x.org', 'kg', 10, now() - interval '5 hours')",
    "CREATE TABLE empty_orders (id integer, loaded_at timestamp)",
)

CHECKS = r"""
apiVersion: v3.1.0
kind: DataContract
id: orders
assetPrefix: "dwh."
schema:
  - name: orders
    quality:
      - metric: rowCount
        mustBeBetween: [10, 10]
      - metric: rowCount
        name: many orders
        mustBeGreaterThan: 10
        severity: warning
      - metric: duplicateValues
        name: key
        arguments: {properties: [tenant, id]}
        mustBe: 0
      - type: sql
        name: no negative amounts
        query: SELECT count(*) FROM {object} WHERE amount < 0
        mustBe: 0
        dimension: accuracy
      - type: sql
        name: sane
        query: SELECT sum(amount) > 0 FROM {object}
        dimension: cs
      - type: text
        description: Orders are complete by six in the morning.
      - type: custom
        engine: soda
        implementation: "whatever: true"
    properties:
      - name: id
        quality:
          - metric: nullValues
            mustBeLessOrEqualTo: 10
            unit: percent
          - rule: duplicateValues
            mustBeLessThan: 2
      - name: email
        quality:
          - metric: missingValues
            arguments: {missingValues: [null, "", N/A]}
            mustBe: 2
          - metric: invalidValues
            arguments: {pattern: "^[a-z']+@x[.]org$"}
            mustNotBe: 2
      - name: unit
        quality:
          - metric: invalidValues
            arguments: {validValues: [kg, lb]}
            mustBeGreaterOrEqualTo: 1
      - name: loaded_at
        quality:
          - metric: freshness
            unit: hours
            mustBeLessThan: 3
          - metric: freshness
            name: fresher
            unit: minutes
            mustNotBeBetween: [100, 200]
  - name: empty_orders
    asset: elsewhere
    quality:
      - metric: freshness
        arguments: {column: loaded_at}
        mustBeLessThan: 3600
      - metric: nullValues
        arguments: {column: id}
        mustBe: 0
      - type: sql
        name: broken
        query: SELECT no_such_column FROM {object}
        mustBe: 0
"""

VALUES = {
    "rowCount": 10,
    "many orders": 10,
    "key": 1,
    "no negative amounts": 1,
    "sane": True,
    "nullValues of id": 10.0,
    "duplicateValues of id": 2,
    "missingValues of email": 2,
    # An empty text and `not mail`.
    "invalidValues of email": 2,
    "invalidValues of unit": 1,
}

PASSED = {
    "rowCount",
    "sane",
    "nullValues of id",
    "missingValues of email",
    "invalidValues of unit",
    "freshness of loaded_at",
    "nullValues",
}

METRICS = {
    "dwh.orders": {
        # 6 of 12 passed, one of the others only warned.
        "score": round(100 * 6 / 11.5, 4),
        "issues": 6.0,
        # Row counts 1 and 0 (half weight), nulls 0.9, missing 0.8.
        "completeness": round(100 * (1 + 0.9 + 0.8) / 3.5, 4),
        # A key of two columns 8/9 good, a column 7/9.
        "uniqueness": round(100 * (8 / 9 + 7 / 9) / 2, 4),
        "accuracy": 0.0,
        "consistency": 100.0,
        # Patterns: 2 of 10 rows bad; units: 1 of 10.
        "validity": 85.0,
        "timeliness": 50.0,
    },
    "elsewhere": {
        "score": 50.0,
        "issues": 2.0,
        "timeliness": 0.0,
        "completeness": 100.0,
    },
}
