-- Routing: who is told of what and when, and what they were told.

CREATE TABLE notification_channels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor text NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind text NOT NULL CHECK (kind IN ('apprise', 'webhook', 'websocket')),
    service text NOT NULL,
    masked text NOT NULL,
    sealed_address bytea,
    sealed_secret bytea,
    shared boolean NOT NULL DEFAULT false,
    repeatable boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (actor, name),
    CHECK ((kind = 'websocket') = (sealed_address IS NULL)),
    CHECK ((kind = 'webhook') = (sealed_secret IS NOT NULL)),
    CHECK (kind <> 'websocket' OR NOT shared)
);
COMMENT ON COLUMN notification_channels.sealed_address IS 'encrypted; `masked` is what is shown of it';
COMMENT ON COLUMN notification_channels.repeatable
IS 'the receiver drops a message it has had: one whose fate a crash hid is sent again';
CREATE VIEW notification_channel_details AS
SELECT id, actor, name, kind, service, masked AS address, shared, repeatable, created_at, updated_at
FROM notification_channels;
COMMENT ON VIEW notification_channel_details IS 'channels without their secrets, as REST tells them';
CREATE TRIGGER notification_channels_touch BEFORE UPDATE ON notification_channels
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE alert_subscriptions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor text NOT NULL,
    scope text[] NOT NULL CHECK (cardinality(scope) > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    enabled boolean NOT NULL DEFAULT true,
    asset_pattern text CHECK (length(asset_pattern) BETWEEN 1 AND 255),
    source text CHECK (length(source) BETWEEN 1 AND 255),
    owner text CHECK (length(owner) BETWEEN 1 AND 255),
    alert_types text[] NOT NULL DEFAULT '{}' CHECK (
        alert_types <@ ARRAY[
            'sudden_drop', 'threshold_breach', 'new_issues', 'score_improvement',
            'issue_resolved', 'profiling_complete'
        ]
    ),
    minimum_severity text NOT NULL DEFAULT 'medium' CHECK (
        minimum_severity IN ('low', 'medium', 'high', 'critical')
    ),
    quiet_start time,
    quiet_end time,
    quiet_time_zone text,
    quiet_unless text CHECK (quiet_unless IN ('low', 'medium', 'high', 'critical')),
    group_by text NOT NULL DEFAULT 'alert' CHECK (group_by IN ('alert', 'source', 'owner')),
    group_wait_seconds integer NOT NULL DEFAULT 0 CHECK (group_wait_seconds >= 0),
    group_interval_seconds integer NOT NULL DEFAULT 0 CHECK (group_interval_seconds >= 0),
    repeat_interval_seconds integer CHECK (repeat_interval_seconds > 0),
    notify_resolved boolean NOT NULL DEFAULT true,
    muted_by_source boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nulls(quiet_start, quiet_end, quiet_time_zone) IN (0, 3))
);
COMMENT ON COLUMN alert_subscriptions.scope
IS 'asset globs its author could see when it was written: it reaches no further';
CREATE INDEX alert_subscriptions_actor ON alert_subscriptions (actor);
CREATE TRIGGER alert_subscriptions_touch BEFORE UPDATE ON alert_subscriptions
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE alert_subscription_channels (
    subscription_id uuid NOT NULL REFERENCES alert_subscriptions (id) ON DELETE CASCADE,
    channel_id uuid NOT NULL REFERENCES notification_channels (id),
    after_seconds integer NOT NULL DEFAULT 0 CHECK (after_seconds >= 0),
    PRIMARY KEY (subscription_id, after_seconds, channel_id)
);
COMMENT ON COLUMN alert_subscription_channels.after_seconds
IS '0: told at once; else escalation, told when nobody has acknowledged for so long';
CREATE INDEX alert_subscription_channels_channel ON alert_subscription_channels (channel_id);

CREATE VIEW alert_subscription_details AS
SELECT
    s.id, s.actor, s.scope, s.name, s.asset_pattern, s.source, s.owner, s.alert_types,
    s.minimum_severity, s.group_by, s.group_wait_seconds, s.group_interval_seconds,
    s.repeat_interval_seconds, s.notify_resolved, s.muted_by_source, s.enabled, s.created_at,
    s.updated_at,
    ARRAY(
        SELECT c.channel_id FROM alert_subscription_channels c
        WHERE c.subscription_id = s.id AND c.after_seconds = 0 ORDER BY c.channel_id
    ) AS channels,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'afterSeconds', level.after_seconds, 'channels', level.channels
        ) ORDER BY level.after_seconds), '[]')
        FROM (
            SELECT c.after_seconds, array_agg(c.channel_id ORDER BY c.channel_id) AS channels
            FROM alert_subscription_channels c
            WHERE c.subscription_id = s.id AND c.after_seconds > 0 GROUP BY c.after_seconds
        ) level
    ) AS escalations,
    CASE WHEN s.quiet_start IS NOT NULL THEN jsonb_build_object(
        'start', to_char(s.quiet_start, 'HH24:MI'), 'end', to_char(s.quiet_end, 'HH24:MI'),
        'timeZone', s.quiet_time_zone, 'unless', s.quiet_unless
    ) END AS quiet_hours
FROM alert_subscriptions s;
COMMENT ON VIEW alert_subscription_details IS 'subscriptions with their channels, as REST tells them';

CREATE TABLE alert_silences (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor text NOT NULL,
    scope text[] NOT NULL CHECK (cardinality(scope) > 0),
    comment text NOT NULL CHECK (length(comment) BETWEEN 1 AND 4000),
    asset_pattern text CHECK (length(asset_pattern) BETWEEN 1 AND 255),
    source text CHECK (length(source) BETWEEN 1 AND 255),
    alert_types text[] NOT NULL DEFAULT '{}' CHECK (
        alert_types <@ ARRAY[
            'sudden_drop', 'threshold_breach', 'new_issues', 'score_improvement',
            'issue_resolved', 'profiling_complete'
        ]
    ),
    starts_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (ends_at >= starts_at),
    CHECK (num_nonnulls(asset_pattern, source) > 0)
);
CREATE INDEX alert_silences_end ON alert_silences (ends_at);
CREATE TRIGGER alert_silences_touch BEFORE UPDATE ON alert_silences
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE maintenance_windows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor text NOT NULL,
    scope text[] NOT NULL CHECK (cardinality(scope) > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    enabled boolean NOT NULL DEFAULT true,
    asset_pattern text CHECK (length(asset_pattern) BETWEEN 1 AND 255),
    source text CHECK (length(source) BETWEEN 1 AND 255),
    starts_at timestamptz,
    ends_at timestamptz,
    schedule text CHECK (length(schedule) BETWEEN 9 AND 100),
    duration_seconds integer CHECK (duration_seconds > 0),
    time_zone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (ends_at > starts_at),
    CHECK (num_nonnulls(asset_pattern, source) > 0),
    CHECK (num_nulls(schedule, duration_seconds, time_zone) IN (0, 3)),
    CHECK (schedule IS NOT NULL OR num_nulls(starts_at, ends_at) = 0)
);
COMMENT ON COLUMN maintenance_windows.schedule
IS 'cron: the window opens then, in its time zone; without one it is open from start to end';
CREATE TRIGGER maintenance_windows_touch BEFORE UPDATE ON maintenance_windows
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE asset_owners (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    asset_pattern text NOT NULL UNIQUE CHECK (length(asset_pattern) BETWEEN 1 AND 255),
    owner text NOT NULL CHECK (length(owner) BETWEEN 1 AND 255),
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER asset_owners_touch BEFORE UPDATE ON asset_owners
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Further occurrences that join an open alert are steps of its life.
ALTER TABLE alert_audit DROP CONSTRAINT alert_audit_action_check;
ALTER TABLE alert_audit ADD CONSTRAINT alert_audit_action_check CHECK (
    action IN ('acknowledge', 'resolve', 'ignore', 'reopen', 'comment', 'assign', 'recur')
);

-- What follows is written by `tidemark notify` alone.

CREATE TABLE routed_alerts (
    alert_id uuid PRIMARY KEY,
    source text,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    status text NOT NULL CHECK (status IN ('active', 'acknowledged', 'resolved', 'ignored')),
    asset_id text NOT NULL,
    alert jsonb NOT NULL,
    activation uuid NOT NULL,
    steps uuid[] NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE routed_alerts
IS 'alerts after the newest step read from their topic, whether or not the sink has stored it';
COMMENT ON COLUMN routed_alerts.steps IS 'the newest steps, to know one that comes again';
COMMENT ON COLUMN routed_alerts.activation IS 'the step that made it active, the last time it was';
CREATE INDEX routed_alerts_open ON routed_alerts (asset_id) WHERE status IN ('active', 'acknowledged');
CREATE TRIGGER routed_alerts_touch BEFORE UPDATE ON routed_alerts
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE notification_groups (
    subscription_id uuid NOT NULL REFERENCES alert_subscriptions (id) ON DELETE CASCADE,
    key text NOT NULL,
    due_at timestamptz,
    told_at timestamptz,
    PRIMARY KEY (subscription_id, key)
);
COMMENT ON COLUMN notification_groups.due_at IS 'when to decide what its subscriber is told; null: nothing is pending';
CREATE INDEX notification_groups_due ON notification_groups (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE notification_items (
    subscription_id uuid NOT NULL,
    alert_id uuid NOT NULL REFERENCES routed_alerts (alert_id) ON DELETE CASCADE,
    group_key text NOT NULL,
    told jsonb,
    held text,
    PRIMARY KEY (subscription_id, alert_id),
    FOREIGN KEY (subscription_id, group_key)
    REFERENCES notification_groups (subscription_id, key) ON DELETE CASCADE
);
COMMENT ON TABLE notification_items IS 'alerts that concern a subscriber, until they are over and all is told';
COMMENT ON COLUMN notification_items.told IS 'what the subscriber knows of the alert; null: nothing';
COMMENT ON COLUMN notification_items.held IS 'why the subscriber is not told just now';
CREATE INDEX notification_items_group ON notification_items (subscription_id, group_key);
CREATE INDEX notification_items_alert ON notification_items (alert_id);

CREATE TABLE notification_deliveries (
    id uuid PRIMARY KEY,
    channel_id uuid NOT NULL,
    channel_name text NOT NULL,
    subscription_id uuid REFERENCES alert_subscriptions (id) ON DELETE SET NULL,
    actor text NOT NULL,
    notification jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (
        state IN ('pending', 'sending', 'sent', 'failed', 'interrupted', 'cancelled')
    ),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_by text,
    claimed_at timestamptz,
    finished_at timestamptz,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    number bigint GENERATED ALWAYS AS IDENTITY
);
COMMENT ON COLUMN notification_deliveries.state
IS 'interrupted: a process ended while it was sending, so nobody knows whether it arrived';
CREATE INDEX notification_deliveries_due ON notification_deliveries (next_attempt_at)
WHERE state = 'pending';
CREATE INDEX notification_deliveries_claimed ON notification_deliveries (claimed_at)
WHERE state = 'sending';
CREATE INDEX notification_deliveries_page ON notification_deliveries (created_at DESC, id DESC);
CREATE INDEX notification_deliveries_actor
ON notification_deliveries (actor, created_at DESC, id DESC);
CREATE TRIGGER notification_deliveries_touch BEFORE UPDATE ON notification_deliveries
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The key is what keeps a channel from being told the same of an alert twice.
CREATE TABLE notification_delivery_alerts (
    channel_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    occasion text NOT NULL,
    activation uuid NOT NULL,
    delivery_id uuid NOT NULL REFERENCES notification_deliveries (id) ON DELETE CASCADE
    DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (channel_id, alert_id, occasion)
);
COMMENT ON COLUMN notification_delivery_alerts.occasion IS 'what is told, once for each time the alert becomes active';
CREATE INDEX notification_delivery_alerts_delivery ON notification_delivery_alerts (delivery_id);
CREATE INDEX notification_delivery_alerts_alert ON notification_delivery_alerts (alert_id);

CREATE FUNCTION cleanup_old_notifications(days integer) RETURNS bigint LANGUAGE sql AS $$
    WITH limits AS (SELECT now() - make_interval(days => days) AS oldest),
    deliveries AS (
        DELETE FROM notification_deliveries
        WHERE created_at < (SELECT oldest FROM limits) AND state NOT IN ('pending', 'sending')
        RETURNING 1
    ),
    alerts AS (
        DELETE FROM routed_alerts
        WHERE updated_at < (SELECT oldest FROM limits) AND status IN ('resolved', 'ignored')
        RETURNING 1
    ),
    groups AS (
        DELETE FROM notification_groups g
        WHERE due_at IS NULL AND NOT EXISTS (
            SELECT FROM notification_items i
            WHERE i.subscription_id = g.subscription_id AND i.group_key = g.key
        )
        RETURNING 1
    ),
    silences AS (
        DELETE FROM alert_silences WHERE ends_at < (SELECT oldest FROM limits) RETURNING 1
    )
    SELECT count(*) FROM (
        SELECT FROM deliveries UNION ALL SELECT FROM alerts
        UNION ALL SELECT FROM groups UNION ALL SELECT FROM silences
    ) gone;
$$;
