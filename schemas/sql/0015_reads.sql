-- What lists and searches of alerts need to be quick.

-- Among as many words as asset names make, a planner that knows but the commonest takes
-- a word of one alert for a frequent one, and reads every alert in search of a page.
ALTER TABLE quality_alerts_realtime ALTER COLUMN search SET STATISTICS 1000;

CREATE INDEX quality_alerts_realtime_assignee
ON quality_alerts_realtime (assignee, "timestamp" DESC, id DESC) WHERE assignee IS NOT NULL;
