-- What is watched about a connection: the end of its client secret, what its provider stated when
-- somebody took that as right, and what it stated the last time.
ALTER TABLE connection_health ADD COLUMN secret_expires_at BIGINT;
ALTER TABLE connection_health ADD COLUMN approved TEXT;
ALTER TABLE connection_health ADD COLUMN stated TEXT;
