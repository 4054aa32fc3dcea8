import os
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.stack import Stack, _lock


def test_a_folder_has_one_owner_and_tells_which(tmp_path: Path) -> None:
    with _lock(tmp_path / "lock"):
        with pytest.raises(DevstackError) as caught, Stack(tmp_path):
            pass
        assert str(caught.value) == (
            f"another `tidemark dev` (process {os.getpid()}) is running on {tmp_path}: "
            "stop it first"
        )
    # A longer number of an owner who is gone must not shine through.
    (tmp_path / "lock").write_text("9999999999")
    with _lock(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_stack_that_is_not_running_has_no_addresses(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="not running"):
        Stack(tmp_path).environment()
