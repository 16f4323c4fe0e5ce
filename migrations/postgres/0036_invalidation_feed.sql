-- Whose an invalidation is, where its own row does not say so (an app that was deleted). NULL
-- elsewhere, and in rows of before.
ALTER TABLE invalidations ADD COLUMN tenant_id TEXT COLLATE "C";
