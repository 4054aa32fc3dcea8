-- The sink is the only one to write history and days, in the transaction that writes their assets,
-- and nobody deletes an asset: to look each row's up again took longer than to store the row.

ALTER TABLE quality_metric_history DROP CONSTRAINT quality_metric_history_asset_id_fkey;
ALTER TABLE quality_metric_daily DROP CONSTRAINT quality_metric_daily_asset_id_fkey;
