-- Sealed. Fingerprints of codes that people keep are made with these keys and not with the master key
-- itself, so that another one may take its place.
ALTER TABLE installation ADD COLUMN code_keys BYTEA;
