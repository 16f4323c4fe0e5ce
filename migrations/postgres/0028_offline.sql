-- A sign-in of an app that goes on without the browser: a session of its own, without a cookie.
-- The app that this program is at its own server (`laneway-cli`) has the same id in every tenant.
ALTER TABLE sessions ADD COLUMN app_id TEXT COLLATE "C";
CREATE INDEX sessions_by_app ON sessions (tenant_id, app_id);
ALTER TABLE refresh_families ADD COLUMN kept_sid TEXT COLLATE "C";

-- The unique (tenant_id, id), which foreign keys lean on, stays.
ALTER TABLE apps DROP CONSTRAINT apps_pkey;
ALTER TABLE apps ADD PRIMARY KEY (tenant_id, id);

INSERT INTO apps (id, tenant_id, name, state, settings, created_at)
SELECT 'laneway-cli', id, 'Laneway CLI', 'active',
    '{"redirect_uris":["http://127.0.0.1/callback","http://[::1]/callback"],"post_logout_redirect_uris":[],"grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"],"token_endpoint_auth_method":"none","scope":"account:read email offline_access openid organization profile","audiences":[],"id_token_signed_response_alg":"RS256","access_token_lifetime":300,"first_party":true,"require_pkce":true,"client_uri":null,"policy_uri":null,"tos_uri":null}',
    created_at
FROM tenants;
