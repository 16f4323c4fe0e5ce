-- How far each upstream has told what happened to its people and sessions. `turn` moves with each
-- lease: whoever has lost the lease in between ends nothing and moves nothing. `place` belongs to
-- the provider that this issuer names.
CREATE TABLE upstream_feeds (
    tenant_id     TEXT NOT NULL,
    upstream_id   TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    place         TEXT,
    turn          BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, upstream_id),
    FOREIGN KEY (tenant_id, upstream_id) REFERENCES upstreams (tenant_id, id)
);
CREATE INDEX upstream_feeds_due ON upstream_feeds (next_at);
