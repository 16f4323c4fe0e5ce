-- Who may call: API tokens of people, organizations and service accounts; roles and scopes
-- of operators; what listings of the administration read.

CREATE TABLE service_accounts (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    org_id        TEXT COLLATE "C",
    name          TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'disabled')),
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);

CREATE TABLE api_tokens_next (
    id            TEXT COLLATE "C" PRIMARY KEY,
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('admin', 'user', 'organization', 'service_account')),
    hash          BYTEA NOT NULL UNIQUE,
    prefix        TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL DEFAULT '',
    tenant_id     TEXT COLLATE "C" REFERENCES tenants (id),
    user_id       TEXT COLLATE "C",
    org_id        TEXT COLLATE "C",
    service_id    TEXT COLLATE "C",
    role          TEXT COLLATE "C" NOT NULL DEFAULT 'owner',
    scopes        TEXT COLLATE "C" NOT NULL DEFAULT '',
    expires_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    created_at    BIGINT NOT NULL,
    CHECK (kind <> 'user' OR (tenant_id IS NOT NULL AND user_id IS NOT NULL)),
    CHECK (kind <> 'organization' OR (tenant_id IS NOT NULL AND org_id IS NOT NULL)),
    CHECK (kind <> 'service_account' OR (tenant_id IS NOT NULL AND service_id IS NOT NULL)),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service_accounts (tenant_id, id)
);
INSERT INTO api_tokens_next (id, kind, hash, prefix, tenant_id, expires_at, revoked_at, created_at)
    SELECT id, kind, hash, prefix, tenant_id, expires_at, revoked_at, created_at FROM api_tokens;
DROP TABLE api_tokens;
ALTER TABLE api_tokens_next RENAME TO api_tokens;
CREATE INDEX api_tokens_by_user ON api_tokens (tenant_id, user_id);

CREATE TABLE operator_grants_next (
    id             TEXT COLLATE "C" PRIMARY KEY,
    principal_kind TEXT COLLATE "C" NOT NULL CHECK (principal_kind IN ('user', 'token', 'service_account')),
    principal_id   TEXT COLLATE "C" NOT NULL,
    role           TEXT COLLATE "C" NOT NULL,
    scope          TEXT COLLATE "C" NOT NULL CHECK (scope IN ('instance', 'tenant', 'org')),
    tenant_id      TEXT COLLATE "C" REFERENCES tenants (id),
    org_id         TEXT COLLATE "C",
    created_at     BIGINT NOT NULL,
    CHECK (scope = 'instance' OR tenant_id IS NOT NULL),
    CHECK (scope <> 'org' OR org_id IS NOT NULL),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
INSERT INTO operator_grants_next (id, principal_kind, principal_id, role, scope, tenant_id, org_id, created_at)
    SELECT id, principal_kind, principal_id, role, scope, tenant_id, org_id, created_at FROM operator_grants;
DROP TABLE operator_grants;
ALTER TABLE operator_grants_next RENAME TO operator_grants;
CREATE UNIQUE INDEX operator_grants_once
    ON operator_grants (principal_kind, principal_id, role, scope, COALESCE(tenant_id, ''), COALESCE(org_id, ''));

ALTER TABLE tenants ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'active';
ALTER TABLE upstreams ADD COLUMN deleted_at BIGINT;
ALTER TABLE memberships ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- Plain members read nobody; owners stand above admins.
UPDATE roles SET permissions = '' WHERE slug = 'member' AND org_id IS NULL AND permissions = 'members:read';
UPDATE roles SET permissions = 'org:read org:write members:read members:write connections:read connections:write'
    WHERE slug = 'admin' AND org_id IS NULL
    AND permissions = 'members:read members:write connections:read connections:write org:write';
INSERT INTO roles (id, tenant_id, slug, permissions)
    SELECT 'owner-' || id, id, 'owner',
        'org:read org:write members:read members:write owners:write connections:read connections:write'
    FROM tenants WHERE NOT EXISTS (
        SELECT 1 FROM roles WHERE roles.tenant_id = tenants.id AND roles.slug = 'owner' AND roles.org_id IS NULL);

CREATE INDEX sessions_by_org ON sessions (tenant_id, org_id, sid);
