"""What is missing is told in one line that says what to install."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack import jars
from devstack.errors import DevstackError

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts shell scripts on an otherwise empty PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    jars.java.cache_clear()

    def install(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    yield install
    jars.java.cache_clear()


def one_line(call: Callable[[], object]) -> str:
    with pytest.raises(DevstackError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.usefixtures("install")
def test_without_java() -> None:
    assert one_line(jars.java) == (
        "Kafka needs a JDK 17 or newer: install one (Debian: apt-get install "
        "openjdk-17-jre-headless)"
    )


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ('openjdk version "11.0.22" 2024-01-16', "is of Java 11"),
        ('java version "1.8.0_392"', "is of Java 8"),
        ("Unable to locate a Java Runtime.", "is of Java nothing"),
    ],
)
def test_an_old_java_is_none(install: Install, told: str, there: str) -> None:
    install("java", f"echo '{told}' >&2")
    assert re.fullmatch(
        rf"Kafka needs a JDK 17 or newer, \S+/java {there}: install one .+", one_line(jars.java)
    )


@pytest.mark.parametrize("told", ['openjdk version "17.0.15" 2025-04-15', 'version "25" 2025'])
def test_a_newer_java_will_do(install: Install, told: str, tmp_path: Path) -> None:
    install("java", f"echo '{told}' >&2")
    assert jars.java() == str(tmp_path / "java")


@pytest.mark.usefixtures("install")
def test_without_maven(tmp_path: Path) -> None:
    assert one_line(lambda: jars.kafka_libs(tmp_path / "cache")) == (
        "Kafka's jars are fetched by Maven: install it (Debian: apt-get install maven)"
    )


def test_what_maven_says_is_told_and_nothing_is_left(install: Install, tmp_path: Path) -> None:
    install("mvn", "echo 'Could not resolve kafka'; exit 1")
    with pytest.raises(DevstackError, match="could not fetch Kafka's jars:\nCould not resolve"):
        jars.kafka_libs(tmp_path / "cache")
    assert [*(tmp_path / "cache" / jars.kafka_version()).iterdir()] == []


@pytest.mark.usefixtures("install")
def test_jars_that_are_there_need_no_maven(tmp_path: Path) -> None:
    libs = tmp_path / jars.kafka_version() / "libs"
    libs.mkdir(parents=True)
    assert jars.kafka_libs(tmp_path) == libs


def test_the_pom_names_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", jars.kafka_version())
