-- A set-up link may want a code from the mailbox that it was made for, before it opens.
ALTER TABLE setup_links ADD COLUMN email TEXT;
ALTER TABLE setup_links ADD COLUMN answer_mac BYTEA;
ALTER TABLE setup_links ADD COLUMN code_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE setup_links ADD COLUMN code_tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE setup_links ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
