-- Connections without an organization belong to the tenant itself.
ALTER TABLE connections ALTER COLUMN org_id DROP NOT NULL;
CREATE INDEX connections_of_tenants ON connections (tenant_id, id) WHERE org_id IS NULL;
