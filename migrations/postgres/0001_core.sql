-- Core tables. Every tenant row carries tenant_id; composite keys keep rows inside it.
-- Instants are epoch milliseconds, ids are text (UUIDv7), JSON is text.

CREATE TABLE installation (
    one           BIGINT PRIMARY KEY CHECK (one = 1),
    id            TEXT COLLATE "C" NOT NULL,
    key_check     BYTEA NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE tenants (
    id            TEXT COLLATE "C" PRIMARY KEY,
    slug          TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT COLLATE "C" NOT NULL,
    public_url    TEXT COLLATE "C" NOT NULL,
    rp_id         TEXT COLLATE "C" NOT NULL,
    signup        TEXT COLLATE "C" NOT NULL,
    jit           TEXT COLLATE "C" NOT NULL,
    origins       TEXT COLLATE "C" NOT NULL,
    brand         TEXT COLLATE "C" NOT NULL,
    claims_format BOOLEAN NOT NULL DEFAULT FALSE,
    applied       TEXT COLLATE "C" NOT NULL DEFAULT '',
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL
);

CREATE TABLE hosts (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    host          TEXT COLLATE "C" NOT NULL UNIQUE,
    purpose       TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('login', 'app')),
    canonical     BOOLEAN NOT NULL DEFAULT FALSE,
    config_owned  BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX hosts_one_canonical ON hosts (tenant_id) WHERE canonical;

CREATE TABLE upstreams (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    org_id        TEXT COLLATE "C",
    slug          TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    issuer        TEXT COLLATE "C" NOT NULL,
    client_id     TEXT COLLATE "C" NOT NULL,
    secret        BYTEA,
    options       TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL CHECK (role IN ('primary', 'companion', 'secondary', 'retired')),
    trust         TEXT COLLATE "C" NOT NULL CHECK (trust IN ('operator', 'tenant')),
    config_owned  BOOLEAN NOT NULL DEFAULT FALSE,
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug)
);
CREATE UNIQUE INDEX upstreams_one_primary ON upstreams (tenant_id) WHERE role = 'primary';

CREATE TABLE users (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    email          TEXT COLLATE "C",
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    name           TEXT COLLATE "C",
    search         TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'disabled', 'deleted')),
    version        BIGINT NOT NULL DEFAULT 1,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX users_by_email ON users (tenant_id, email);

CREATE TABLE identity_links (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('upstream', 'connection', 'email')),
    source_id     TEXT COLLATE "C",
    issuer        TEXT COLLATE "C" NOT NULL,
    subject       TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, kind, issuer, subject),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX identity_links_by_user ON identity_links (tenant_id, user_id);

CREATE TABLE organizations (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    slug          TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'disabled')),
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug)
);

CREATE TABLE memberships (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL,
    org_id        TEXT COLLATE "C" NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'suspended')),
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, org_id, user_id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX memberships_by_user ON memberships (tenant_id, user_id);

CREATE TABLE roles (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    org_id        TEXT COLLATE "C",
    slug          TEXT COLLATE "C" NOT NULL,
    permissions   TEXT COLLATE "C" NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE UNIQUE INDEX roles_by_slug ON roles (tenant_id, COALESCE(org_id, ''), slug);

CREATE TABLE role_grants (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL,
    membership_id TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL,
    source        TEXT COLLATE "C" NOT NULL CHECK (source IN ('manual', 'mapping', 'scim', 'invitation')),
    source_id     TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, membership_id, role, source, source_id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);

CREATE TABLE operator_grants (
    id             TEXT COLLATE "C" PRIMARY KEY,
    principal_kind TEXT COLLATE "C" NOT NULL CHECK (principal_kind IN ('user', 'token')),
    principal_id   TEXT COLLATE "C" NOT NULL,
    role           TEXT COLLATE "C" NOT NULL,
    scope          TEXT COLLATE "C" NOT NULL CHECK (scope IN ('instance', 'tenant', 'org')),
    tenant_id      TEXT COLLATE "C",
    org_id         TEXT COLLATE "C",
    created_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX operator_grants_once
    ON operator_grants (principal_kind, principal_id, role, scope, COALESCE(tenant_id, ''), COALESCE(org_id, ''));

CREATE TABLE api_tokens (
    id            TEXT COLLATE "C" PRIMARY KEY,
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('admin')),
    hash          BYTEA NOT NULL UNIQUE,
    prefix        TEXT COLLATE "C" NOT NULL,
    tenant_id     TEXT COLLATE "C",
    expires_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    created_at    BIGINT NOT NULL
);

CREATE TABLE login_flows (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    browser       BYTEA NOT NULL,
    purpose       TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'done', 'denied')),
    version       BIGINT NOT NULL,
    attempts      BIGINT NOT NULL DEFAULT 0,
    sealed        BYTEA NOT NULL,
    answer        BYTEA,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX login_flows_by_expiry ON login_flows (expires_at);

CREATE TABLE sessions (
    sid            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    user_id        TEXT COLLATE "C" NOT NULL,
    org_id         TEXT COLLATE "C",
    acr            TEXT COLLATE "C" NOT NULL,
    amr            TEXT COLLATE "C" NOT NULL,
    auth_time      BIGINT NOT NULL,
    upstream_id    TEXT COLLATE "C",
    upstream_sub   TEXT COLLATE "C",
    upstream_sid   TEXT COLLATE "C",
    device_id      TEXT COLLATE "C",
    ip             TEXT COLLATE "C" NOT NULL,
    user_agent     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    last_seen_at   BIGINT NOT NULL,
    idle_ms        BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    end_reason     TEXT COLLATE "C",
    UNIQUE (tenant_id, sid),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, created_at);
CREATE INDEX sessions_by_upstream ON sessions (upstream_id, upstream_sid);
CREATE INDEX sessions_by_upstream_sub ON sessions (upstream_id, upstream_sub);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE session_cookies (
    token_hash    BYTEA PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL,
    sid           TEXT COLLATE "C" NOT NULL,
    host          TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    replaced_at   BIGINT,
    binding_key   TEXT COLLATE "C",
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid)
);
CREATE INDEX session_cookies_by_sid ON session_cookies (tenant_id, sid);

CREATE TABLE upstream_sessions (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    sid           TEXT COLLATE "C" NOT NULL,
    upstream_id   TEXT COLLATE "C" NOT NULL,
    subject       TEXT COLLATE "C" NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1,
    lease_owner   TEXT COLLATE "C",
    lease_until   BIGINT,
    sealed        BYTEA NOT NULL,
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
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('ended', 'changed')),
    scope         TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX invalidations_by_time ON invalidations (at);

CREATE TABLE one_time_secrets (
    hash          BYTEA PRIMARY KEY,
    purpose       TEXT COLLATE "C" NOT NULL,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    sealed        BYTEA NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT
);
CREATE INDEX one_time_secrets_by_expiry ON one_time_secrets (expires_at);

CREATE TABLE signing_keys (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    alg           TEXT COLLATE "C" NOT NULL,
    sealed        BYTEA NOT NULL,
    public_jwk    TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    signs_from    BIGINT NOT NULL,
    retired_at    BIGINT,
    UNIQUE (tenant_id, id)
);

CREATE TABLE audit_events (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    at            BIGINT NOT NULL,
    type          TEXT COLLATE "C" NOT NULL,
    outcome       TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('success', 'failure', 'denied')),
    actor         TEXT COLLATE "C" NOT NULL,
    target        TEXT COLLATE "C" NOT NULL,
    org_id        TEXT COLLATE "C",
    request_id    TEXT COLLATE "C" NOT NULL,
    ip            TEXT COLLATE "C" NOT NULL,
    detail        TEXT COLLATE "C" NOT NULL,
    before_state  TEXT COLLATE "C",
    after_state   TEXT COLLATE "C"
);
CREATE INDEX audit_events_by_time ON audit_events (tenant_id, id);

CREATE TABLE outbox (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('mail')),
    sealed        BYTEA NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'sent', 'failed', 'kept')),
    attempts      BIGINT NOT NULL DEFAULT 0,
    next_at       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, next_at);

CREATE TABLE rate_limits (
    bucket        TEXT COLLATE "C" PRIMARY KEY,
    window_start  BIGINT NOT NULL,
    used          BIGINT NOT NULL
);
CREATE INDEX rate_limits_by_time ON rate_limits (window_start);
