-- A sign-in of an app that goes on without the browser: a session of its own, without a cookie.
-- The app that this program is at its own server (`laneway-cli`) has the same id in every tenant.
ALTER TABLE sessions ADD COLUMN app_id TEXT;
CREATE INDEX sessions_by_app ON sessions (tenant_id, app_id);
ALTER TABLE refresh_families ADD COLUMN kept_sid TEXT;

-- SQLite changes no primary key: the rows move out and in again, and what points at them is
-- looked at in the end.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE apps_before AS SELECT * FROM apps;
DROP TABLE apps;
CREATE TABLE apps (
    id            TEXT NOT NULL,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    name          TEXT NOT NULL,
    state         TEXT NOT NULL,
    settings      TEXT NOT NULL,
    secret_hash   BLOB,
    version       BIGINT NOT NULL DEFAULT 1,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO apps (id, tenant_id, name, state, settings, secret_hash, version, created_at)
SELECT id, tenant_id, name, state, settings, secret_hash, version, created_at FROM apps_before;
DROP TABLE apps_before;

INSERT INTO apps (id, tenant_id, name, state, settings, created_at)
SELECT 'laneway-cli', id, 'Laneway CLI', 'active',
    '{"redirect_uris":["http://127.0.0.1/callback","http://[::1]/callback"],"post_logout_redirect_uris":[],"grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"],"token_endpoint_auth_method":"none","scope":"account:read email offline_access openid organization profile","audiences":[],"id_token_signed_response_alg":"RS256","access_token_lifetime":300,"first_party":true,"require_pkce":true,"client_uri":null,"policy_uri":null,"tos_uri":null}',
    created_at
FROM tenants;
