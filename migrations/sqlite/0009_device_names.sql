-- Under which name somebody is recognised on a device before they have proven who they are.

ALTER TABLE devices ADD COLUMN name_mac BLOB;
CREATE INDEX devices_by_name ON devices (tenant_id, token_hash, name_mac);
