"""Processes that end are started again, and all end when they are asked to."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from devstack import supervisor
from devstack.supervisor import Supervisor, ending, read_procfile
from tests.conftest import ROOT


def test_what_ends_is_started_again_and_said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_WAIT", 0.01)
    said: list[str] = []
    thrice = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            thrice.set()

    commands = {"dies": "echo here; exit 3", "lives": "exec sleep 600"}
    kept = Supervisor(commands, os.environ, say)
    kept.start()
    assert thrice.wait(30)
    lives = kept._running["lives"]
    assert lives.poll() is None
    kept.stop()
    assert lives.poll() is not None
    assert said[:3] == [
        f"dies exited with code 3; restarting in {wait:g} s" for wait in (0.01, 0.02, 0.04)
    ]
    assert "dies  | here\n" in capfd.readouterr().out


def test_what_is_stubborn_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.2)
    ready = threading.Event()
    monkeypatch.setattr(Supervisor, "_show", lambda _self, _name, process: _ready(process, ready))
    kept = Supervisor({"deaf": "trap '' TERM; echo; while :; do sleep 0.05; done"}, os.environ, str)
    kept.start()
    assert ready.wait(30)
    kept.stop()
    assert kept._running["deaf"].wait(10) == -9


def _ready(process: Any, ready: threading.Event) -> None:
    with process.stdout as lines:
        lines.readline()
    ready.set()


def test_endings_in_words() -> None:
    assert ending(0) == "exited with code 0"
    assert ending(-9) == "was ended by SIGKILL"
    assert ending(-99) == "was ended by signal 99"


def test_the_procfile(tmp_path: Path) -> None:
    file = tmp_path / "Procfile"
    file.write_text("# ours\n\nworker: exec tidemark worker --x 'a:b'\n")
    assert read_procfile(file) == {"worker": "exec tidemark worker --x 'a:b'"}
    assert set(read_procfile(ROOT / "Procfile")) == {"worker", "sink", "notify", "edge", "feed"}
