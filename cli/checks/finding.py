"""What a check comes to."""

from enum import StrEnum
from typing import Self

import msgspec


class Verdict(StrEnum):
    """How bad it is; `note` says what matters to some only, or could not be looked at."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True):
    """One line of the report. `remedy` says what to do."""

    check: str
    verdict: Verdict
    detail: str
    remedy: str | None = None

    @classmethod
    def ok(cls, check: str, detail: str) -> Self:
        """All is well."""
        return cls(check, Verdict.OK, detail)

    @classmethod
    def note(cls, check: str, detail: str, remedy: str | None = None) -> Self:
        """Of interest to some."""
        return cls(check, Verdict.NOTE, detail, remedy)

    @classmethod
    def warn(cls, check: str, detail: str, remedy: str) -> Self:
        """It works, though not as it should."""
        return cls(check, Verdict.WARN, detail, remedy)

    @classmethod
    def fail(cls, check: str, detail: str, remedy: str) -> Self:
        """It does not work."""
        return cls(check, Verdict.FAIL, detail, remedy)
