"""docker-compose.yml and the Dockerfile against what they start: no engine runs them here."""

import re
import tomllib
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from api.auth.authenticator import check_settings
from cli.main import app
from devstack.jars import kafka_version
from devstack.services import PROCFILE
from pipeline.settings import Settings
from tests import compose
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = compose.services()
OURS = compose.tidemark()
SETTINGS = {f"TIDEMARK_{name.upper()}" for name in Settings.model_fields}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY")

each_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for key, value in compose.environment(OURS[name], POSTGRES_PASSWORD="x").items():
        monkeypatch.setenv(key, value)
    return Settings()


@each_of_ours
def test_settings_exist_and_make_sense(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {key for key in OURS[name]["environment"] if key.startswith("TIDEMARK_")}
    assert given <= SETTINGS
    settings = settings_of(name, monkeypatch)
    assert settings.kafka_brokers == "kafka:9092"
    if name == "edge":
        check_settings(settings)


def test_the_image_sets_settings_that_exist() -> None:
    assert set(re.findall(r"\bTIDEMARK_\w+(?==)", DOCKERFILE)) <= SETTINGS


@each_of_ours
def test_commands_exist(name: str) -> None:
    commands: Any = typer.main.get_command(app)
    command, *options = OURS[name]["command"]
    assert command in commands.commands
    known = {option for one in commands.commands[command].params for option in one.opts}
    assert {option.partition("=")[0] for option in options} <= known


def test_every_process_of_a_developers_machine_runs_here_too() -> None:
    processes = {line.partition(":")[0] for line in PROCFILE.read_text().splitlines()}
    assert processes - {"feed"} <= set(OURS)


@each_service
def test_what_runs_on_is_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"].startswith("on-failure")
        return
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])


@each_of_ours
def test_health_is_asked_where_it_is_served(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "migrate":
        return
    settings = settings_of(name, monkeypatch)
    port = settings.http_port if name == "edge" else settings.metrics_port
    url = re.search(r'"(http://[^"]+)"', OURS[name]["healthcheck"]["test"][-1])
    assert url is not None
    assert (urlsplit(url[1]).port, urlsplit(url[1]).path) == (port, "/healthz")


def test_images_are_pinned_and_the_ones_the_tests_run() -> None:
    tags = dict(service["image"].split(":", 1) for service in SERVICES.values())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert tags["tidemark"] == project["version"]
    assert tags["apache/kafka"] == kafka_version()
    ours = re.search(r'"pginstall(\d+)"', (ROOT / "devstack/postgres.py").read_text())
    assert ours is not None
    assert tags["postgres"].split(".")[0] == ours[1]
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-", image), image


@each_service
def test_no_secret_is_written_down_or_defaulted(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(key):
            assert re.fullmatch(r"\$\{\w+:\?[^}]+\}|\$\{TIDEMARK_\w+:-\}", value), key
        assert urlsplit(str(value)).password is None, key


def test_only_the_edge_is_reached_from_outside_and_on_the_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["edge"]
    (port,) = published["edge"]
    assert port.startswith("127.0.0.1:")
    assert port.endswith(f":{OURS['edge']['environment']['TIDEMARK_HTTP_PORT']}")


def test_servers_are_where_they_are_looked_for() -> None:
    edge = compose.environment(OURS["edge"], POSTGRES_PASSWORD="x")
    kafka = SERVICES["kafka"]["environment"]
    assert kafka["KAFKA_ADVERTISED_LISTENERS"].endswith("//" + edge["TIDEMARK_KAFKA_BROKERS"])
    database = urlsplit(edge["TIDEMARK_DATABASE_URL"])
    postgres = SERVICES["postgres"]["environment"]
    assert (database.hostname, database.username, database.path) == (
        "postgres", postgres["POSTGRES_USER"], "/" + postgres["POSTGRES_DB"],
    )  # fmt: skip


def test_servers_keep_their_data() -> None:
    volumes = [volume.split(":")[0] for s in SERVICES.values() for volume in s.get("volumes", ())]
    assert sorted(volumes) == ["kafka", "postgres"]
    assert (
        f":{SERVICES['kafka']['environment']['KAFKA_LOG_DIRS']}" in SERVICES["kafka"]["volumes"][0]
    )


@each_of_ours
def test_processes_wait_for_topics_and_tables(name: str) -> None:
    waits = {on: how["condition"] for on, how in OURS[name]["depends_on"].items()}
    if name == "migrate":
        assert waits == {"kafka": "service_healthy", "postgres": "service_healthy"}
    else:
        assert waits == {"migrate": "service_completed_successfully"}


def test_nothing_of_ours_runs_as_root() -> None:
    *_, last = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    user = re.search(r"^USER (\w+)$", last, re.MULTILINE)
    assert user is not None
    assert user[1] != "root"
    for name, service in OURS.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"], name


def test_the_image_is_built_of_sources_and_of_all_of_them() -> None:
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert source == "." or included(source), source
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    for path in (*packages, "schemas/sql/0001_assets.sql", "pyproject.toml", "README.md",
                 "client/src/tidemark_client/py.typed", "dashboard/src"):  # fmt: skip
        assert included(path), path
    for path in ("tests/conftest.py", ".git/HEAD", ".tidemark/lock", ".venv/bin/python", ".env",
                 "dashboard/node_modules/x", "dashboard/dist/index.html",
                 "api/__pycache__/app.pyc"):  # fmt: skip
        assert not included(path), path


def included(path: str) -> bool:
    """Say whether .dockerignore lets a path through: the last rule that matches counts."""
    taken = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        rule = line.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        prefixes = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        anywhere = parts if "**/" in line else []
        if any(fnmatch(one, rule) for one in (*prefixes, *anywhere)):
            taken = line.startswith("!")
    return taken


def test_the_deployments_page_tells_of_every_variable() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    named = {match[1] for match in compose.VARIABLE.finditer(compose.FILE.read_text())}
    assert {name for name in named if f"`{name}`" not in page} == set()
