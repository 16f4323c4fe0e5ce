-- Connections without an organization belong to the tenant itself. The table is made anew: the
-- rows that point to it wait for theirs until the end of this transaction.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE connections_before AS SELECT * FROM connections;
DROP TABLE connections;
CREATE TABLE connections (
    id             TEXT PRIMARY KEY,
    tenant_id      TEXT NOT NULL,
    org_id         TEXT,
    slug           TEXT NOT NULL,
    name           TEXT NOT NULL,
    protocol       TEXT NOT NULL CHECK (protocol IN ('oidc', 'saml')),
    broker         TEXT NOT NULL CHECK (broker IN ('direct', 'upstream')),
    state          TEXT NOT NULL CHECK (state IN ('draft', 'tested', 'active', 'disabled')),
    rollout        TEXT NOT NULL CHECK (rollout IN ('admins', 'some', 'all')),
    enforced       BOOLEAN NOT NULL DEFAULT FALSE,
    redirect_uri   TEXT NOT NULL,
    acs_url        TEXT,
    sp_entity_id   TEXT,
    draft          BIGINT NOT NULL,
    active         BIGINT,
    tested_hash    TEXT,
    last_login_at  BIGINT,
    version        BIGINT NOT NULL DEFAULT 1,
    created_at     BIGINT NOT NULL,
    CHECK (state <> 'active' OR active IS NOT NULL),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
INSERT INTO connections (id, tenant_id, org_id, slug, name, protocol, broker, state, rollout, enforced, redirect_uri, acs_url, sp_entity_id, draft, active, tested_hash, last_login_at, version, created_at)
    SELECT id, tenant_id, org_id, slug, name, protocol, broker, state, rollout, enforced, redirect_uri, acs_url, sp_entity_id, draft, active, tested_hash, last_login_at, version, created_at FROM connections_before;
DROP TABLE connections_before;
CREATE INDEX connections_by_org ON connections (tenant_id, org_id, id);
CREATE INDEX connections_of_tenants ON connections (tenant_id, id) WHERE org_id IS NULL;
