"""What one client has subscribed to."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from api.problems import Refusal
from pipeline.globs import ALL, MAX_WILDCARDS, is_glob, wildcards
from schemas.alerts import Severity
from schemas.metrics import MetricType
from schemas.problems import ProblemCode
from schemas.websocket import Kind, Selection, Subscription

V = TypeVar("V", bound=str)

MAX_ASSETS: Final = 10_000
MAX_GLOBS: Final = 200
MAX_GLOB_WILDCARDS: Final = 2000
"""Of all globs of one socket: they are what matching costs."""


class Wanted(NamedTuple):
    """Filters beside the asset; None does not restrict."""

    severities: frozenset[Severity] | None = None
    metric_types: frozenset[MetricType] | None = None
    kinds: frozenset[Kind] | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is filtered."""
        return self == Wanted()


Delta = list[tuple[Wanted, set[str]]]
"""Assets that came or went, by the filters they are under."""


class SubscriptionSet:
    """One set of assets (ids or globs) for each combination of filters."""

    def __init__(self) -> None:
        self._assets: dict[Wanted, set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._assets)

    def __len__(self) -> int:
        return sum(map(len, self._assets.values()))

    def subscribe(self, selection: Selection) -> Delta:
        """Take in what `selection` asks for; return what is new.

        Raises:
            Refusal: it would be too much; nothing was taken in.
        """
        assets = _assets(selection)
        return self._add([(_wanted(selection), {ALL} if assets is None else assets)])

    def unsubscribe(self, selection: Selection) -> Delta:
        """Take out what `selection` names; return what went."""
        wanted, assets = _wanted(selection), _assets(selection)
        affected = list(self._assets) if wanted.is_open else [wanted]
        gone: Delta = []
        for each in affected:
            held = self._assets.get(each, set())
            removed = set(held) if assets is None else held & assets
            if removed:
                gone.append((each, removed))
                held -= removed
            if not held:
                self._assets.pop(each, None)
        return gone

    def replace(self, subscriptions: Iterable[Subscription]) -> tuple[Delta, Delta]:
        """Put `subscriptions` in the place of all; return what went and what is new.

        Raises:
            Refusal: it would be too much; nothing has changed.
        """
        fresh = SubscriptionSet()
        added = fresh._add([(_wanted(one), set(one.assets)) for one in subscriptions])
        gone = list(self._assets.items())
        self._assets = fresh._assets
        return gone, added

    def told(self) -> list[Subscription]:
        """Return the whole set as messages carry it."""
        return [
            Subscription(
                assets=sorted(assets),
                severities=_listed(wanted.severities),
                metric_types=_listed(wanted.metric_types),
                kinds=_listed(wanted.kinds),
            )
            for wanted, assets in self._assets.items()
        ]

    def items(self) -> Iterable[tuple[Wanted, set[str]]]:
        """Return the assets under each combination of filters."""
        return self._assets.items()

    def _add(self, asked: Delta) -> Delta:
        fresh = [(wanted, assets - self._assets.get(wanted, set())) for wanted, assets in asked]
        self._check_room([asset for _, assets in fresh for asset in assets])
        for wanted, assets in fresh:
            if assets:
                self._assets.setdefault(wanted, set()).update(assets)
        return [(wanted, assets) for wanted, assets in fresh if assets]

    def _check_room(self, coming: list[str]) -> None:
        held = [asset for assets in self._assets.values() for asset in assets if is_glob(asset)]
        counts = [wildcards(asset) for asset in coming if is_glob(asset)]
        if max(counts, default=0) > MAX_WILDCARDS:
            raise Refusal(
                ProblemCode.TOO_MANY_SUBSCRIPTIONS,
                f"a glob may have {MAX_WILDCARDS} wildcards",
            )
        if len(self) + len(coming) > MAX_ASSETS or len(held) + len(counts) > MAX_GLOBS:
            raise Refusal(
                ProblemCode.TOO_MANY_SUBSCRIPTIONS,
                f"at most {MAX_ASSETS} assets and {MAX_GLOBS} globs can be subscribed to",
            )
        if sum(counts) + sum(map(wildcards, held)) > MAX_GLOB_WILDCARDS:
            raise Refusal(
                ProblemCode.TOO_MANY_SUBSCRIPTIONS,
                f"all globs together may have {MAX_GLOB_WILDCARDS} wildcards",
            )


def _assets(selection: Selection) -> set[str] | None:
    """Return the assets that are named, None for every asset."""
    if selection.all or (selection.asset_id is None and selection.asset_ids is None):
        return None
    named = set(selection.asset_ids or ())
    return named if selection.asset_id is None else named | {selection.asset_id}


def _wanted(filters: Selection | Subscription) -> Wanted:
    return Wanted(
        _frozen(filters.severities), _frozen(filters.metric_types), _frozen(filters.kinds)
    )


def _frozen(values: list[V] | None) -> frozenset[V] | None:
    return frozenset(values) if values else None


def _listed(values: frozenset[V] | None) -> list[V] | None:
    return sorted(values) if values else None
