-- Alerts as they stand, and the steps taken at the edge that Kafka has yet to hear of.

CREATE TABLE quality_alerts_realtime (
    id uuid PRIMARY KEY,
    asset_id text NOT NULL REFERENCES assets (asset_id),
    asset_name text NOT NULL,
    alert_type text NOT NULL CHECK (
        alert_type IN (
            'sudden_drop', 'threshold_breach', 'new_issues', 'score_improvement',
            'issue_resolved', 'profiling_complete'
        )
    ),
    message text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    status text NOT NULL CHECK (status IN ('active', 'acknowledged', 'resolved', 'ignored')),
    "timestamp" timestamptz NOT NULL,
    metadata jsonb NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
    step_id uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    source text,
    resolution text,
    comment text,
    assignee text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN quality_alerts_realtime.step_id IS 'the newest step in the alert''s life';
CREATE INDEX quality_alerts_realtime_asset
ON quality_alerts_realtime (asset_id, "timestamp" DESC, id DESC);
CREATE INDEX quality_alerts_realtime_active
ON quality_alerts_realtime (asset_id, severity) WHERE status = 'active';
CREATE INDEX quality_alerts_realtime_worst
ON quality_alerts_realtime ("timestamp" DESC, id DESC)
WHERE status = 'active' AND severity IN ('critical', 'high');
CREATE TRIGGER quality_alerts_realtime_touch BEFORE UPDATE ON quality_alerts_realtime
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE alert_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset_id text NOT NULL REFERENCES assets (asset_id),
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE VIEW active_critical_alerts AS
SELECT id, asset_id, asset_name, alert_type, message, severity, "timestamp", metadata, source
FROM quality_alerts_realtime
WHERE status = 'active' AND severity IN ('critical', 'high')
    AND "timestamp" > now() - interval '24 hours'
ORDER BY array_position(ARRAY['critical', 'high'], severity), "timestamp" DESC, id DESC;
COMMENT ON VIEW active_critical_alerts IS 'active, critical or high, of the last 24 hours, worst first';
