-- What people and those who invite them leave open for a while. Instants are epoch milliseconds.

-- An address that an account is about to move to. One open question per session: only the
-- session that asked may answer.
CREATE TABLE email_changes (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    sid           TEXT COLLATE "C" NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL,
    email         TEXT COLLATE "C" NOT NULL,
    -- MAC of the right code; random where no code is right.
    answer_mac    BYTEA NOT NULL,
    tries         BIGINT NOT NULL,
    sends         BIGINT NOT NULL,
    sent_at       BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sid),
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX email_changes_by_user ON email_changes (tenant_id, user_id);
CREATE INDEX email_changes_by_expiry ON email_changes (expires_at);

-- Who may come in although sign-up is not open, and into which organization.
CREATE TABLE invitations (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    org_id        TEXT COLLATE "C",
    -- Empty once the account that took it is deleted.
    email         TEXT COLLATE "C" NOT NULL,
    roles         TEXT COLLATE "C" NOT NULL,
    -- SHA-256 of the value in the link; another with every mail.
    token_hash    BYTEA NOT NULL UNIQUE,
    invited_by    TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    sent_at       BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    accepted_at   BIGINT,
    accepted_by   TEXT COLLATE "C",
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id),
    FOREIGN KEY (tenant_id, accepted_by) REFERENCES users (tenant_id, id)
);
-- One open invitation per address and place.
CREATE UNIQUE INDEX invitations_one_open ON invitations (tenant_id, COALESCE(org_id, ''), email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_by_acceptor ON invitations (tenant_id, accepted_by);
