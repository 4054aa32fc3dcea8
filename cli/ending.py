"""How a command ends that can't go on: one line on standard error, and an exit code."""

import sys
from typing import NoReturn

from pipeline.faults import ExitCode


def end(fault: Exception, code: ExitCode) -> NoReturn:
    """End with what `fault` says."""
    print(f"tidemark: {fault}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
