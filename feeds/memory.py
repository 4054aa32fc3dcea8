"""What jobs last said of each asset, where a document may tell only a part of a run.

A job that checks an asset may send one event per test: each counts together with what
was said before, not in its place.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from feeds.finding import Finding, Word

HORIZON: Final = timedelta(hours=24)
"""How long a finding counts that is not repeated, by the events' own times."""
MOST_FINDINGS: Final = 200_000
"""Findings that are remembered in all; the assets that were silent longest are forgotten."""
MOST_PER_ASSET: Final = 500
"""Findings that are remembered of one asset; the oldest are forgotten."""

Check = tuple[str, str, str | None, str | None]


@dataclass(slots=True)
class _Result:
    """The last result of a check of a job: from every run of one gathering run."""

    gather: str
    when: datetime
    by_run: dict[str, list[Finding]]

    @property
    def size(self) -> int:
        return sum(map(len, self.by_run.values()))


@dataclass(slots=True)
class _Asset:
    results: dict[Check, _Result] = field(default_factory=dict)
    size: int = 0


class Memory:
    """The last result of every check, by asset. Safe to use from several threads."""

    def __init__(self, most: int = MOST_FINDINGS, most_per_asset: int = MOST_PER_ASSET) -> None:
        self._most = most
        self._most_per_asset = most_per_asset
        self._size = 0
        self._assets: OrderedDict[str, _Asset] = OrderedDict()
        self._lock = Lock()

    def told(self, words: Sequence[Word]) -> list[Finding]:
        """Take in what was said of one asset in one run, and return all there is to say of it.

        What is older than a result that is known changes nothing that is remembered.
        """
        when = max(word.when for word in words)
        name = words[0].asset
        with self._lock:
            asset = self._assets.setdefault(name, _Asset())
            self._assets.move_to_end(name)
            self._size -= asset.size
            late: dict[Check, list[Finding]] = {}
            for word in sorted(words, key=lambda word: word.when):
                for check, own in _by_check(word).items():
                    if not _merged(asset, check, word, own):
                        late.setdefault(check, []).extend(own)
            said = _said(asset, when, late)
            self._trim(asset)
            self._size += asset.size
            while self._size > self._most:
                _, forgotten = self._assets.popitem(last=False)
                self._size -= forgotten.size
        return said

    def _trim(self, asset: _Asset) -> None:
        asset.size = sum(result.size for result in asset.results.values())
        if asset.size <= self._most_per_asset:
            return
        for check, result in sorted(asset.results.items(), key=lambda one: one[1].when):
            del asset.results[check]
            asset.size -= result.size
            if asset.size <= self._most_per_asset:
                return


def _by_check(word: Word) -> dict[Check, list[Finding]]:
    found: dict[Check, list[Finding]] = {}
    for finding in word.findings:
        check = (word.job, finding.check, finding.column, finding.name)
        found.setdefault(check, []).append(finding)
    return found


def _merged(asset: _Asset, check: Check, word: Word, own: list[Finding]) -> bool:
    """Put a word's findings of one check in; False where a later run has told of it already."""
    known = asset.results.get(check)
    if known is None or (known.gather != word.gather and known.when <= word.when):
        known = asset.results[check] = _Result(word.gather, word.when, {})
    elif known.gather != word.gather:
        return False
    known.by_run[word.run] = own
    known.when = max(known.when, word.when)
    return True


def _said(asset: _Asset, when: datetime, late: dict[Check, list[Finding]]) -> list[Finding]:
    """Return what there is to say at a time, and forget what is too old."""
    said = [finding for own in late.values() for finding in own]
    for check, result in list(asset.results.items()):
        if result.when <= when - HORIZON:
            del asset.results[check]
        elif result.when <= when and check not in late:
            said += [finding for own in result.by_run.values() for finding in own]
    return said
