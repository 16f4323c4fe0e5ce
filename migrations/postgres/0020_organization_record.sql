-- An organization's owners and admins read what happened in it.
CREATE INDEX audit_events_by_org ON audit_events (tenant_id, org_id, id);
UPDATE roles SET permissions = permissions || ' audit:read' WHERE org_id IS NULL AND (
    (slug = 'owner' AND permissions = 'org:read org:write members:read members:write owners:write connections:read connections:write')
    OR (slug = 'admin' AND permissions = 'org:read org:write members:read members:write connections:read connections:write'));
