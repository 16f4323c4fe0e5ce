-- How it goes with a connection: what was found the last time, whom to tell, and sign-ins by day.
CREATE TABLE connection_health (
    tenant_id      TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    looked_at      BIGINT NOT NULL DEFAULT 0,
    findings       TEXT NOT NULL DEFAULT '[]',
    contacts       TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (tenant_id, connection_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE TABLE connection_days (
    tenant_id      TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    day            BIGINT NOT NULL,
    cause          TEXT NOT NULL,
    n              BIGINT NOT NULL,
    last_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, day, cause),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX connection_days_by_day ON connection_days (day);
