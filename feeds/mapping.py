"""From a check's type to the quality dimension it speaks of, and how much it counts."""

import re
from collections.abc import Mapping as Table
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from schemas.metrics import DIMENSIONS, MetricType

DEFAULT_DIMENSIONS: Final[Table[str, MetricType]] = {
    # First match wins, so the more telling patterns come first.
    "*freshness*": MetricType.TIMELINESS,
    "*recency*": MetricType.TIMELINESS,
    "*timeli*": MetricType.TIMELINESS,
    "*relationships*": MetricType.INTEGRITY,
    "*reference*": MetricType.INTEGRITY,
    "*referential*": MetricType.INTEGRITY,
    "*foreign_key*": MetricType.INTEGRITY,
    "*schema*": MetricType.CONSISTENCY,
    "*columns_to_match*": MetricType.CONSISTENCY,
    "*column_to_exist*": MetricType.CONSISTENCY,
    "*column_count*": MetricType.CONSISTENCY,
    "*column_pair*": MetricType.CONSISTENCY,
    "*dimension_anomalies*": MetricType.CONSISTENCY,
    "*expression_is_true*": MetricType.CONSISTENCY,
    "*equal_rowcount*": MetricType.CONSISTENCY,
    "*consisten*": MetricType.CONSISTENCY,
    "*reconcil*": MetricType.ACCURACY,
    "*equality*": MetricType.ACCURACY,
    "*accuracy*": MetricType.ACCURACY,
    "*unique*": MetricType.UNIQUENESS,
    "*duplicate*": MetricType.UNIQUENESS,
    "*distinctness*": MetricType.UNIQUENESS,
    "*not_null*": MetricType.COMPLETENESS,
    "*not_be_null*": MetricType.COMPLETENESS,
    "*null_values*": MetricType.COMPLETENESS,
    "*null_check*": MetricType.COMPLETENESS,
    "*missing*": MetricType.COMPLETENESS,
    "*completeness*": MetricType.COMPLETENESS,
    "*row_count*": MetricType.COMPLETENESS,
    "*not_empty*": MetricType.COMPLETENESS,
    "*at_least_one*": MetricType.COMPLETENESS,
    "*volume*": MetricType.COMPLETENESS,
    "size*": MetricType.COMPLETENESS,
    "*accepted_*": MetricType.VALIDITY,
    "*invalid*": MetricType.VALIDITY,
    "*valid*": MetricType.VALIDITY,
    "*regex*": MetricType.VALIDITY,
    "*pattern*": MetricType.VALIDITY,
    "*compliance*": MetricType.VALIDITY,
    "*in_set*": MetricType.VALIDITY,
    "*between*": MetricType.VALIDITY,
    "*range*": MetricType.VALIDITY,
    "*of_type*": MetricType.VALIDITY,
    "*in_type*": MetricType.VALIDITY,
    "*length*": MetricType.VALIDITY,
    "*column_anomalies*": MetricType.VALIDITY,
}
"""Glob on the check's type in snake_case -> dimension. A type that none matches counts
in score and issues only."""

Dimension = Literal[
    "completeness", "accuracy", "consistency", "timeliness", "uniqueness", "validity", "integrity"
]
Weight = Annotated[float, Meta(gt=0, le=1000)]


class MappingError(ValueError):
    """The mapping file makes no sense; the message names the file and the field."""


class Mapping(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How findings become metrics, as a mapping file (YAML or JSON) may override it.

    Attributes:
        dimensions: glob on check type -> dimension, tried before the built-in ones.
        weights: glob on check type -> weight in score and dimension (default 1).
        warning_weight: factor for a check that only warned.
        asset_prefix: put before every asset id.
        assets: asset id as the document gives it -> asset id to use (no prefix added).
    """

    dimensions: dict[str, Dimension] = {}
    weights: dict[str, Weight] = {}
    warning_weight: Weight = 0.5
    asset_prefix: str = ""
    assets: dict[str, str] = {}

    def dimension(self, check: str) -> MetricType | None:
        """Return the dimension of a check type, or None."""
        kind = normal(check)
        for pattern, own in self.dimensions.items():
            if fnmatchcase(kind, normal(pattern)):
                return MetricType(own)
        return _default_dimension(kind)

    def weight(self, check: str) -> float:
        """Return the weight of a check type."""
        if not self.weights:
            return 1.0
        kind = normal(check)
        for pattern, weight in self.weights.items():
            if fnmatchcase(kind, normal(pattern)):
                return weight
        return 1.0

    def asset(self, name: str) -> str:
        """Return the asset id for the name a document gives."""
        return self.assets.get(name, self.asset_prefix + name)

    def digest(self) -> str:
        """Return a short text that differs between mappings."""
        return sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:16]


DEFAULT: Final = Mapping()


def load_mapping(file: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        MappingError: it can't be read, is no YAML, or holds what no mapping has.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return msgspec.convert({} if content is None else content, Mapping)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise MappingError(f"{file}: {error}") from None


def named_dimension(name: object) -> MetricType | None:
    """Return the dimension a document names itself, where it is one of ours."""
    known = {
        "conformity": "validity",
        "coverage": "completeness",
        # ODCS's short names.
        "ac": "accuracy",
        "cp": "completeness",
        "cf": "validity",
        "cs": "consistency",
        "cv": "completeness",
        "tm": "timeliness",
        "uq": "uniqueness",
    }
    lowered = str(name).strip().lower()
    try:
        metric = MetricType(known.get(lowered, lowered))
    except ValueError:
        return None
    return metric if metric in DIMENSIONS else None


@lru_cache(maxsize=10_000)
def normal(check: str) -> str:
    """Return a check type in snake_case: `ExpectColumnToExist` -> `expect_column_to_exist`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", check.strip())
    return re.sub(r"[\s\-]+", "_", words).lower()


@lru_cache(maxsize=10_000)
def _default_dimension(kind: str) -> MetricType | None:
    for word, anywhere, dimension in _WORDS:
        if word in kind if anywhere else kind.startswith(word):
            return dimension
    return None


# Every check of a document is looked up, and looking for a word is ten times as fast as a glob.
_WORDS: Final = tuple(
    (pattern.strip("*"), pattern.startswith("*"), dimension)
    for pattern, dimension in DEFAULT_DIMENSIONS.items()
)
