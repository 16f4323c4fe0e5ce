-- What an organization asks of a session that acts in it, and which organizations' own
-- providers have vouched in a session that somebody began another way.
ALTER TABLE organizations ADD COLUMN required_acr TEXT COLLATE "C";
-- How its pages look: name, colour, picture.
ALTER TABLE organizations ADD COLUMN brand TEXT COLLATE "C" NOT NULL DEFAULT '{}';
-- A login host of its own.
ALTER TABLE hosts ADD COLUMN org_id TEXT COLLATE "C";

CREATE TABLE session_vouches (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    sid           TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    org_id        TEXT COLLATE "C" NOT NULL,
    subject       TEXT COLLATE "C" NOT NULL,
    acr           TEXT COLLATE "C" NOT NULL,
    proven_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sid, connection_id),
    FOREIGN KEY (tenant_id, sid) REFERENCES sessions (tenant_id, sid),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX session_vouches_by_connection ON session_vouches (tenant_id, connection_id);
CREATE INDEX session_vouches_by_org ON session_vouches (tenant_id, org_id);
