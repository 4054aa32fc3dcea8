"""Settings, read once from the environment (`TIDEMARK_*`) into a frozen object."""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingError

from pipeline.thresholds import Positive, ThresholdLookup, ThresholdOverride, Thresholds

APP_ID = "tidemark"
"""Start of the Faust app ids, see `Settings.worker_group`."""

FERNET_KEY_BYTES = 32
SIMILAR = 0.8
"""From here on a name counts as a mistyped other (`difflib`'s ratio)."""


class SettingsError(ValueError):
    """The environment holds a setting that makes no sense; the message names it."""


class Settings(BaseSettings):
    """Every setting of every process. Nested ones are given as JSON."""

    model_config = SettingsConfigDict(
        env_prefix="TIDEMARK_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    # Kafka
    kafka_brokers: str = Field("127.0.0.1:9092", description="host:port, comma-separated")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    topic_prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,100}$")] = "quality"
    topic_partitions: Annotated[int, Field(ge=1, le=1000)] = 4
    topic_replication: Annotated[int, Field(ge=1)] = 1
    topic_retention_hours: Annotated[int, Field(ge=1)] = 168
    session_timeout_seconds: Annotated[float, Field(ge=1)] = 10.0

    instance_id: str | None = Field(
        None,
        description="static group membership: a worker restarted under its old id within the "
        "session timeout gets its partitions back at once",
    )

    # PostgreSQL
    database_url: SecretStr = Field(
        SecretStr("postgresql://tidemark@127.0.0.1:5432/tidemark"), description="libpq URL"
    )
    retention_days: Annotated[int, Field(ge=1)] = 90
    history_days: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="days that single events are kept, at most TIDEMARK_RETENTION_DAYS and by "
        "default as many; what hours and days sum up to stays as long as without it",
    )
    trend_retention_days: Annotated[int, Field(ge=1)] = Field(
        730, description="days in figures outlive the events they sum up"
    )
    retention_interval_seconds: Positive = 3600.0

    # Stream
    state_dir: Path = Path(".tidemark/state")
    state_store: Literal["rocksdb", "memory"] = "rocksdb"
    state_cache_assets: Annotated[int, Field(ge=1)] = 200_000
    state_standbys: Annotated[int, Field(ge=0)] = Field(
        1, description="other workers that keep a copy of a partition's state, to take it over"
    )
    recent_window: Annotated[int, Field(ge=1, le=1000)] = Field(
        8, description="recent values kept per asset and metric"
    )
    batch_records: Annotated[int, Field(ge=1)] = Field(
        5000, description="most records an agent takes at once"
    )
    max_event_bytes: Annotated[int, Field(ge=1024, le=900_000)] = 64 * 1024
    max_future_seconds: Annotated[float, Field(gt=0, le=366 * 86_400)] = Field(
        3600.0, description="how far ahead of its arrival an event's timestamp may lie"
    )
    thresholds: Thresholds = Thresholds()
    threshold_overrides: tuple[ThresholdOverride, ...] = Field(
        (), description="first matching pattern wins"
    )
    stale_scan_seconds: Positive = 30.0
    stale_minimum_seconds: Positive = Field(
        300.0, description="no learned interval is taken to be shorter than this"
    )
    stale_grace_seconds: Annotated[float, Field(ge=0)] = Field(
        60.0, description="how long after start or rebalance silence is not judged"
    )

    # Edge
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 3002
    dashboard_dir: Path | None = Field(None, description="built dashboard; default: dashboard/dist")
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    trusted_proxies: str = Field(
        "", description="addresses whose X-Forwarded-For and -Proto are believed, comma-separated"
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Host headers served beside the loopback's names and TIDEMARK_HTTP_HOST"
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="origins of other sites whose pages may call this edge"
    )
    authentication: Literal["on", "off"] = Field(
        "off", description="off is refused unless TIDEMARK_HTTP_HOST is a loopback address"
    )
    oidc_issuer: str | None = Field(None, description="URL of an OIDC issuer whose JWTs are taken")
    oidc_audience: str | None = Field(None, description="audience such a JWT must name")
    oidc_jwks_url: str | None = Field(None, description="default: what the issuer's discovery says")
    oidc_role_claim: str = Field("tidemark_role", description="claim that holds the role")
    oidc_assets_claim: str = Field(
        "tidemark_assets", description="claim that holds a list of asset globs; absent: all"
    )
    requests_per_second: Annotated[float, Field(ge=0)] = Field(
        100.0, description="of one caller, on average, with bursts of ten times as many; 0: any"
    )
    connections_per_address: Annotated[int, Field(ge=0)] = Field(
        1000, description="WebSockets included, trusted proxies not counted; 0: any number"
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    max_batch_events: Annotated[int, Field(ge=1)] = 10_000
    database_connections: Annotated[int, Field(ge=2)] = 10
    ws_max_connections: Annotated[int, Field(ge=1)] = 10_000
    ws_messages_per_second: Positive = Field(
        50.0, description="requests of one socket, on average, with bursts of four times as many"
    )
    ws_buffer_messages: Annotated[int, Field(ge=1)] = Field(
        1000, description="messages that may wait for a slow socket before it is closed"
    )
    ws_stall_seconds: Positive = Field(
        20.0, description="a socket that takes nothing for so long is closed"
    )
    ws_replay_records: Annotated[int, Field(ge=0)] = Field(
        1_000_000, description="most records that are read again for a socket that resumes"
    )

    # Notifications
    secret_key: SecretStr | None = Field(
        None,
        description="Fernet keys, comma-separated, that channels' addresses are encrypted with: "
        "the first encrypts, each decrypts; `tidemark notify new-key` makes one",
    )
    dashboard_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(
        None, description="where people find the dashboard, for links in messages"
    )
    notify_networks: tuple[IPvAnyNetwork, ...] = Field(
        (), description="private networks that messages may be sent to, e.g. a mail relay's"
    )
    notify_attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        8, description="how often a message is tried before it is given up"
    )
    notify_retry_seconds: Positive = Field(
        10.0, description="wait before the second attempt; doubles up to an hour, with jitter"
    )
    notify_timeout_seconds: Positive = 30.0
    notify_lease_seconds: Positive = Field(
        120.0, description="a message whose sender says nothing for so long counts as interrupted"
    )

    # Every process
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: console on a terminal, else JSON"
    )
    metrics_host: str = Field(
        "127.0.0.1", description="where the worker's and sink's /metrics and /healthz listen"
    )
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        0, description="port of the same; 0: none"
    )

    @field_validator("secret_key")
    @classmethod
    def _fernet_keys(cls, given: SecretStr | None) -> SecretStr | None:
        for key in given.get_secret_value().split(",") if given else ():
            if not is_fernet_key(key):
                raise ValueError("must be Fernet keys, 32 bytes each in URL-safe base64")
        return given

    @field_validator("history_days")
    @classmethod
    def _events_within_retention(cls, given: int | None, info: ValidationInfo) -> int | None:
        if given is not None and given > info.data.get("retention_days", given):
            raise ValueError("must be at most TIDEMARK_RETENTION_DAYS")
        return given

    @field_validator("notify_lease_seconds")
    @classmethod
    def _lease_outlasts_sending(cls, given: float, info: ValidationInfo) -> float:
        if given <= info.data.get("notify_timeout_seconds", 0):
            raise ValueError("must be more than TIDEMARK_NOTIFY_TIMEOUT_SECONDS")
        return given

    @property
    def event_days(self) -> int:
        """How many days of single events PostgreSQL keeps; older ones are not stored."""
        return self.history_days or self.retention_days

    @property
    def worker_group(self) -> str:
        """Faust app id of the worker: names its consumer group and its changelog topics.

        Renaming it abandons all state.
        """
        return f"{APP_ID}-{self.topic_prefix}"

    @property
    def sink_group(self) -> str:
        """Faust app id and consumer group of the sink."""
        return f"{APP_ID}-{self.topic_prefix}-sink"

    @property
    def notify_group(self) -> str:
        """Faust app id and consumer group of the notifier."""
        return f"{APP_ID}-{self.topic_prefix}-notify"


def misspelt(environment: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return (variable, setting) for each TIDEMARK_ variable that is none but looks like one.

    Variables that look like no setting are somebody else's, such as those that Kubernetes sets
    for a service of that name.
    """
    known = [name.upper() for name in Settings.model_fields]
    for variable in environment:
        name = variable.upper().removeprefix("TIDEMARK_")
        if name == variable.upper() or name in known:
            continue
        for near in get_close_matches(name, known, n=1, cutoff=SIMILAR):
            yield variable, f"TIDEMARK_{near}"


def is_fernet_key(text: str) -> bool:
    """Say whether `text` is 32 bytes in URL-safe base64."""
    try:
        return len(base64.b64decode(text, b"-_", validate=True)) == FERNET_KEY_BYTES
    except ValueError:
        return False


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a setting makes no sense; every one of them is named.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_faults(error))) from None
    except UnreadableSettingError as error:
        # Tells the field in its message alone.
        field = re.search(r'field "(\w+)"', str(error))
        name = f"TIDEMARK_{field[1].upper()}" if field else str(error)
        raise SettingsError(f"{name}: must be JSON: {error.__cause__}") from None


def _faults(error: ValidationError) -> Sequence[str]:
    faults = []
    for fault in error.errors():
        first, *rest = fault["loc"] or ("settings",)
        name = "TIDEMARK_" + str(first).upper() + "".join(f".{part}" for part in rest)
        faults.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}")
    return faults


def thresholds_by_asset(settings: Settings) -> ThresholdLookup:
    """Return the function that finds an asset's thresholds."""
    return ThresholdLookup(settings.thresholds, settings.threshold_overrides)
