-- What OpenID Connect knows about a person beside their name and address.
CREATE TABLE profiles (
    tenant_id     TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    claims        TEXT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

-- Claims that an app has asked for by name.
ALTER TABLE refresh_families ADD COLUMN claims TEXT;
CREATE INDEX refresh_families_by_session ON refresh_families (tenant_id, sid);

-- Where an app hears of ended sign-ins, as in its settings; here so that it can be asked for.
ALTER TABLE apps ADD COLUMN logout_uri TEXT;

-- Whose word the addresses of an app rest on: which of them may be called.
ALTER TABLE apps ADD COLUMN trust TEXT NOT NULL DEFAULT 'tenant';

-- Apps that have still to hear that a sign-in has ended.
CREATE TABLE logout_notices (
    tenant_id     TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    sid           TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, sid),
    FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id)
);
CREATE INDEX logout_notices_by_due ON logout_notices (next_at);
