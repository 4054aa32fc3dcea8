"""Whether numbers of partitions fit the state of the assets, and where events belong."""

from collections.abc import Mapping

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assignor import _FirstPartitions
from pipeline.cluster.layout import Layout, judge, surplus
from pipeline.faults import ExitCode
from pipeline.settings import Settings
from pipeline.topics import Topics, changelog_topic

METRICS, CHANGELOG = "quality.metrics", "tidemark-quality-assets-changelog"


def counts(metrics: int, changelog: int | None, **others: int) -> dict[str, int]:
    found = dict.fromkeys(Topics("quality").all(), metrics) | {METRICS: metrics}
    found |= {f"quality.{name}": count for name, count in others.items()}
    return found | ({CHANGELOG: changelog} if changelog else {})


def judged(
    expected: int, partitions: Mapping[str, int], held: int = 0, *, sized: bool = True
) -> Layout:
    settings = Settings(topic_partitions=expected)
    holding = dict.fromkeys(surplus(settings, partitions), held)
    return judge(settings, partitions, holding, required=[METRICS], sized=sized)


def test_all_as_it_should_be() -> None:
    assert judged(4, counts(4, 4)) == Layout(4)
    assert judged(4, counts(4, None)) == Layout(4)


def test_partitions_added_to_the_events_are_left_alone_while_they_are_empty() -> None:
    layout = judged(4, counts(6, 4) | dict.fromkeys(Topics("quality").all()[1:], 4))
    assert (layout.home, layout.fault, layout.takes_events) == (4, None, True)
    assert layout.remarks == (
        "the topic quality.metrics has 6 partitions, of which the first 4 are used",
    )


def test_events_in_added_partitions_stop_the_judging_and_not_the_taking() -> None:
    layout = judged(4, counts(6, 4), held=3)
    assert layout.fault is not None
    assert layout.fault.code is ExitCode.MISFIT
    assert "has 6 partitions, and 6 events are in those beyond the first 4" in layout.fault.what
    assert "leave TIDEMARK_TOPIC_PARTITIONS at 4" in layout.fault.remedy
    assert layout.takes_events


@pytest.mark.parametrize("expected", [4, 6])
def test_following_the_added_partitions_with_the_setting_is_refused(expected: int) -> None:
    fault = judged(expected, counts(6, 4)).fault
    assert (fault is None) == (expected == 4)
    if fault:
        assert "TIDEMARK_TOPIC_PARTITIONS is 6, but the state of the assets was made with 4" in (
            fault.what
        )
        assert fault.remedy.startswith("set TIDEMARK_TOPIC_PARTITIONS to 4")


def test_fewer_partitions_than_the_state_has_stop_everything() -> None:
    layout = judged(2, counts(2, 4), held=1)
    assert layout.fault is not None
    assert "has 2 partitions, but the state of its assets fills 4" in layout.fault.what
    assert not layout.takes_events


def test_empty_partitions_added_to_the_changelog_do_no_harm() -> None:
    layout = judged(4, counts(4, 6))
    assert (layout.fault, len(layout.remarks)) == (None, 1)


def test_before_there_is_state_the_setting_follows_the_topics() -> None:
    fault = judged(4, counts(6, None)).fault
    assert fault is not None
    assert fault.what == "TIDEMARK_TOPIC_PARTITIONS is 4, but the topics have 6 partitions"
    assert judged(4, counts(6, None), sized=False) == Layout(6)


@pytest.mark.parametrize("count", [2, 6])
def test_other_topics_may_have_any_number(count: int) -> None:
    layout = judged(4, counts(4, 4, alerts=count, history=count))
    assert (layout.home, layout.fault) == (4, None)
    told = f"quality.alerts has {count}, quality.history has {count} partitions, 4 are expected"
    assert layout.remarks == (f"{told}: this does no harm",)


def test_a_missing_topic_is_waited_for() -> None:
    fault = judged(4, {}).fault
    assert fault is not None
    assert (fault.code, fault.remedy) == (ExitCode.UNAVAILABLE, "run `tidemark migrate`")


@given(st.binary(min_size=1), st.integers(1, 50))
def test_events_go_where_every_default_producer_puts_them(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    assert Layout(partitions).partition_of(key) == DefaultPartitioner()(key, every, every)


class _Cluster:
    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {"grown": {0, 1, 2, 3}, "shrunk": {0}, "other": {0, 1, 2}}.get(topic)


def test_members_are_given_the_first_partitions_or_none() -> None:
    seen = _FirstPartitions(_Cluster(), ("grown", "shrunk", "missing"), 2)
    assert seen.partitions_for_topic("grown") == {0, 1}
    assert seen.partitions_for_topic("shrunk") is None
    assert seen.partitions_for_topic("other") == {0, 1, 2}
    assert seen.partitions_for_topic("missing") is None


def test_the_changelog_is_the_one_that_the_table_has() -> None:
    assert changelog_topic(Settings()) == CHANGELOG
    assert TopicPartition(METRICS, 4) in surplus(Settings(), counts(6, 4))
