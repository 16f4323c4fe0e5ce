-- People who sign in with what Laneway itself checks. Times are milliseconds since the epoch.
CREATE TABLE embedded_accounts (
    tenant_id      TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    -- Normalised; NULL for a companion of another provider, who is never found by name.
    login_name     TEXT,
    email          TEXT,
    email_verified BOOLEAN NOT NULL,
    name           TEXT,
    enabled        BOOLEAN NOT NULL,
    created_at     BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, subject),
    UNIQUE (tenant_id, login_name)
);

CREATE TABLE embedded_passkeys (
    tenant_id     TEXT   NOT NULL,
    id            TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    credential_id BLOB   NOT NULL,
    rp_id         TEXT   NOT NULL,
    -- Public key and flags as JSON; nothing in it is secret.
    passkey       TEXT   NOT NULL,
    -- As of the last assertion; 0 before the first.
    sign_count    BIGINT NOT NULL,
    label         TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, credential_id),
    FOREIGN KEY (tenant_id, subject)
        REFERENCES embedded_accounts (tenant_id, subject) ON DELETE CASCADE
);
CREATE INDEX embedded_passkeys_by_subject ON embedded_passkeys (tenant_id, subject);

-- Open questions to a person. A row is answered rightly once; rows long expired are purged.
CREATE TABLE embedded_challenges (
    tenant_id   TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    -- Whose, where that is known at the start.
    subject     TEXT,
    ceremony    TEXT   NOT NULL,
    -- MAC of the code that is right; random where none is; empty for passkeys.
    answer_mac  BLOB   NOT NULL,
    tries       BIGINT NOT NULL,
    sends       BIGINT NOT NULL,
    sent_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX embedded_challenges_by_expiry ON embedded_challenges (tenant_id, expires_at);
CREATE INDEX embedded_challenges_by_subject ON embedded_challenges (tenant_id, subject);
