"""Apache Kafka's jars, fetched once by Maven and kept in a cache folder."""

import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from devstack.errors import DevstackError

OLDEST_JAVA = 17
"""What Kafka's jars are compiled for."""
POM = Path(__file__).with_name("pom.xml")
_NAMESPACE = {"m": "http://maven.apache.org/POM/4.0.0"}


def kafka_version() -> str:
    """Return the Kafka version that pom.xml pins."""
    # Our own file, not input.
    found = ElementTree.parse(POM).findtext("m:properties/m:kafka.version", None, _NAMESPACE)  # noqa: S314
    if found is None:
        raise DevstackError(f"{POM} names no kafka.version")
    return found


@lru_cache
def java() -> str:
    """Return the path of the Java launcher.

    Raises:
        DevstackError: there is none, or an old one.
    """
    found = shutil.which("java")
    version = _java_version(found) if found else 0
    if found is None or version < OLDEST_JAVA:
        there = f", {found} is of Java {version or 'nothing'}" if found else ""
        raise DevstackError(
            f"Kafka needs a JDK {OLDEST_JAVA} or newer{there}: install one (Debian: apt-get "
            f"install openjdk-{OLDEST_JAVA}-jre-headless)"
        )
    return found


def maven() -> str:
    """Return the path of Maven.

    Raises:
        DevstackError: there is none.
    """
    found = shutil.which("mvn")
    if found is None:
        raise DevstackError(
            "Kafka's jars are fetched by Maven: install it (Debian: apt-get install maven)"
        )
    return found


def kafka_libs(cache: Path) -> Path:
    """Return the folder with Kafka's jars below `cache`; the first call fetches them.

    Raises:
        DevstackError: Maven is missing or could not fetch them.
    """
    libs = cache.absolute() / kafka_version() / "libs"
    if not libs.exists():
        libs.parent.mkdir(parents=True, exist_ok=True)
        # Fetched aside and renamed, so that the folder is complete when it exists.
        with tempfile.TemporaryDirectory(dir=libs.parent) as work:
            fetched = Path(work) / "libs"
            _fetch(fetched)
            if not libs.exists():
                fetched.rename(libs)
    return libs


def _fetch(destination: Path) -> None:
    run = subprocess.run(
        [
            maven(),
            *("--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM)),
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={destination}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise DevstackError(f"Maven could not fetch Kafka's jars:\n{run.stdout[-2000:]}")


def _java_version(launcher: str) -> int:
    """Return the major version; 0 of a launcher that has no Java behind it (macOS)."""
    run = subprocess.run([launcher, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', run.stderr)
    return int(found[1]) if found else 0
