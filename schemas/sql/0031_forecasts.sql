-- The newest forecast of each asset's scores and issues; `tidemark forecast` writes them.

CREATE TABLE quality_forecasts (
    asset_id text NOT NULL REFERENCES assets (asset_id),
    metric_type text NOT NULL,
    made_at timestamptz NOT NULL,
    last_day date NOT NULL,
    model text NOT NULL,
    refusal text CHECK (refusal IN ('too_short', 'constant', 'no_better')),
    mase double precision,
    naive_mase double precision,
    coverage double precision,
    mean double precision[] NOT NULL,
    low_80 double precision[] NOT NULL,
    high_80 double precision[] NOT NULL,
    low_95 double precision[] NOT NULL,
    high_95 double precision[] NOT NULL,
    open_alert jsonb,
    PRIMARY KEY (asset_id, metric_type)
);
COMMENT ON COLUMN quality_forecasts.last_day IS 'the last day that was known; forecasts begin with the next';
COMMENT ON COLUMN quality_forecasts.refusal IS 'why no forecast is shown';
COMMENT ON COLUMN quality_forecasts.coverage IS 'share of days, in backtests, that lay within the 80 % interval';
COMMENT ON COLUMN quality_forecasts.open_alert IS 'the last step of a predicted_breach alert that is open';
