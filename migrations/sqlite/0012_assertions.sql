-- Ids of SAML messages that have proven somebody: each counts once (SAML Profiles, 4.1.4.5).
CREATE TABLE assertions_seen (
    tenant_id      TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    id_hash        BLOB NOT NULL,
    seen_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, id_hash)
);
CREATE INDEX assertions_seen_by_age ON assertions_seen (seen_at);
