-- Core tables. Every tenant row carries tenant_id; composite keys keep rows inside it.
-- Instants are epoch milliseconds, ids are text (UUIDv7), JSON is text.

CREATE TABLE installation (
    one           BIGINT PRIMARY KEY CHECK (one = 1),
    id            TEXT NOT NULL,
    key_check     BLOB NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE tenants (
    id            TEXT PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    public_url    TEXT NOT NULL,
    rp_id         TEXT NOT NULL,
    signup        TEXT NOT NULL,
    jit           TEXT NOT NULL,
    origins       TEXT NOT NULL,
    brand         TEXT NOT NULL,
    claims_format BOOLEAN NOT NULL DEFAULT FALSE,
    applied       TEXT NOT NULL DEFAULT '',
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL
);

CREATE TABLE hosts (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    host          TEXT NOT NULL UNIQUE,
    purpose       TEXT NOT NULL CHECK (purpose IN ('login', 'app')),
    canonical     BOOLEAN NOT NULL DEFAULT FALSE,
    config_owned  BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX hosts_one_canonical ON hosts (tenant_id) WHERE canonical;

CREATE TABLE upstreams (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    org_id        TEXT,
    slug          TEXT NOT NULL,
    kind          TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    secret        BLOB,
    options       TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('primary', 'companion', 'secondary', 'retired')),
    trust         TEXT NOT NULL CHECK (trust IN ('operator', 'tenant')),
    config_owned  BOOLEAN NOT NULL DEFAULT FALSE,
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug)
);
CREATE UNIQUE INDEX upstreams_one_primary ON upstreams (tenant_id) WHERE role = 'primary';

CREATE TABLE users (
    id             TEXT PRIMARY KEY,
    tenant_id      TEXT NOT NULL REFERENCES tenants (id),
    email          TEXT,
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    name           TEXT,
    search         TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'deleted')),
    version        BIGINT NOT NULL DEFAULT 1,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX users_by_email ON users (tenant_id, email);

CREATE TABLE identity_links (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('upstream', 'connection', 'email')),
    source_id     TEXT,
    issuer        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, kind, issuer, subject),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX identity_links_by_user ON identity_links (tenant_id, user_id);

CREATE TABLE organizations (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    slug          TEXT NOT NULL,
    name          TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug)
);

CREATE TABLE memberships (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    org_id        TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, org_id, user_id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX memberships_by_user ON memberships (tenant_id, user_id);

CREATE TABLE roles (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    org_id        TEXT,
    slug          TEXT NOT NULL,
    permissions   TEXT NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE UNIQUE INDEX roles_by_slug ON roles (tenant_id, COALESCE(org_id, ''), slug);

CREATE TABLE role_grants (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    role          TEXT NOT NULL,
    source        TEXT NOT NULL CHECK (source IN ('manual', 'mapping', 'scim', 'invitation')),
    source_id     TEXT NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, membership_id, role, source, source_id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);

CREATE TABLE operator_grants (
    id             TEXT PRIMARY KEY,
    principal_kind TEXT NOT NULL CHECK (principal_kind IN ('user', 'token')),
    principal_id   TEXT NOT NULL,
    role           TEXT NOT NULL,
    scope          TEXT NOT NULL CHECK (scope IN ('instance', 'tenant', 'org')),
    tenant_id      TEXT,
    org_id         TEXT,
    created_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX operator_grants_once
    ON operator_grants (principal_kind, principal_id, role, scope, COALESCE(tenant_id, ''), COALESCE(org_id, ''));

CREATE TABLE api_tokens (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('admin')),
    hash          BLOB NOT NULL UNIQUE,
    prefix        TEXT NOT NULL,
    tenant_id     TEXT,
    expires_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    created_at    BIGINT NOT NULL
);

CREATE TABLE login_flows (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    browser       BLOB NOT NULL,
    purpose       TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'done', 'denied')),
    version       BIGINT NOT NULL,
    attempts      BIGINT NOT NULL DEFAULT 0,
    sealed        BLOB NOT NULL,
    answer        BLOB,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX login_flows_by_expiry ON login_flows (expires_at);

CREATE TABLE sessions (
    sid            TEXT PRIMARY KEY,
    tenant_id      TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    org_id         TEXT,
    acr            TEXT NOT NULL,
    amr            TEXT NOT NULL,
    auth_time      BIGINT NOT NULL,
    upstream_id    TEXT,
    upstream_sub   TEXT,
    upstream_sid   TEXT,
    device_id      TEXT,
    ip             TEXT NOT NULL,
    user_agent     TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    last_seen_at   BIGINT NOT NULL,
    idle_ms        BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    end_reason     TEXT,
    UNIQUE (tenant_id, sid),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, created_at);
CREATE INDEX sessions_by_upstream ON sessions (upstream_id, upstream_sid);
CREATE INDEX sessions_by_upstream_sub ON sessions (upstream_id, upstream_sub);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE session_cookies (
    token_hash    BLOB PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    sid           TEXT NOT NULL,
    host          TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    replaced_at   BIGINT,
    binding_key   TEXT,
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid)
);
CREATE INDEX session_cookies_by_sid ON session_cookies (tenant_id, sid);

CREATE TABLE upstream_sessions (
    tenant_id     TEXT NOT NULL,
    sid           TEXT NOT NULL,
    upstream_id   TEXT NOT NULL,
    subject       TEXT NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1,
    lease_owner   TEXT,
    lease_until   BIGINT,
    sealed        BLOB NOT NULL,
    checked_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sid, upstream_id),
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid),
    FOREIGN KEY (tenant_id, upstream_id) REFERENCES upstreams (tenant_id, id)
);

CREATE TABLE invalidation_counter (
    one           BIGINT PRIMARY KEY CHECK (one = 1),
    seq           BIGINT NOT NULL
);
INSERT INTO invalidation_counter (one, seq) VALUES (1, 0);

CREATE TABLE invalidations (
    seq           BIGINT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('ended', 'changed')),
    scope         TEXT NOT NULL,
    id            TEXT NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX invalidations_by_time ON invalidations (at);

CREATE TABLE one_time_secrets (
    hash          BLOB PRIMARY KEY,
    purpose       TEXT NOT NULL,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    sealed        BLOB NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT
);
CREATE INDEX one_time_secrets_by_expiry ON one_time_secrets (expires_at);

CREATE TABLE signing_keys (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    alg           TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    public_jwk    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    signs_from    BIGINT NOT NULL,
    retired_at    BIGINT,
    UNIQUE (tenant_id, id)
);

CREATE TABLE audit_events (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    at            BIGINT NOT NULL,
    type          TEXT NOT NULL,
    outcome       TEXT NOT NULL CHECK (outcome IN ('success', 'failure', 'denied')),
    actor         TEXT NOT NULL,
    target        TEXT NOT NULL,
    org_id        TEXT,
    request_id    TEXT NOT NULL,
    ip            TEXT NOT NULL,
    detail        TEXT NOT NULL,
    before_state  TEXT,
    after_state   TEXT
);
CREATE INDEX audit_events_by_time ON audit_events (tenant_id, id);

CREATE TABLE outbox (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    kind          TEXT NOT NULL CHECK (kind IN ('mail')),
    sealed        BLOB NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed', 'kept')),
    attempts      BIGINT NOT NULL DEFAULT 0,
    next_at       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, next_at);

CREATE TABLE rate_limits (
    bucket        TEXT PRIMARY KEY,
    window_start  BIGINT NOT NULL,
    used          BIGINT NOT NULL
);
CREATE INDEX rate_limits_by_time ON rate_limits (window_start);
