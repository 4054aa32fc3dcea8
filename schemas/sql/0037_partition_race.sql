-- Two sinks, or two batches of one, may find the partitions of a day missing at the same time.
-- An advisory lock alone does not let the second one see the tables of the first: PostgreSQL
-- looks at its cache of names, which it renews when it locks a table.
CREATE OR REPLACE FUNCTION ensure_metric_history_partition(day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    suffix text := to_char(day, '_YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    parents text[] := ARRAY['quality_metric_history', 'quality_metric_hourly'];
    missing text[];
    parent text;
BEGIN
    SELECT array_agg(name) INTO missing FROM unnest(parents) AS name
    WHERE to_regclass(name || suffix) IS NULL;
    IF missing IS NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('quality_metric_history'));
    -- What attaching a partition takes anyway; readers and writers do not notice it.
    LOCK TABLE ONLY quality_metric_history IN SHARE UPDATE EXCLUSIVE MODE;
    SELECT array_agg(name) INTO missing FROM unnest(parents) AS name
    WHERE to_regclass(name || suffix) IS NULL;
    IF missing IS NULL THEN
        RETURN false;
    END IF;
    FOREACH parent IN ARRAY missing LOOP
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
