"""Contracts of the standard's earlier versions: 3.0's names of rules, and 2, which is refused.

Version 3.0 leaves the names of its rules open. These are the ones of its own examples and
documents; a rule of another name can't be run.
"""

from typing import Any, Final

RULES: Final = {
    "rowCount": "rowCount",
    "countCheck": "rowCount",
    "nullCheck": "nullValues",
    "validValues": "invalidValues",
    "duplicateCount": "duplicateValues",
    "uniqueCheck": "duplicateValues",
}
"""A rule of 3.0 -> the metric of 3.1."""
NONE_ALLOWED: Final = frozenset({"nullCheck", "validValues", "uniqueCheck"})
"""Rules that without a condition mean that there is no such row."""
ARGUMENTS: Final = ("validValues", "pattern", "missingValues", "properties")
"""What 3.0 writes beside the rule, and 3.1 as its `arguments`."""


class NoRule(ValueError):
    """A rule that says nothing that can be run."""


def check_version(content: Any) -> None:
    """Refuse a contract of version 2.

    Raises:
        ValueError: it is one.
    """
    if not isinstance(content, dict) or "schema" in content:
        return
    version = str(content.get("apiVersion") or "")
    if "dataset" in content or version.startswith(("v2", "2")):
        raise ValueError(
            f"a contract of version {version or '2'}, with `dataset` in place of `schema`: "
            "give one of version 3.0 or later"
        )


def current(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as version 3.1 writes it.

    Raises:
        NoRule: 3.0 has no rule of that name, or it has no condition and none is implied.
    """
    name = raw.get("rule")
    is_library = raw.get("type") in (None, "library")
    if raw.get("metric") or not isinstance(name, str) or not is_library:
        return raw
    metric = RULES.get(name, name if name in RULES.values() or name == "freshness" else None)
    if metric is None:
        known = ", ".join(sorted(RULES))
        raise NoRule(f"the rule {name[:60]!r} has no metric; those of 3.0 that have: {known}")
    rule = {key: value for key, value in raw.items() if key not in ARGUMENTS}
    given = {key: raw[key] for key in ARGUMENTS if key in raw}
    if given and isinstance(raw.get("arguments"), (dict, type(None))):
        rule["arguments"] = given | (raw.get("arguments") or {})
    if not any(str(key).startswith(("mustBe", "mustNotBe")) for key in rule):
        if name == "countCheck":
            raise NoRule("the rule 'countCheck' has no condition such as mustBeGreaterThan")
        if name in NONE_ALLOWED:
            rule["mustBe"] = 0
    return rule | {"metric": metric}
