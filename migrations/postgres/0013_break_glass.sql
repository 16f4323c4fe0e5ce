-- Who gets into an organization without its own provider, in an emergency.
CREATE TABLE break_glass (
    tenant_id   TEXT NOT NULL,
    org_id      TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    proven_at   BIGINT,
    used_at     BIGINT,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, org_id, user_id),
    FOREIGN KEY (tenant_id, org_id) REFERENCES organizations (tenant_id, id)
);
CREATE INDEX break_glass_by_user ON break_glass (tenant_id, user_id);
