-- Which of the tenant's ways in an organization takes, and its own picture.
ALTER TABLE organizations ADD COLUMN social_login BOOLEAN NOT NULL DEFAULT TRUE;
CREATE TABLE organization_logos (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    org_id     TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    bytes      BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, org_id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX organization_logos_by_hash ON organization_logos (tenant_id, hash);
