-- A person's own language; what a tenant tells its people about itself; its picture.
ALTER TABLE users ADD COLUMN locale TEXT;

ALTER TABLE tenants ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

CREATE TABLE tenant_logos (
    tenant_id  TEXT PRIMARY KEY REFERENCES tenants (id),
    hash       TEXT NOT NULL,
    bytes      BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
