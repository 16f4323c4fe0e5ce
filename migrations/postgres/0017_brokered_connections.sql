-- Connections that an upstream speaks to on our behalf: which one, and what it was last told.
-- `told` is 'unknown' while it is being told, and after a call whose end nobody knows.
CREATE TABLE brokered_connections (
    tenant_id      TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    upstream_id    TEXT NOT NULL,
    metadata_url   TEXT,
    told           TEXT NOT NULL DEFAULT 'nothing' CHECK (told IN ('nothing', 'on', 'off', 'unknown')),
    hash           TEXT,
    attempt        BIGINT NOT NULL DEFAULT 0,
    busy_until     BIGINT NOT NULL DEFAULT 0,
    held_until     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, connection_id),
    CHECK (told <> 'on' OR hash IS NOT NULL),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id),
    FOREIGN KEY (tenant_id, upstream_id) REFERENCES upstreams (tenant_id, id)
);
CREATE INDEX brokered_connections_by_upstream ON brokered_connections (tenant_id, upstream_id);
