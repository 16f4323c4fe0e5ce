-- Apps that sign people in by OAuth and OpenID Connect. `settings` is what was registered, as
-- JSON; of the secret only a hash is kept.
CREATE TABLE apps (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    name          TEXT NOT NULL,
    state         TEXT NOT NULL,
    settings      TEXT NOT NULL,
    secret_hash   BLOB,
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
