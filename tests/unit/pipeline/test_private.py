"""What we keep is not for other accounts to read."""

import os
import stat
from pathlib import Path

import pytest

from pipeline.app import create_app
from pipeline.private import private_folder, write_private
from pipeline.settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_folders_and_files_are_for_their_account_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir(mode=0o777)
    assert mode(private_folder(folder)) == 0o700
    assert mode(private_folder(tmp_path / "b" / "c")) == 0o700
    file = folder / "secret"
    file.touch(mode=0o666)
    write_private(file, "s")
    assert (mode(file), file.read_text()) == (0o600, "s")


def test_a_link_in_the_place_of_a_secret_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "secret").symlink_to(tmp_path / "elsewhere")
    write_private(tmp_path / "secret", "ours")
    assert (tmp_path / "elsewhere").read_text() == "theirs"


def test_a_workers_state_is_private_and_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir(mode=0o755)
    for state in (tmp_path / "made", given):
        create_app(Settings(state_dir=state), "app", ("topic",))
    assert mode(tmp_path / "made") == mode(tmp_path / "made" / "app") == 0o700
    assert (mode(given), mode(given / "app")) == (0o755, 0o700)
