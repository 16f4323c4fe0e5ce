-- Test logins, setup links, proven domains, and what mappings were last fed with.

-- What somebody was last asserted to be, sealed: for rehearsals of a changed mapping.
ALTER TABLE identity_links ADD COLUMN asserted BYTEA;
ALTER TABLE identity_links ADD COLUMN asserted_at BIGINT;

CREATE TABLE test_logins (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    revision       BIGINT NOT NULL,
    hash           TEXT COLLATE "C" NOT NULL,
    token_hash     BYTEA NOT NULL UNIQUE,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'passed', 'failed')),
    browser        BYTEA,
    pending        BYTEA,
    answer         BYTEA,
    trace          BYTEA,
    created_at     BIGINT NOT NULL,
    started_at     BIGINT,
    finished_at    BIGINT,
    expires_at     BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX test_logins_by_connection ON test_logins (tenant_id, connection_id, id);
CREATE INDEX test_logins_by_expiry ON test_logins (expires_at);

CREATE TABLE setup_links (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    org_id         TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C",
    purpose        TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('connection')),
    reserved       TEXT COLLATE "C" NOT NULL,
    draft          TEXT COLLATE "C" NOT NULL,
    words          TEXT COLLATE "C" NOT NULL,
    token_hash     BYTEA NOT NULL UNIQUE,
    browser        BYTEA,
    invited_by     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    opened_at      BIGINT,
    revoked_at     BIGINT,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX setup_links_by_org ON setup_links (tenant_id, org_id, id);
CREATE INDEX setup_links_by_browser ON setup_links (tenant_id, browser);

CREATE TABLE organization_domains (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    org_id         TEXT COLLATE "C" NOT NULL,
    domain         TEXT COLLATE "C" NOT NULL,
    proof          TEXT COLLATE "C" NOT NULL,
    verified_at    BIGINT,
    checked_at     BIGINT,
    missing_since  BIGINT,
    created_at     BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, org_id, domain),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
-- One organization at a time has proven a domain.
CREATE UNIQUE INDEX organization_domains_proven ON organization_domains (tenant_id, domain) WHERE verified_at IS NOT NULL;

-- Which of several connections a domain leads to.
CREATE TABLE connection_domains (
    tenant_id      TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    domain         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, domain),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX connection_domains_by_domain ON connection_domains (tenant_id, domain);
