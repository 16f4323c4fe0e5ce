-- When a provider refused to renew the tokens of a session: the next sign-in there brings new ones.
ALTER TABLE upstream_sessions ADD COLUMN lost_at BIGINT;
