-- Who is connected to which edge. Edges refresh their rows; those of a dead edge go stale.

CREATE TABLE websocket_sessions (
    client_id uuid PRIMARY KEY,
    edge_id text NOT NULL,
    actor text,
    address text,
    user_agent text,
    connected_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    subscriptions integer NOT NULL DEFAULT 0 CHECK (subscriptions >= 0)
);
CREATE INDEX websocket_sessions_edge ON websocket_sessions (edge_id);
CREATE INDEX websocket_sessions_last_seen ON websocket_sessions (last_seen_at);

-- Deletes the sessions nobody has refreshed for so long; returns how many.
CREATE FUNCTION cleanup_stale_websocket_sessions(stale_after interval DEFAULT '1 minute')
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    deleted integer;
BEGIN
    -- Several edges sweep at once: what another is deleting is left to it.
    DELETE FROM websocket_sessions WHERE client_id IN (
        SELECT client_id FROM websocket_sessions WHERE last_seen_at < now() - stale_after
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;
