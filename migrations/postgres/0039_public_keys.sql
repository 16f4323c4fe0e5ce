-- Public keys of service accounts, by which they prove who they are; how families of refresh
-- tokens are used.

CREATE TABLE public_keys (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    service_id    TEXT NOT NULL,
    name          TEXT NOT NULL,
    thumbprint    TEXT NOT NULL,
    jwk           TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT,
    last_used_ip  TEXT,
    uses          BIGINT NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, service_id, thumbprint),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service_accounts (tenant_id, id)
);

ALTER TABLE refresh_families ADD COLUMN last_used_at BIGINT;
ALTER TABLE refresh_families ADD COLUMN last_used_ip TEXT;
ALTER TABLE refresh_families ADD COLUMN uses BIGINT NOT NULL DEFAULT 0;
