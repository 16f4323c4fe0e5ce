-- Passwords that were hashed elsewhere, until their person signs in.
--
-- The likeness of such a hash: what verifying it costs, without salt and output. NULL for our own.
ALTER TABLE embedded_passwords ADD COLUMN likeness TEXT COLLATE "C";
CREATE INDEX embedded_passwords_by_likeness ON embedded_passwords (tenant_id, likeness)
    WHERE likeness IS NOT NULL;

-- The likenesses that there may be: every sign-in does the work of each that is still in use, so
-- that its time does not tell whose password is one of these.
CREATE TABLE embedded_likenesses (
    tenant_id TEXT COLLATE "C" NOT NULL,
    likeness  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, likeness)
);
