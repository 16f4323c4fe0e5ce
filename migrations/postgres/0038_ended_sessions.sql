-- When all sessions of a person were last ended: what others vouched for before that no longer counts.
ALTER TABLE users ADD COLUMN sessions_ended_at BIGINT;
