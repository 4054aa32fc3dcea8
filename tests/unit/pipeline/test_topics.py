from pipeline.settings import Settings
from pipeline.topics import HOUR_MS, Topics, topic_specs


def test_all_topics_are_under_the_prefix_and_named_once() -> None:
    names = Topics("lake").all()
    assert len(set(names)) == len(names)
    assert all(name.startswith("lake.") for name in names)
    assert set(names) == set(vars(Topics("lake")).values())
    assert Topics("quality").alerts_critical == "quality.alerts.critical"


def test_specs_are_what_the_settings_say() -> None:
    settings = Settings(topic_partitions=7, topic_replication=3, topic_retention_hours=5)
    specs = {spec.name: spec for spec in topic_specs(settings)}
    assert tuple(specs) == Topics("quality").all()
    for spec in specs.values():
        assert (spec.partitions, spec.replication) == (7, 3)
        assert spec.config["retention.ms"] == str(5 * HOUR_MS)


def test_every_topic_has_the_brokers_time_of_arrival() -> None:
    for spec in topic_specs(Settings()):
        assert spec.config["message.timestamp.type"] == "LogAppendTime"
