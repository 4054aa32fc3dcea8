"""What keeps a process from its work: one sentence, and the exit code that goes with it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a process ends that may not go on; the numbers are those of sysexits.h."""

    UNAVAILABLE = 69
    """A server does not answer, or not yet. Waiting may mend it."""
    REFUSED = 77
    """A server refuses: a password, a certificate, a permission."""
    MISFIT = 78
    """A setting does not make sense, or does not fit what the server has."""


class Fault(Exception):
    """Something outside keeps us from working.

    Args:
        what: what is wrong and where, without a full stop.
        remedy: what to do about it.
        code: the kind of fault.
    """

    def __init__(self, what: str, remedy: str, code: ExitCode) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy
        self.code = code

    @property
    def lasts(self) -> bool:
        """Whether waiting is of no use."""
        return self.code is not ExitCode.UNAVAILABLE

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (str(self), self.code) == (str(other), other.code)

    def __hash__(self) -> int:
        return hash((str(self), self.code))
