-- What operators look at: nodes, upstreams as last probed, counted sign-ins and people.

-- One row per running node, written every few seconds beside requests.
CREATE TABLE nodes (
    id            TEXT COLLATE "C" PRIMARY KEY,
    name          TEXT COLLATE "C" NOT NULL,
    started_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    bound_ms      BIGINT NOT NULL,
    fresh         BOOLEAN NOT NULL,
    heard         BIGINT NOT NULL,
    p50_ms        BIGINT,
    p99_ms        BIGINT,
    worst_ms      BIGINT
);
CREATE INDEX nodes_by_time ON nodes (seen_at);

-- The last probe of an upstream; `since` is when its state began.
CREATE TABLE upstream_states (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    upstream_id   TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('unknown', 'answering', 'failing')),
    since         BIGINT NOT NULL,
    probed_at     BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    took_ms       BIGINT NOT NULL,
    checks        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, upstream_id),
    FOREIGN KEY (tenant_id, upstream_id) REFERENCES upstreams (tenant_id, id)
);
CREATE INDEX upstream_states_due ON upstream_states (next_at);

-- Sign-ins of whole hours that are over; the hours since are counted from the events.
CREATE TABLE login_hours (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    hour          BIGINT NOT NULL,
    type          TEXT COLLATE "C" NOT NULL,
    method        TEXT COLLATE "C" NOT NULL,
    reason        TEXT COLLATE "C" NOT NULL,
    n             BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hour, type, method, reason)
);

-- How far a counter has come, and who counts at present.
CREATE TABLE rollups (
    name          TEXT COLLATE "C" PRIMARY KEY,
    done_until    BIGINT NOT NULL,
    lease_until   BIGINT NOT NULL
);

-- Numbers of a tenant that are too many to count for each page.
CREATE TABLE tenant_figures (
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name          TEXT COLLATE "C" NOT NULL,
    value         BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- What counters group sign-ins by; empty for events that are none.
ALTER TABLE audit_events ADD COLUMN method TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN reason TEXT COLLATE "C" NOT NULL DEFAULT '';

CREATE INDEX audit_events_by_type ON audit_events (tenant_id, type, id);
CREATE INDEX IF NOT EXISTS audit_events_by_actor ON audit_events (tenant_id, actor, id);
CREATE INDEX IF NOT EXISTS audit_events_by_target ON audit_events (tenant_id, target, id);
CREATE INDEX audit_events_by_request ON audit_events (tenant_id, request_id, id);
CREATE INDEX audit_events_refused ON audit_events (tenant_id, id) WHERE outcome <> 'success';
CREATE INDEX audit_logins ON audit_events (at, tenant_id, type, method, reason) WHERE method <> '';

CREATE INDEX users_by_search ON users (tenant_id, search, id);
CREATE INDEX users_not_active ON users (tenant_id, state, id) WHERE state <> 'active';
CREATE INDEX sessions_live ON sessions (tenant_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX outbox_of_tenant ON outbox (tenant_id, state);
