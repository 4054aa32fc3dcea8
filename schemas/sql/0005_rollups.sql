-- Roll-ups: each hour and day in figures, by asset, by source and overall; and how days of
-- history come and go.
--
-- `sketch` is a DDSketch as bin, count, bin, count, ... To add two sketches is to append
-- one to the other: a bin may stand in it several times, and is summed when read, or when
-- the list has grown long. Bins are numbered as `pipeline/sketch.py` does.

CREATE FUNCTION sketch_summed(sketch integer[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(item ORDER BY bin, place)
    FROM (
        SELECT sketch[i] AS bin, sum(sketch[i + 1])::integer AS n
        FROM generate_series(1, cardinality(sketch), 2) AS i GROUP BY 1
    ) AS summed, LATERAL (VALUES (1, bin), (2, n)) AS pair (place, item)
$$;

CREATE TABLE quality_metric_daily (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL,
    day date NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    mean double precision NOT NULL,
    squares double precision NOT NULL CHECK (squares >= 0),
    minimum double precision NOT NULL,
    maximum double precision NOT NULL,
    first double precision NOT NULL,
    first_at timestamptz NOT NULL,
    last double precision NOT NULL,
    last_at timestamptz NOT NULL,
    sketch integer[] NOT NULL,
    PRIMARY KEY (asset_id, metric_type, day)
) WITH (fillfactor = 80);
COMMENT ON COLUMN quality_metric_daily.squares IS 'sum of squared deviations from the mean';
CREATE INDEX quality_metric_daily_day ON quality_metric_daily (day);

CREATE TABLE quality_metric_hourly (
    LIKE quality_metric_daily INCLUDING CONSTRAINTS,
    hour timestamptz NOT NULL,
    PRIMARY KEY (asset_id, metric_type, hour)
) PARTITION BY RANGE (hour);
ALTER TABLE quality_metric_hourly DROP COLUMN day;

-- Each source partition of Kafka sums up on rows of its own, so that no sink waits for
-- another; whoever reads adds them up.
CREATE TABLE quality_group_daily (
    LIKE quality_metric_daily INCLUDING CONSTRAINTS,
    kind text NOT NULL CHECK (kind IN ('overall', 'source')),
    name text NOT NULL,
    partition integer NOT NULL,
    PRIMARY KEY (kind, name, metric_type, day, partition)
) WITH (fillfactor = 80);
ALTER TABLE quality_group_daily DROP COLUMN asset_id;
COMMENT ON COLUMN quality_group_daily.name IS 'the source its asset had then; empty for overall';
CREATE INDEX quality_group_daily_day ON quality_group_daily (day);

CREATE TABLE quality_group_hourly (
    LIKE quality_group_daily INCLUDING CONSTRAINTS,
    hour timestamptz NOT NULL,
    PRIMARY KEY (kind, name, metric_type, hour, partition)
) WITH (fillfactor = 80);
ALTER TABLE quality_group_hourly DROP COLUMN day;
CREATE INDEX quality_group_hourly_hour ON quality_group_hourly (hour);

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

-- Makes the partitions of a UTC day; returns false where there are some already.
-- Built aside and attached: that takes no lock that readers or writers notice.
CREATE FUNCTION ensure_metric_history_partition(day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    suffix text := to_char(day, '_YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    parent text;
BEGIN
    IF to_regclass('quality_metric_hourly' || suffix) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('quality_metric_history'));
    IF to_regclass('quality_metric_hourly' || suffix) IS NOT NULL THEN
        RETURN false;
    END IF;
    FOREACH parent IN ARRAY ARRAY['quality_metric_history', 'quality_metric_hourly'] LOOP
        CONTINUE WHEN to_regclass(parent || suffix) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            parent || suffix, parent
        );
        EXECUTE format(
            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, parent || suffix, first, next
        );
    END LOOP;
    RETURN true;
END
$$;

-- Drops events and hours older than so many days; returns the number of days dropped.
-- Gives up after two seconds rather than hold everybody up behind a long reader.
CREATE FUNCTION cleanup_old_metric_history(retention_days integer DEFAULT 90)
RETURNS integer LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    oldest date := (now() AT TIME ZONE 'UTC')::date - retention_days;
    dropped integer := 0;
    parent text;
    name text;
BEGIN
    IF retention_days < 1 THEN
        RAISE EXCEPTION 'retention_days must be at least 1, got %', retention_days;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('cleanup_old_metric_history')) THEN
        RETURN 0;
    END IF;
    FOR parent, name IN
        SELECT inhparent::regclass::text, relname
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent IN ('quality_metric_history'::regclass, 'quality_metric_hourly'::regclass)
            AND relname < inhparent::regclass::text || to_char(oldest, '_YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + (parent = 'quality_metric_history')::integer;
    END LOOP;
    DELETE FROM quality_group_hourly WHERE hour < oldest;
    RETURN dropped;
END
$$;

-- Deletes the days in figures older than so many days; returns how many rows.
CREATE FUNCTION cleanup_old_trends(retention_days integer DEFAULT 730) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    oldest date := (now() AT TIME ZONE 'UTC')::date - retention_days;
    deleted bigint;
    more bigint;
BEGIN
    DELETE FROM quality_metric_daily WHERE day < oldest;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM quality_group_daily WHERE day < oldest;
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN deleted + more;
END
$$;
