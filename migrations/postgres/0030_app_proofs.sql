-- Apps act in their own name, and prove themselves by keys. What an app got in its own name before
-- `tokens_from` counts for nothing; ids are remembered for as long as what they stand for could
-- count.
ALTER TABLE apps ADD COLUMN tokens_from BIGINT NOT NULL DEFAULT 0;

CREATE TABLE noted_ids (
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    kind          TEXT COLLATE "C" NOT NULL,
    id_hash       BYTEA NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, id_hash)
);
CREATE INDEX noted_ids_by_expiry ON noted_ids (expires_at);
