-- Roles that tenants and organizations define themselves, and grants that hang on them: what
-- somebody holds cannot be undefined meanwhile.
ALTER TABLE roles ADD COLUMN name TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE roles ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE roles ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;

INSERT INTO roles (id, tenant_id, slug, permissions)
    SELECT 'viewer-' || id, id, 'viewer', 'org:read members:read connections:read'
    FROM tenants WHERE NOT EXISTS (
        SELECT 1 FROM roles WHERE roles.tenant_id = tenants.id AND roles.slug = 'viewer' AND roles.org_id IS NULL);

-- What grants name and nobody defined is defined now, and permits nothing.
INSERT INTO roles (id, tenant_id, org_id, slug, permissions)
    SELECT 'role-' || MIN(g.id), m.tenant_id, m.org_id, g.role, ''
    FROM role_grants g JOIN memberships m ON m.tenant_id = g.tenant_id AND m.id = g.membership_id
    WHERE NOT EXISTS (
        SELECT 1 FROM roles r WHERE r.tenant_id = m.tenant_id AND r.slug = g.role
        AND (r.org_id IS NULL OR r.org_id = m.org_id))
    GROUP BY m.tenant_id, m.org_id, g.role;

UPDATE roles SET name = slug;
UPDATE roles SET name = 'Owner' WHERE slug = 'owner' AND org_id IS NULL;
UPDATE roles SET name = 'Admin' WHERE slug = 'admin' AND org_id IS NULL;
UPDATE roles SET name = 'Member' WHERE slug = 'member' AND org_id IS NULL;
UPDATE roles SET name = 'Viewer' WHERE slug = 'viewer' AND org_id IS NULL;

CREATE TABLE role_grants_next (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL,
    membership_id TEXT COLLATE "C" NOT NULL,
    role_id       TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL,
    source        TEXT COLLATE "C" NOT NULL CHECK (source IN ('manual', 'mapping', 'scim', 'invitation', 'group')),
    source_id     TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, membership_id, role, source, source_id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id),
    FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
);
INSERT INTO role_grants_next (id, tenant_id, membership_id, role_id, role, source, source_id, created_at)
    SELECT g.id, g.tenant_id, g.membership_id, r.id, g.role, g.source, g.source_id, g.created_at
    FROM role_grants g JOIN memberships m ON m.tenant_id = g.tenant_id AND m.id = g.membership_id
    JOIN roles r ON r.tenant_id = m.tenant_id AND r.slug = g.role AND (r.org_id IS NULL OR r.org_id = m.org_id);
DROP TABLE role_grants;
ALTER TABLE role_grants_next RENAME TO role_grants;
CREATE INDEX role_grants_by_role ON role_grants (tenant_id, role_id);
