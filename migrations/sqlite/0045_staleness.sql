-- How old, in seconds, a provider's word on a session may be where the session acts in the organization.
ALTER TABLE organizations ADD COLUMN max_staleness_s BIGINT;
