-- What was measured: every event by day, and the newest values.

CREATE TABLE quality_metric_history (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL CHECK (
        metric_type IN (
            'score', 'issues', 'profiling', 'lineage', 'completeness', 'accuracy', 'consistency',
            'timeliness', 'uniqueness', 'validity', 'integrity'
        )
    ),
    value double precision NOT NULL,
    "timestamp" timestamptz NOT NULL,
    event_id uuid NOT NULL,
    late boolean NOT NULL DEFAULT false,
    metadata json,
    -- A job may give one id to all that it measured.
    PRIMARY KEY (asset_id, "timestamp", event_id, metric_type)
) PARTITION BY RANGE ("timestamp");
COMMENT ON COLUMN quality_metric_history.late IS
'older than what had been applied to the asset''s state, which it did not change';

CREATE TABLE quality_metric_current (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL,
    value double precision NOT NULL,
    previous_value double precision,
    "timestamp" timestamptz NOT NULL,
    PRIMARY KEY (asset_id, metric_type)
) WITH (fillfactor = 80);
COMMENT ON TABLE quality_metric_current IS
'rewritten with every event: an index on anything but the key would make that dear';

CREATE TABLE quality_dimension_scores (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    dimension text NOT NULL CHECK (
        dimension IN (
            'completeness', 'accuracy', 'consistency', 'timeliness', 'uniqueness', 'validity',
            'integrity'
        )
    ),
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 100),
    weight double precision NOT NULL DEFAULT 1 CHECK (weight >= 0),
    "timestamp" timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (asset_id, dimension)
) WITH (fillfactor = 80);
CREATE TRIGGER quality_dimension_scores_touch BEFORE UPDATE ON quality_dimension_scores
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE VIEW quality_dimension_summary AS
SELECT
    asset_id,
    dimension,
    score,
    weight,
    "timestamp",
    sum(weight * score) OVER asset / nullif(sum(weight) OVER asset, 0) AS weighted_average
FROM quality_dimension_scores
WINDOW asset AS (PARTITION BY asset_id);
