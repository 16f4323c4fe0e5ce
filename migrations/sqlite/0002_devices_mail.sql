-- Devices that people signed in on, wrong answers in a row, and what became of a mail.

CREATE TABLE devices (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    token_hash    BLOB NOT NULL,
    label         TEXT,
    ip            TEXT NOT NULL,
    user_agent    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    trusted_at    BIGINT,
    forgotten_at  BIGINT,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, token_hash, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX devices_by_user ON devices (tenant_id, user_id, id);
CREATE INDEX sessions_by_device ON sessions (tenant_id, device_id);

CREATE TABLE login_failures (
    bucket        TEXT PRIMARY KEY,
    window_start  BIGINT NOT NULL,
    used          BIGINT NOT NULL,
    in_a_row      BIGINT NOT NULL,
    last_at       BIGINT NOT NULL
);
CREATE INDEX login_failures_by_time ON login_failures (last_at);

ALTER TABLE outbox ADD COLUMN expires_at BIGINT;
ALTER TABLE outbox ADD COLUMN finished_at BIGINT;
ALTER TABLE outbox ADD COLUMN last_error TEXT;
