-- What apps get in the name of people. Of every value that is handed out only a hash is kept;
-- all of it hangs on the sign-in that it came from.
CREATE TABLE authorization_requests (
    hash          BLOB PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    browser       BLOB NOT NULL,
    target        TEXT NOT NULL,
    request       TEXT NOT NULL,
    expires_at    BIGINT NOT NULL,
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id)
);
CREATE INDEX authorization_requests_by_browser ON authorization_requests (tenant_id, browser);
CREATE INDEX authorization_requests_by_app ON authorization_requests (tenant_id, app_id);
CREATE INDEX authorization_requests_by_expiry ON authorization_requests (expires_at);

CREATE TABLE authorization_codes (
    hash          BLOB PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    sid           TEXT NOT NULL,
    org_id        TEXT,
    family_id     TEXT NOT NULL,
    details       TEXT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT,
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX authorization_codes_by_app ON authorization_codes (tenant_id, app_id);
CREATE INDEX authorization_codes_by_user ON authorization_codes (tenant_id, user_id);
CREATE INDEX authorization_codes_by_org ON authorization_codes (tenant_id, org_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE refresh_families (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    sid           TEXT NOT NULL,
    org_id        TEXT,
    scope         TEXT NOT NULL,
    audiences     TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    revoke_reason TEXT,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX refresh_families_by_app ON refresh_families (tenant_id, app_id);
CREATE INDEX refresh_families_by_user ON refresh_families (tenant_id, user_id);
CREATE INDEX refresh_families_by_org ON refresh_families (tenant_id, org_id);
CREATE INDEX refresh_families_by_expiry ON refresh_families (expires_at);

CREATE TABLE refresh_tokens (
    hash          BLOB PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    family_id     TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    used_at       BIGINT,
    FOREIGN KEY (tenant_id, family_id) REFERENCES refresh_families (tenant_id, id)
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (tenant_id, family_id);

CREATE TABLE consents (
    tenant_id     TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    scope         TEXT NOT NULL,
    audiences     TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, app_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id)
);
CREATE INDEX consents_by_app ON consents (tenant_id, app_id);
