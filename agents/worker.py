"""The detection app: its table and its agents."""

import faust

from agents import detect, silence, source, standby
from pipeline.app import create_app
from pipeline.operators.detect import Rules
from pipeline.settings import Settings, thresholds_by_asset
from pipeline.topics import Topics, changelog_topic
from tables.assets import AssetTable

SECOND = 1_000_000


def build_worker(settings: Settings) -> faust.App:
    """Return the Faust app that `tidemark worker` runs."""
    topics = Topics(settings.topic_prefix)
    keyed = (topics.metrics, changelog_topic(settings))
    app = create_app(settings, settings.worker_group, (topics.metrics,), keyed)
    assets = AssetTable(app, cache_assets=settings.state_cache_assets)
    app.tables.add(assets)
    thresholds = thresholds_by_asset(settings)
    rules = Rules(
        thresholds=thresholds,
        window=settings.recent_window,
        max_event_bytes=settings.max_event_bytes,
        max_future=int(settings.max_future_seconds * SECOND),
        derives_scores=thresholds.derives_scores,
    )
    detect.register(app, topics, assets, rules)
    silence.register(app, topics, assets, rules, settings)
    source.register(app, assets)
    standby.register(app)
    app.on_partitions_revoked.connect(assets.on_ownership_changed)
    app.on_partitions_assigned.connect(assets.on_ownership_changed)
    return app
