-- Learned limits of the hours or days to come, and what lay beyond them.

CREATE TABLE quality_limits (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL,
    learned_at timestamptz NOT NULL,
    mode text NOT NULL CHECK (mode IN ('shadow', 'alert')),
    starts_at timestamptz NOT NULL,
    step_seconds integer NOT NULL CHECK (step_seconds > 0),
    below boolean NOT NULL,
    expected double precision[] NOT NULL,
    bound double precision[] NOT NULL,
    widened double precision NOT NULL,
    quiet_until timestamptz NOT NULL DEFAULT '1970-01-01Z',
    PRIMARY KEY (asset_id, metric_type)
) WITH (fillfactor = 80);
COMMENT ON COLUMN quality_limits.below IS 'values below the bound are findings, else values above it';
COMMENT ON COLUMN quality_limits.widened IS 'by what alerts that people ignored have moved the bound away';
COMMENT ON COLUMN quality_limits.quiet_until IS 'until then a finding belongs to what was told';

CREATE TABLE quality_limit_findings (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL,
    "timestamp" timestamptz NOT NULL,
    event_id uuid NOT NULL,
    value double precision NOT NULL,
    expected double precision NOT NULL,
    bound double precision NOT NULL,
    mode text NOT NULL,
    told boolean NOT NULL,
    PRIMARY KEY (asset_id, metric_type, "timestamp", event_id)
);
COMMENT ON COLUMN quality_limit_findings.told IS 'it raised an alert, or would have in shadow mode';
CREATE INDEX quality_limit_findings_time ON quality_limit_findings ("timestamp");

CREATE FUNCTION cleanup_old_limit_findings(retention_days integer) RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM quality_limit_findings
        WHERE "timestamp" < now() - make_interval(days => retention_days) RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
