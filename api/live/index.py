"""Who wants what: fan-out costs what is delivered, not what is connected."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from api.auth.scope import Scope
from api.live.events import LiveEvent
from pipeline.globs import ALL, compiled, is_glob
from schemas.alerts import Severity
from schemas.metrics import MetricType
from schemas.websocket import Kind

S = TypeVar("S")

REMEMBERED_ASSETS: Final = 100_000


class Filter(NamedTuple):
    """What is wanted besides the asset, and what the subscriber may see. None: anything."""

    scope: Scope
    severities: frozenset[Severity] | None = None
    metric_types: frozenset[MetricType] | None = None
    kinds: frozenset[Kind] | None = None

    def passes(self, event: LiveEvent) -> bool:
        """Say whether `event` is wanted and allowed."""
        if self.kinds is not None and event.kind not in self.kinds:
            return False
        if (
            self.metric_types is not None
            and event.metric_type is not None
            and event.metric_type not in self.metric_types
        ):
            return False
        if (
            self.severities is not None
            and event.severity is not None
            and event.severity not in self.severities
        ):
            return False
        return self.scope.allows(event.asset_id)


_Group = dict[Filter, set[S]]


class Index(Generic[S]):
    """Subscribers by asset, glob and filter."""

    def __init__(self) -> None:
        self._exact: dict[str, _Group[S]] = {}
        self._globs: dict[str, _Group[S]] = {}
        self._matching: dict[str, tuple[str, ...]] = {}

    def add(self, subscriber: S, wanted: Filter, assets: Iterable[str]) -> None:
        """Let `subscriber` hear of `assets` (ids or globs) what passes `wanted`."""
        for asset in assets:
            groups = self._groups(asset)
            if asset not in groups:
                groups[asset] = {}
                if groups is self._globs:
                    self._matching.clear()
            groups[asset].setdefault(wanted, set()).add(subscriber)

    def remove(self, subscriber: S, wanted: Filter, assets: Iterable[str]) -> None:
        """Take back what `add` was told."""
        for asset in assets:
            groups = self._groups(asset)
            group = groups[asset]
            group[wanted].discard(subscriber)
            if not group[wanted]:
                del group[wanted]
            if not group:
                del groups[asset]
                if groups is self._globs:
                    self._matching.clear()

    def recipients(self, event: LiveEvent) -> Collection[S]:
        """Return who gets `event`, each once."""
        wanting = list(self._wanting(event))
        return wanting[0] if len(wanting) == 1 else set().union(*wanting)

    def wants(self, subscriber: S, event: LiveEvent) -> bool:
        """Say whether `subscriber` is one of the recipients of `event`."""
        return any(subscriber in subscribers for subscribers in self._wanting(event))

    def _groups(self, asset: str) -> dict[str, _Group[S]]:
        return self._globs if is_glob(asset) else self._exact

    def _wanting(self, event: LiveEvent) -> Iterator[set[S]]:
        groups = [self._globs[glob] for glob in self._globs_of(event.asset_id)]
        exact = self._exact.get(event.asset_id)
        if exact is not None:
            groups.append(exact)
        for group in groups:
            for wanted, subscribers in group.items():
                if wanted.passes(event):
                    yield subscribers

    def _globs_of(self, asset_id: str) -> tuple[str, ...]:
        found = self._matching.get(asset_id)
        if found is None:
            if len(self._matching) >= REMEMBERED_ASSETS:
                self._matching.clear()
            found = tuple(
                glob for glob in self._globs if glob == ALL or compiled(glob).fullmatch(asset_id)
            )
            self._matching[asset_id] = found
        return found
