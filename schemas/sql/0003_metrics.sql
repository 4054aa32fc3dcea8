-- What was measured: every event by day, the newest values, and each day in figures.

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

CREATE TABLE quality_metric_daily (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL,
    day date NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    mean double precision NOT NULL,
    squares double precision NOT NULL CHECK (squares >= 0),
    minimum double precision NOT NULL,
    maximum double precision NOT NULL,
    PRIMARY KEY (asset_id, metric_type, day)
) WITH (fillfactor = 80);
COMMENT ON COLUMN quality_metric_daily.squares IS 'sum of squared deviations from the mean';
CREATE INDEX quality_metric_daily_day ON quality_metric_daily (day);

CREATE VIEW quality_score_trends AS
SELECT
    asset_id,
    day,
    mean AS average,
    minimum,
    maximum,
    sqrt(squares / nullif(count - 1, 0)) AS deviation,
    count
FROM quality_metric_daily
WHERE metric_type = 'score' AND day > current_date - 30;
COMMENT ON VIEW quality_score_trends IS
'scores per asset and UTC day of the last 30 days; deviation is the sample''s, null for one value';

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

-- Makes the partition of a UTC day; returns false where there is one already.
-- Built aside and attached: that takes no lock that readers or writers notice.
CREATE FUNCTION ensure_metric_history_partition(day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    name text := 'quality_metric_history_' || to_char(day, 'YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('quality_metric_history'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE quality_metric_history INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        name
    );
    EXECUTE format(
        'ALTER TABLE quality_metric_history ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, first, next
    );
    RETURN true;
END
$$;

-- Drops what is older than so many days; returns the number of partitions dropped.
-- Gives up after two seconds rather than hold everybody up behind a long reader.
CREATE FUNCTION cleanup_old_metric_history(retention_days integer DEFAULT 90) RETURNS integer
LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    horizon text := 'quality_metric_history_'
        || to_char((now() AT TIME ZONE 'UTC')::date - retention_days, 'YYYYMMDD');
    dropped integer := 0;
    name text;
BEGIN
    IF retention_days < 1 THEN
        RAISE EXCEPTION 'retention_days must be at least 1, got %', retention_days;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('cleanup_old_metric_history')) THEN
        RETURN 0;
    END IF;
    FOR name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'quality_metric_history'::regclass AND relname < horizon
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM quality_metric_daily
    WHERE day < (now() AT TIME ZONE 'UTC')::date - retention_days;
    RETURN dropped;
END
$$;
