-- A person's own language; what a tenant tells its people about itself; its picture.
ALTER TABLE users ADD COLUMN locale TEXT COLLATE "C";

ALTER TABLE tenants ADD COLUMN settings TEXT COLLATE "C" NOT NULL DEFAULT '{}';

CREATE TABLE tenant_logos (
    tenant_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES tenants (id),
    hash       TEXT COLLATE "C" NOT NULL,
    bytes      BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
