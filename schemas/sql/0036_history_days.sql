-- Events may go before the hours they sum up to.

-- Makes the partitions of a UTC day that are missing; returns whether any was.
-- Built aside and attached: that takes no lock that readers or writers notice.
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

DROP FUNCTION cleanup_old_metric_history (integer);

-- Drops hours older than `retention_days`, and events older than `event_days` (by default as
-- many); returns the number of days whose events were dropped. Gives up after two seconds
-- rather than hold everybody up behind a long reader.
CREATE FUNCTION cleanup_old_metric_history(
    retention_days integer DEFAULT 90, event_days integer DEFAULT NULL
) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    kept integer := least(event_days, retention_days);
    dropped integer := 0;
    parent text;
    name text;
BEGIN
    IF kept < 1 THEN
        RAISE EXCEPTION 'events are kept for at least 1 day, got %', kept;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('cleanup_old_metric_history')) THEN
        RETURN 0;
    END IF;
    FOR parent, name IN
        SELECT kind.table_name, relname
        FROM (
            VALUES ('quality_metric_history', today - kept),
                   ('quality_metric_hourly', today - retention_days)
        ) AS kind (table_name, oldest)
        JOIN pg_inherits ON inhparent = kind.table_name::regclass
        JOIN pg_class ON pg_class.oid = inhrelid
        WHERE relname < kind.table_name || to_char(kind.oldest, '_YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + (parent = 'quality_metric_history')::integer;
    END LOOP;
    DELETE FROM quality_group_hourly WHERE hour < today - retention_days;
    RETURN dropped;
END
$$;
