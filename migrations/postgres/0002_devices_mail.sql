-- Devices that people signed in on, wrong answers in a row, and what became of a mail.

CREATE TABLE devices (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL,
    token_hash    BYTEA NOT NULL,
    label         TEXT COLLATE "C",
    ip            TEXT COLLATE "C" NOT NULL,
    user_agent    TEXT COLLATE "C" NOT NULL,
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
    bucket        TEXT COLLATE "C" PRIMARY KEY,
    window_start  BIGINT NOT NULL,
    used          BIGINT NOT NULL,
    in_a_row      BIGINT NOT NULL,
    last_at       BIGINT NOT NULL
);
CREATE INDEX login_failures_by_time ON login_failures (last_at);

ALTER TABLE outbox ADD COLUMN expires_at BIGINT;
ALTER TABLE outbox ADD COLUMN finished_at BIGINT;
ALTER TABLE outbox ADD COLUMN last_error TEXT COLLATE "C";
