from api.watch import Progress, Sight, moved
from schemas.system import GroupState, PartitionLag


def sight(
    *committed: int | None, end: int = 10, state: str = "Stable", members: str = "a"
) -> Sight:
    lags = [
        PartitionLag(topic="t", partition=p, committed=c, end=end, lag=end - (c or 0))
        for p, c in enumerate(committed)
    ]
    group = GroupState(group="g", state=state, members=1, lag=0, partitions=lags)
    return Sight(
        worker=group, sink=group, notifier=group, covered=state == "Stable",
        members=frozenset(members), dead_letters=0, end=0,
    )  # fmt: skip


def test_nothing_owed_counts_as_recovered() -> None:
    progress = Progress()
    progress.take(sight(10, 10))
    assert progress.recovered


def test_what_is_owed_must_move_first() -> None:
    progress = Progress()
    progress.take(sight(None, 10))
    assert not progress.recovered
    progress.take(sight(5, 10))
    assert progress.recovered
    progress.take(sight(5, 7, end=20))
    assert progress.recovered, "lag that comes later is no recovery"


def test_new_members_recover_anew() -> None:
    progress = Progress()
    progress.take(sight(10))
    progress.take(sight(10, end=20, members="b"))
    assert not progress.recovered
    progress.take(sight(11, end=20, members="b"))
    assert progress.recovered


def test_an_unsettled_group_is_not_ready() -> None:
    progress = Progress()
    progress.take(sight(10, state="PreparingRebalance"))
    assert not progress.recovered
    progress.take(sight(10))
    assert progress.recovered


def test_what_a_group_took_in_counts_from_its_first_commit() -> None:
    first, last = sight(None, 4, 7).worker, sight(900, 9, 7).worker
    assert moved(first, last) == 5
