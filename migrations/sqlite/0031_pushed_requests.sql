-- Requests that apps push before they send a browser (RFC 9126), and the key that the refresh
-- tokens of an app without a secret are bound to (RFC 9449).
CREATE TABLE pushed_requests (
    hash          BLOB PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    request       TEXT NOT NULL,
    expires_at    BIGINT NOT NULL,
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id)
);
CREATE INDEX pushed_requests_by_app ON pushed_requests (tenant_id, app_id);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

ALTER TABLE refresh_families ADD COLUMN jkt TEXT;
