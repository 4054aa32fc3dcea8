"""One alert over all that befalls a metric until it has recovered."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.detect import detect
from pipeline.operators.state import AssetState
from pipeline.thresholds import Incidents, Thresholds
from schemas.alerts import SEVERITY_RANK, is_newly_raised
from tables import codec

from .events import ASSET, issues, payload, record, rules, run, scores

ON = Thresholds(incidents=Incidents())


def steps(outcome):
    return [(alert.status, alert.severity) for alert in outcome.alerts]


def test_without_incidents_every_drop_raises_its_own():
    ids = {alert.id for alert in scores(90, 80, 70).alerts}
    assert len(ids) == 2


def test_a_further_drop_joins_the_open_alert_and_a_worse_one_raises_it():
    outcome = scores(90, 84, 64, thresholds=ON)
    first, second = outcome.alerts
    assert first.id == second.id
    assert first.step_id != second.step_id
    assert steps(outcome) == [("active", "medium"), ("active", "critical")]
    assert (second.metadata.occurrences, second.metadata.worsened_from) == (2, "medium")
    assert (second.metadata.previous_value, second.metadata.current_value) == (90, 64)
    assert second.metadata.change == -26
    assert second.timestamp == first.timestamp
    assert "fell by 26 points, 90 -> 64" in second.message


def test_what_is_as_bad_is_counted_and_disturbs_nobody():
    outcome = scores(90, 70, 88, 68, thresholds=ON)
    first, again = outcome.alerts
    assert again.metadata.occurrences == 2
    assert again.metadata.worsened_from is None
    assert is_newly_raised(first)
    assert not is_newly_raised(again)


def test_small_drops_alert_together():
    outcome = scores(90, 84, 81, 79, thresholds=ON)
    assert steps(outcome) == [("active", "medium"), ("active", "high")]


def test_it_resolves_itself_when_the_metric_has_recovered_for_good():
    outcome = scores(90, 70, 89, 88, 90, thresholds=ON)
    assert steps(outcome) == [("active", "critical"), ("resolved", "critical")]
    raised, resolved = outcome.alerts
    assert resolved.id == raised.id
    assert resolved.message == raised.message
    assert "it has recovered: 90" in (resolved.resolution or "")


def test_the_same_good_value_counts_each_time():
    assert steps(scores(90, 70, 90, 90, 90, thresholds=ON))[-1] == ("resolved", "critical")
    assert len(scores(90, 70, 90, 90, thresholds=ON).alerts) == 1


def test_between_the_bounds_it_neither_recovers_nor_recurs():
    outcome = scores(90, 70, *[87] * 9, thresholds=ON)
    assert len(outcome.alerts) == 1
    assert len(scores(90, 70, 90, 90, 87, 90, 90, thresholds=ON).alerts) == 1


def test_a_flapping_metric_raises_one_alert_and_no_improvements():
    outcome = scores(*[90, 70] * 20, thresholds=ON)
    assert len({alert.id for alert in outcome.alerts}) == 1
    assert sum(map(is_newly_raised, outcome.alerts)) == 1
    assert outcome.alerts[-1].metadata.occurrences == 20


def test_after_it_has_recovered_the_next_drop_raises_another():
    outcome = scores(90, 70, 90, 90, 90, 70, thresholds=ON)
    assert [alert.status for alert in outcome.alerts] == ["active", "resolved", "active"]
    assert outcome.alerts[0].id != outcome.alerts[2].id


def test_issues_recover_too():
    outcome = issues(0, 10, 4, 1, 0, 0, thresholds=ON)
    assert steps(outcome) == [("active", "critical"), ("resolved", "critical")]


def test_what_lies_long_back_is_left_to_people():
    short = Thresholds(incidents=Incidents(within=60))
    raws = [payload(90), payload(70, second=1), payload(60, second=62)]
    outcome = run(*raws, thresholds=short)
    assert len({alert.id for alert in outcome.alerts}) == 2


def test_it_can_be_left_to_people_to_resolve():
    manual = Thresholds(incidents=Incidents(recovered_share=None))
    assert steps(scores(90, 70, *[90] * 9, thresholds=manual)) == [("active", "critical")]


def test_turned_off_an_open_incident_is_forgotten():
    states: dict[str, AssetState] = {}
    scores(90, 70, states=states, thresholds=ON)
    assert states[ASSET].metrics["score"].incident is not None
    outcome = detect([record(payload(50, second=9), 9)], "quality.metrics", 0, states, rules())
    assert [alert.metadata.occurrences for alert in outcome.alerts] == [None]
    assert states[ASSET].metrics["score"].incident is None


def test_improvements_are_told_while_nothing_is_open():
    assert steps(scores(70, 90, thresholds=ON)) == [("active", "low")]


values = st.lists(st.integers(0, 100), min_size=2, max_size=30)


@given(values, st.integers(1, 29))
def test_a_state_written_and_read_goes_on_the_same(series, cut):
    raws = [payload(value, second=i) for i, value in enumerate(series)]
    records = [record(raw, offset) for offset, raw in enumerate(raws)]
    rule = rules(ON)
    whole = detect(records, "quality.metrics", 0, {}, rule)
    states: dict[str, AssetState] = {}
    before = detect(records[:cut], "quality.metrics", 0, states, rule)
    states = {name: codec.decode(codec.encode(state)) for name, state in states.items()}
    # A crash after the state was written: some records come a second time.
    after = detect(records[max(0, cut - 3) :], "quality.metrics", 0, states, rule)
    assert before.alerts + after.alerts == whole.alerts


@given(values)
def test_one_open_alert_at_a_time_and_none_that_gets_better(series):
    open_alert = None
    for alert in scores(*series, thresholds=ON).alerts:
        if alert.alert_type == "score_improvement":
            assert open_alert is None
        elif alert.status == "resolved":
            assert open_alert is not None
            assert open_alert.id == alert.id
            open_alert = None
        else:
            if open_alert is not None:
                assert alert.id == open_alert.id
                assert SEVERITY_RANK[alert.severity] >= SEVERITY_RANK[open_alert.severity]
            open_alert = alert


@given(values)
def test_every_step_has_an_id_of_its_own(series):
    found = [alert.step_id for alert in scores(*series, thresholds=ON).alerts]
    assert len(found) == len(set(found))


def test_overrides_turn_it_on_for_some_assets():
    override = {"pattern": "warehouse.*", "incidents": {"within": 60}}
    outcome = scores(90, 80, 70, threshold_overrides=[override])
    assert len({alert.id for alert in outcome.alerts}) == 1
