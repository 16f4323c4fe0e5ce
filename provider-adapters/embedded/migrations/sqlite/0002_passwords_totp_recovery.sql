-- What people know and hold beside passkeys. Times are milliseconds since the epoch.
CREATE TABLE embedded_passwords (
    tenant_id    TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    -- PHC string; its parameters decide whether it is hashed anew at the next sign-in.
    hash         TEXT    NOT NULL,
    -- Long enough to be the only factor. One that is not needs a second factor beside it.
    alone        BOOLEAN NOT NULL,
    changed_at   BIGINT  NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (tenant_id, subject),
    FOREIGN KEY (tenant_id, subject)
        REFERENCES embedded_accounts (tenant_id, subject) ON DELETE CASCADE
);

CREATE TABLE embedded_totp (
    tenant_id    TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    -- Sealed.
    secret       BLOB   NOT NULL,
    label        TEXT   NOT NULL,
    -- The newest time step whose code was used: it and all before it are spent.
    last_step    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (tenant_id, subject),
    FOREIGN KEY (tenant_id, subject)
        REFERENCES embedded_accounts (tenant_id, subject) ON DELETE CASCADE
);

-- A code that is there is a code that was not used.
CREATE TABLE embedded_recovery_codes (
    tenant_id  TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    mac        BLOB   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject, mac),
    FOREIGN KEY (tenant_id, subject)
        REFERENCES embedded_accounts (tenant_id, subject) ON DELETE CASCADE
);
