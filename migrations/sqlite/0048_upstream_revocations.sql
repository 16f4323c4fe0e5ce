-- Tokens of providers that nobody needs any more: they have still to be given back. Copied as they were
-- sealed, because what is kept behind a session goes soon after it.
CREATE TABLE upstream_revocations (
    tenant_id     TEXT NOT NULL,
    sid           TEXT NOT NULL,
    upstream_id   TEXT NOT NULL,
    version       BIGINT NOT NULL,
    sealed        BLOB NOT NULL,
    attempts      BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sid, upstream_id, version),
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid),
    FOREIGN KEY (tenant_id, upstream_id) REFERENCES upstreams (tenant_id, id)
);
CREATE INDEX upstream_revocations_by_due ON upstream_revocations (next_at);
