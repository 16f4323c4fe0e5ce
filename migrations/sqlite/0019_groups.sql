-- Groups of members. What a group gives stands among the grants of its members, with the
-- source `group` and the group's id.
CREATE TABLE groups (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    org_id        TEXT NOT NULL,
    name          TEXT NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, org_id, name),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);

CREATE TABLE group_members (
    tenant_id     TEXT NOT NULL,
    group_id      TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, group_id, membership_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES groups (tenant_id, id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX group_members_by_membership ON group_members (tenant_id, membership_id);

CREATE TABLE group_roles (
    tenant_id     TEXT NOT NULL,
    group_id      TEXT NOT NULL,
    role_id       TEXT NOT NULL,
    PRIMARY KEY (tenant_id, group_id, role_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES groups (tenant_id, id),
    FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
);
CREATE INDEX group_roles_by_role ON group_roles (tenant_id, role_id);
CREATE INDEX role_grants_by_source ON role_grants (tenant_id, source, source_id);
