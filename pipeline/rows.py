"""Rows of PostgreSQL as the structs of the contracts."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def struct_of(kind: type[S], row: Mapping[str, Any]) -> S:
    """Return the `kind` whose fields are the columns of `row` by the same names.

    Raises:
        msgspec.ValidationError: a column holds what the field does not take.
    """
    given = {field.encode_name: row[field.name] for field in msgspec.structs.fields(kind)}
    return msgspec.convert(given, kind)
