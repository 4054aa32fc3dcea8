-- An actor is who it is for ever: `key:NAME/ID` or `oidc:ISSUER#SUBJECT`. Names are for people alone.

ALTER TABLE socket_tickets
    ADD COLUMN actor_name text NOT NULL DEFAULT '',
    ADD COLUMN issuer_key text;
COMMENT ON COLUMN socket_tickets.issuer_key IS 'the key of the issuer that signed the token; it may be withdrawn meanwhile';

ALTER TABLE alert_silences ADD COLUMN author text NOT NULL DEFAULT '';
ALTER TABLE maintenance_windows ADD COLUMN author text NOT NULL DEFAULT '';
ALTER TABLE asset_owners ADD COLUMN author text NOT NULL DEFAULT '';
COMMENT ON COLUMN alert_silences.author IS 'what people call its actor';
COMMENT ON COLUMN maintenance_windows.author IS 'what people call its actor';
COMMENT ON COLUMN asset_owners.author IS 'what people call its actor';

-- What was kept by the name of a key becomes that key's which was in force when it was written.
-- What was kept by an e-mail address or a user name stays as it is: nobody is that actor now, and
-- an admin gives it to somebody or deletes it.
CREATE FUNCTION actor_of_key(kept text, written timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (
            SELECT 'key:' || name || '/' || id FROM api_keys
            WHERE kept = 'key:' || name AND created_at <= written
                AND (revoked_at IS NULL OR revoked_at > written)
            ORDER BY created_at DESC LIMIT 1
        ),
        kept
    )
$$;
UPDATE notification_channels SET actor = actor_of_key(actor, created_at);
UPDATE alert_subscriptions SET actor = actor_of_key(actor, created_at);
UPDATE alert_silences SET author = actor, actor = actor_of_key(actor, created_at);
UPDATE maintenance_windows SET author = actor, actor = actor_of_key(actor, created_at);
UPDATE asset_owners SET author = actor, actor = actor_of_key(actor, created_at);
UPDATE notification_deliveries SET actor = actor_of_key(actor, created_at);
DROP FUNCTION actor_of_key;
-- They are good for 30 seconds and for 24 hours.
DELETE FROM socket_tickets;
DELETE FROM idempotency_keys;

-- Whether whoever an actor is may still come in. Of tokens only their issuer knows.
CREATE FUNCTION is_key_in_force(actor text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM api_keys
        WHERE id = substring(actor FROM '^key:.*/([0-9a-f]{12})$')
            AND (revoked_at IS NOT NULL OR expires_at <= now())
    )
$$;

CREATE VIEW alert_subscriptions_in_force AS
SELECT
    id, actor, scope, name, asset_pattern, source, owner, alert_types, minimum_severity, group_by,
    group_wait_seconds, group_interval_seconds, repeat_interval_seconds, notify_resolved,
    muted_by_source, enabled AND is_key_in_force(actor) AS enabled, created_at, updated_at,
    channels, escalations, quiet_hours
FROM alert_subscription_details;
COMMENT ON VIEW alert_subscriptions_in_force IS 'subscriptions as the notifier takes them: those of a revoked or expired key are off';
