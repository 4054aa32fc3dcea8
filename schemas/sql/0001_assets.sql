-- The registry of assets, filled from events; everything else refers to it.

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE TABLE assets (
    asset_id text PRIMARY KEY CHECK (length(asset_id) BETWEEN 1 AND 255),
    asset_name text NOT NULL,
    asset_type text,
    source text,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
COMMENT ON COLUMN assets.last_seen IS 'when its newest event was applied, not that event''s timestamp';
CREATE INDEX assets_source ON assets (source) WHERE source IS NOT NULL;
CREATE TRIGGER assets_touch BEFORE UPDATE ON assets
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
