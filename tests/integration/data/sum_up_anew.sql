-- Sums up the history of an empty roll-up in the plainest way: what the sink's sums must equal.

CREATE FUNCTION sketch_of(measured double precision[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT array_agg(item ORDER BY bin, place)
    FROM (
        SELECT
            CASE
                WHEN value = 0 THEN 0
                ELSE sign(value) * (
                    100000 + ceil(ln(abs(value)) / ln(2::float8)
                        * 69.3141404294932::float8)
                )
            END::integer AS bin,
            count(*)::integer AS n
        FROM unnest(measured) AS value GROUP BY 1
    ) AS counted, LATERAL (VALUES (1, bin), (2, n)) AS pair (place, item)
$$;

DO $$
DECLARE
    target text;
    columns text;
    keys text;
BEGIN
    FOR target, columns, keys IN VALUES
        ('quality_metric_hourly', 'asset_id, metric_type, hour',
            $q$asset_id, metric_type, date_trunc('hour', "timestamp", 'UTC')$q$),
        ('quality_metric_daily', 'asset_id, metric_type, day',
            $q$asset_id, metric_type, ("timestamp" AT TIME ZONE 'UTC')::date$q$),
        ('quality_group_hourly', 'kind, name, metric_type, partition, hour',
            $q$kind, name, metric_type, 0, date_trunc('hour', "timestamp", 'UTC')$q$),
        ('quality_group_daily', 'kind, name, metric_type, partition, day',
            $q$kind, name, metric_type, 0, ("timestamp" AT TIME ZONE 'UTC')::date$q$)
    LOOP
        EXECUTE format(
            $q$
                INSERT INTO %1$I (
                    %2$s, count, mean, squares, minimum, maximum, first, first_at, last, last_at,
                    sketch
                )
                SELECT
                    %3$s, count(*), avg(value), var_pop(value) * count(*), min(value), max(value),
                    (array_agg(value ORDER BY "timestamp", value))[1], min("timestamp"),
                    (array_agg(value ORDER BY "timestamp" DESC, value DESC))[1], max("timestamp"),
                    sketch_of(array_agg(value))
                FROM quality_metric_history %4$s
                GROUP BY %5$s
            $q$,
            target, columns, keys,
            CASE WHEN target LIKE 'quality_group_%' THEN
                $q$JOIN assets USING (asset_id),
                LATERAL (VALUES ('overall', ''), ('source', source)) AS part (kind, name)
                WHERE name IS NOT NULL$q$
            END,
            replace(keys, ' 0,', '')
        );
    END LOOP;
END
$$;
DROP FUNCTION sketch_of;
