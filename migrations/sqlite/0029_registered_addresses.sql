-- Answers of providers arrive at addresses that may come from elsewhere: each belongs to one connection.
CREATE UNIQUE INDEX connections_by_redirect_uri ON connections (tenant_id, redirect_uri);
CREATE UNIQUE INDEX connections_by_acs_url ON connections (tenant_id, acs_url);
