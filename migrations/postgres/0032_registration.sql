-- Apps that register themselves (RFC 7591, RFC 7592): who may, by a token that an operator hands
-- out, and how an app comes back to its registration. Both switches are off until an operator
-- turns them on.
CREATE TABLE initial_access_tokens (
    id            TEXT COLLATE "C" PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    hash          BYTEA NOT NULL UNIQUE,
    label         TEXT COLLATE "C" NOT NULL,
    max_uses      BIGINT,
    uses          BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX initial_access_tokens_by_expiry ON initial_access_tokens (expires_at);

ALTER TABLE apps ADD COLUMN registration_hash BYTEA;
ALTER TABLE tenants ADD COLUMN registration_enabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tenants ADD COLUMN client_documents_enabled BOOLEAN NOT NULL DEFAULT FALSE;

-- The address of the document that an app is known by, where it is its `client_id`.
ALTER TABLE apps ADD COLUMN document TEXT COLLATE "C";
CREATE UNIQUE INDEX apps_by_document ON apps (tenant_id, document);
