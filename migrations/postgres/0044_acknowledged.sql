-- How far in the log of invalidations each node's caches have been told.
ALTER TABLE nodes ADD COLUMN applied_seq BIGINT NOT NULL DEFAULT 0;
