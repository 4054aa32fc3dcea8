-- What the edge keeps: API keys, tickets for sockets, idempotency keys, the audit of alerts.

CREATE TABLE api_keys (
    id text PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'ingester', 'admin')),
    assets text[] NOT NULL CHECK (cardinality(assets) > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
COMMENT ON COLUMN api_keys.hash IS 'SHA-256 of the secret, which has 256 random bits';
CREATE UNIQUE INDEX api_keys_name ON api_keys (name) WHERE revoked_at IS NULL;

CREATE TABLE socket_tickets (
    hash bytea PRIMARY KEY,
    actor text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'ingester', 'admin')),
    assets text[] NOT NULL,
    key_id text REFERENCES api_keys (id) ON DELETE CASCADE,
    caller_expires_at timestamptz,
    expires_at timestamptz NOT NULL
);
CREATE INDEX socket_tickets_expiry ON socket_tickets (expires_at);

CREATE TABLE idempotency_keys (
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    answer bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE alert_audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step_id uuid NOT NULL UNIQUE,
    alert_id uuid NOT NULL REFERENCES quality_alerts_realtime (id) ON DELETE CASCADE,
    action text NOT NULL CHECK (
        action IN ('acknowledge', 'resolve', 'ignore', 'reopen', 'comment', 'assign')
    ),
    actor text NOT NULL,
    at timestamptz NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    resolution text,
    comment text,
    assignee text
);
CREATE INDEX alert_audit_alert ON alert_audit (alert_id, at, number);

-- Asset ids are taken apart, so that their parts are found.
ALTER TABLE quality_alerts_realtime
ADD COLUMN IF NOT EXISTS search tsvector NOT NULL GENERATED ALWAYS AS (
    to_tsvector(
        'simple',
        translate(asset_id || ' ' || asset_name, './_-:', '     ') || ' ' || asset_id || ' '
            || message || ' ' || coalesce(resolution, '') || ' ' || coalesce(comment, '')
    )
) STORED;
CREATE INDEX IF NOT EXISTS quality_alerts_realtime_search
ON quality_alerts_realtime USING gin (search);
CREATE INDEX IF NOT EXISTS quality_alerts_realtime_page
ON quality_alerts_realtime ("timestamp" DESC, id DESC);
