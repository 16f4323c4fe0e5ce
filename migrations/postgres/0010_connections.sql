-- Customers' own identity providers: connections, their revisions and role mappings.

CREATE TABLE connections (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    org_id         TEXT COLLATE "C" NOT NULL,
    slug           TEXT COLLATE "C" NOT NULL,
    name           TEXT COLLATE "C" NOT NULL,
    protocol       TEXT COLLATE "C" NOT NULL CHECK (protocol IN ('oidc', 'saml')),
    broker         TEXT COLLATE "C" NOT NULL CHECK (broker IN ('direct', 'upstream')),
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'tested', 'active', 'disabled')),
    rollout        TEXT COLLATE "C" NOT NULL CHECK (rollout IN ('admins', 'some', 'all')),
    enforced       BOOLEAN NOT NULL DEFAULT FALSE,
    redirect_uri   TEXT COLLATE "C" NOT NULL,
    acs_url        TEXT COLLATE "C",
    sp_entity_id   TEXT COLLATE "C",
    draft          BIGINT NOT NULL,
    active         BIGINT,
    tested_hash    TEXT COLLATE "C",
    last_login_at  BIGINT,
    version        BIGINT NOT NULL DEFAULT 1,
    created_at     BIGINT NOT NULL,
    CHECK (state <> 'active' OR active IS NOT NULL),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX connections_by_org ON connections (tenant_id, org_id, id);

-- Whom a rollout to some people means.
CREATE TABLE connection_people (
    tenant_id      TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    email          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, email),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX connection_people_by_email ON connection_people (tenant_id, email);

-- Never changed, but for the instant it last went live.
CREATE TABLE connection_revisions (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    number         BIGINT NOT NULL,
    hash           TEXT COLLATE "C" NOT NULL,
    config         TEXT COLLATE "C" NOT NULL,
    secret         BYTEA,
    secret_id      TEXT COLLATE "C",
    trust          TEXT COLLATE "C" NOT NULL CHECK (trust IN ('operator', 'tenant')),
    created_at     BIGINT NOT NULL,
    activated_at   BIGINT,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, connection_id, number),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);

-- The one with the highest number counts.
CREATE TABLE role_mapping_revisions (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    number         BIGINT NOT NULL,
    mapping        TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, connection_id, number),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);

-- A person at a customer's provider is (connection, issuer, subject): one provider may serve
-- several organizations, and each is told apart.
CREATE TABLE identity_links_next (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    user_id        TEXT COLLATE "C" NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL CHECK (kind IN ('upstream', 'connection', 'email')),
    source_id      TEXT COLLATE "C",
    issuer         TEXT COLLATE "C" NOT NULL,
    subject        TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    last_used_at   BIGINT,
    CHECK (kind <> 'connection' OR source_id IS NOT NULL),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
INSERT INTO identity_links_next (id, tenant_id, user_id, kind, source_id, issuer, subject, created_at, last_used_at)
    SELECT id, tenant_id, user_id, kind, source_id, issuer, subject, created_at, last_used_at FROM identity_links
    WHERE kind <> 'connection';
DROP TABLE identity_links;
ALTER TABLE identity_links_next RENAME TO identity_links;
CREATE INDEX identity_links_by_user ON identity_links (tenant_id, user_id);
CREATE UNIQUE INDEX identity_links_once ON identity_links (tenant_id, kind, issuer, subject, (CASE kind WHEN 'connection' THEN source_id ELSE '' END));
CREATE INDEX identity_links_by_source ON identity_links (tenant_id, source_id);
