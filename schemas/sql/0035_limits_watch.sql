-- Two limits, one for values of two steps in a row; and alerts over them that resolve themselves.

ALTER TABLE quality_limits
    ADD COLUMN inner_bound double precision[],
    ADD COLUMN warned_from timestamptz,
    ADD COLUMN warned_to timestamptz,
    ADD COLUMN fine integer NOT NULL DEFAULT 0,
    ADD COLUMN open_alert jsonb;
UPDATE quality_limits SET inner_bound = bound;
ALTER TABLE quality_limits ALTER COLUMN inner_bound SET NOT NULL;

COMMENT ON COLUMN quality_limits.inner_bound IS 'values of two steps in a row beyond it are findings';
COMMENT ON COLUMN quality_limits.warned_from IS 'start of the first of the last steps in a row with a value beyond the inner bound';
COMMENT ON COLUMN quality_limits.warned_to IS 'start of the last of them';
COMMENT ON COLUMN quality_limits.fine IS 'how many values in a row lay within both since, while there is trouble';
COMMENT ON COLUMN quality_limits.open_alert IS 'the last step of the alert that ends when values are back within both';
