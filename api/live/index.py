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
KNOWN_GLOBS: Final = 1000
"""So many globs may be gone before what is remembered of them is dropped."""


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
    """Subscribers by asset, glob and filter.

    Which globs match an asset is remembered; a glob that is new is matched against
    an asset when the asset's next event comes, one that is gone is passed over.
    """

    def __init__(self) -> None:
        self._exact: dict[str, _Group[S]] = {}
        self._globs: dict[str, _Group[S]] = {}
        self._known: list[str] = []
        """Globs in the order they came, those that went included."""
        self._matching: dict[str, tuple[int, tuple[str, ...]]] = {}
        """By asset: how many of the known globs were tried, and those that match."""

    def add(self, subscriber: S, wanted: Filter, assets: Iterable[str]) -> None:
        """Let `subscriber` hear of `assets` (ids or globs) what passes `wanted`."""
        for asset in assets:
            groups = self._groups(asset)
            if asset not in groups:
                groups[asset] = {}
                if groups is self._globs:
                    self._known.append(asset)
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
        if len(self._known) > KNOWN_GLOBS + 2 * len(self._globs):
            self._known = list(self._globs)
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
        groups = [self._exact.get(event.asset_id)]
        groups += map(self._globs.get, self._globs_of(event.asset_id))
        for group in groups:
            for wanted, subscribers in group.items() if group else ():
                if wanted.passes(event):
                    yield subscribers

    def _globs_of(self, asset_id: str) -> tuple[str, ...]:
        """Return the globs that match, perhaps with some that are gone."""
        tried, found = self._matching.get(asset_id, (0, ()))
        if tried < len(self._known):
            if len(self._matching) >= REMEMBERED_ASSETS:
                self._matching.clear()
            fresh = (g for g in self._known[tried:] if g == ALL or compiled(g).fullmatch(asset_id))
            found = tuple(dict.fromkeys((*found, *fresh)))
            self._matching[asset_id] = len(self._known), found
        return found
