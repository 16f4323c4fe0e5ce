-- Sign-ins of devices that have no browser (RFC 8628). Of the device's code a hash is kept, of the
-- one that people type a keyed one: it is short.
CREATE TABLE device_grants (
    hash           BYTEA PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    app_id         TEXT COLLATE "C" NOT NULL,
    user_code      BYTEA NOT NULL,
    details        TEXT COLLATE "C" NOT NULL,
    ip             TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    entries        BIGINT NOT NULL,
    entered_sid    TEXT COLLATE "C",
    user_id        TEXT COLLATE "C",
    org_id         TEXT COLLATE "C",
    interval_ms    BIGINT NOT NULL,
    polled_at      BIGINT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    UNIQUE (tenant_id, user_code),
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX device_grants_by_app ON device_grants (tenant_id, app_id);
CREATE INDEX device_grants_by_user ON device_grants (tenant_id, user_id);
CREATE INDEX device_grants_by_org ON device_grants (tenant_id, org_id);
CREATE INDEX device_grants_by_expiry ON device_grants (expires_at);
