-- What is told of all alerts of a month is read from an index, not from the alerts.

ALTER TABLE quality_alerts_realtime
ADD COLUMN rule text GENERATED ALWAYS AS (metadata ->> 'rule') STORED,
ADD COLUMN acknowledged_at timestamptz,
ADD COLUMN resolved_at timestamptz,
ADD COLUMN resolved_by_itself boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN quality_alerts_realtime.acknowledged_at IS
'when it first was, whatever has become of it since; its audit says the same';
COMMENT ON COLUMN quality_alerts_realtime.resolved_at IS
'when it first was, whatever has become of it since; its audit says the same';
COMMENT ON COLUMN quality_alerts_realtime.resolved_by_itself IS
'the pipeline has resolved it, be it that people reopened it';

UPDATE quality_alerts_realtime SET
    acknowledged_at = taken.acknowledged_at,
    resolved_at = taken.resolved_at,
    resolved_by_itself = taken.by_itself
FROM (
    SELECT
        alert_id,
        min(at) FILTER (WHERE action = 'acknowledge') AS acknowledged_at,
        min(at) FILTER (WHERE action = 'resolve') AS resolved_at,
        bool_or(action = 'resolve' AND actor = 'pipeline') AS by_itself
    FROM alert_audit GROUP BY alert_id
) AS taken
WHERE taken.alert_id = id;

CREATE INDEX quality_alerts_realtime_lives ON quality_alerts_realtime ("timestamp")
INCLUDE (rule, severity, status, created_at, acknowledged_at, resolved_at, resolved_by_itself);

-- Assets by the beginnings of their ids, whatever the database's collation.
CREATE INDEX assets_beginning ON assets (asset_id text_pattern_ops);
