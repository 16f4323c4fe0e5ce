-- What an organization asks of a session that acts in it, and which organizations' own
-- providers have vouched in a session that somebody began another way.
ALTER TABLE organizations ADD COLUMN required_acr TEXT;
-- How its pages look: name, colour, picture.
ALTER TABLE organizations ADD COLUMN brand TEXT NOT NULL DEFAULT '{}';
-- A login host of its own.
ALTER TABLE hosts ADD COLUMN org_id TEXT;

CREATE TABLE session_vouches (
    tenant_id     TEXT NOT NULL,
    sid           TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    org_id        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    acr           TEXT NOT NULL,
    proven_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sid, connection_id),
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX session_vouches_by_connection ON session_vouches (tenant_id, connection_id);
CREATE INDEX session_vouches_by_org ON session_vouches (tenant_id, org_id);
