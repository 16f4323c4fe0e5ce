-- API tokens of people keep the sign-in that they were made in; all keep how they are used.
-- Service accounts have roles in their organization.

ALTER TABLE api_tokens ADD COLUMN sign_in TEXT;
ALTER TABLE api_tokens ADD COLUMN upstream_id TEXT COLLATE "C";
ALTER TABLE api_tokens ADD COLUMN upstream_sub TEXT COLLATE "C";
ALTER TABLE api_tokens ADD COLUMN last_used_at BIGINT;
ALTER TABLE api_tokens ADD COLUMN last_used_ip TEXT;
ALTER TABLE api_tokens ADD COLUMN uses BIGINT NOT NULL DEFAULT 0;
CREATE INDEX api_tokens_by_service ON api_tokens (tenant_id, service_id);
CREATE INDEX api_tokens_by_upstream ON api_tokens (tenant_id, upstream_id);
CREATE INDEX service_accounts_by_org ON service_accounts (tenant_id, org_id, id);

CREATE TABLE service_account_roles (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    service_id    TEXT COLLATE "C" NOT NULL,
    role_id       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, service_id, role_id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service_accounts (tenant_id, id),
    FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
);
CREATE INDEX service_account_roles_by_role ON service_account_roles (tenant_id, role_id);
