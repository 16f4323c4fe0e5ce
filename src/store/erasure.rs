//! What goes when a person is deleted: every row that is theirs. A test walks all tables for
//! a column that names a person, so that a new table cannot be forgotten here.
//!
//! What stays: the row of the person without personal data (its id is never given to anybody
//! else), their ended sessions without address and browser, and audit events.

use laneway_sqlkit::{DbError, Tx, q};

use crate::domain::{TenantId, UserId};

/// Deletes what belongs to a person. `$1` is the tenant, `$2` the person.
const GOES: &[&str] = &[
    "DELETE FROM connection_people WHERE tenant_id = $1 AND email IN \
     (SELECT email FROM users WHERE tenant_id = $1 AND id = $2 AND email IS NOT NULL \
     UNION SELECT subject FROM identity_links WHERE tenant_id = $1 AND user_id = $2 \
     AND kind = 'email')",
    "DELETE FROM identity_links WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM email_changes WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM role_grants WHERE tenant_id = $1 AND membership_id IN \
     (SELECT id FROM memberships WHERE tenant_id = $1 AND user_id = $2)",
    "DELETE FROM group_members WHERE tenant_id = $1 AND membership_id IN \
     (SELECT id FROM memberships WHERE tenant_id = $1 AND user_id = $2)",
    "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM operator_grants WHERE principal_kind = 'user' AND principal_id = $2 \
     AND (tenant_id IS NULL OR tenant_id = $1)",
    "DELETE FROM api_tokens WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM refresh_tokens WHERE tenant_id = $1 AND family_id IN \
     (SELECT id FROM refresh_families WHERE tenant_id = $1 AND user_id = $2)",
    "DELETE FROM refresh_families WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM authorization_codes WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM profiles WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM device_grants WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM consents WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM break_glass WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM devices WHERE tenant_id = $1 AND user_id = $2",
    "DELETE FROM session_vouches WHERE tenant_id = $1 AND sid IN \
     (SELECT sid FROM sessions WHERE tenant_id = $1 AND user_id = $2)",
    "DELETE FROM upstream_sessions WHERE tenant_id = $1 AND sid IN \
     (SELECT sid FROM sessions WHERE tenant_id = $1 AND user_id = $2)",
    "UPDATE sessions SET ip = '', user_agent = '', upstream_sub = NULL, upstream_sid = NULL, \
     device_id = NULL WHERE tenant_id = $1 AND user_id = $2",
];

/// Counters that are kept by person; `$1` is the person.
const COUNTERS: &[&str] = &[
    "DELETE FROM login_failures WHERE bucket IN \
     ('second:' || $1, 'current:' || $1, 'moving:' || $1)",
    "DELETE FROM rate_limits WHERE bucket IN \
     ('mail:person:' || $1, 'email-change:' || $1, 'export:' || $1, \
     'device-code:' || $1)",
];

/// Invitations that the person took, or that wait for an address that is proven to be theirs:
/// they lose the address, and nobody can take them any more. Asked before the links go.
const INVITATIONS: &str = "UPDATE invitations SET email = '', revoked_at = \
     CASE WHEN accepted_at IS NULL THEN COALESCE(revoked_at, $3) ELSE revoked_at END \
     WHERE tenant_id = $1 AND (accepted_by = $2 OR email IN (SELECT subject FROM identity_links \
     WHERE tenant_id = $1 AND user_id = $2 AND kind = 'email'))";

/// Forgets a person inside the transaction that deletes them.
pub async fn forget(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &UserId,
    now: i64,
) -> Result<(), DbError> {
    let (tenant, user) = (tenant.as_str(), user.as_str());
    let invitations = q(INVITATIONS).bind(tenant).bind(user).bind(now);
    invitations.run(&mut *tx).await?;
    for statement in GOES {
        q(statement).bind(tenant).bind(user).run(&mut *tx).await?;
    }
    for statement in COUNTERS {
        q(statement).bind(user).run(&mut *tx).await?;
    }
    Ok(())
}

/// Every table that names an organization, children first.
pub(super) const OF_ORGANIZATION: &[&str] = &[
    "DELETE FROM identity_links WHERE tenant_id = $1 AND source_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM brokered_connections WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM connection_health WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM connection_days WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM assertions_seen WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM test_logins WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM refresh_tokens WHERE tenant_id = $1 AND family_id IN \
     (SELECT id FROM refresh_families WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM refresh_families WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM authorization_codes WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM device_grants WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM hosts WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM organization_logos WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM session_vouches WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM break_glass WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM setup_links WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM organization_domains WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM connection_domains WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM connection_people WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM connection_revisions WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM role_mapping_revisions WHERE tenant_id = $1 AND connection_id IN \
     (SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM connections WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM role_grants WHERE tenant_id = $1 AND membership_id IN \
     (SELECT id FROM memberships WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM group_members WHERE tenant_id = $1 AND group_id IN \
     (SELECT id FROM groups WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM group_roles WHERE tenant_id = $1 AND group_id IN \
     (SELECT id FROM groups WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM groups WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM memberships WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM service_account_roles WHERE tenant_id = $1 AND service_id IN \
     (SELECT id FROM service_accounts WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM roles WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM operator_grants WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM invitations WHERE tenant_id = $1 AND org_id = $2",
    "DELETE FROM api_tokens WHERE tenant_id = $1 AND (org_id = $2 OR service_id IN \
     (SELECT id FROM service_accounts WHERE tenant_id = $1 AND org_id = $2))",
    "DELETE FROM operator_grants WHERE principal_kind = 'service_account' AND principal_id IN \
     (SELECT id FROM service_accounts WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM public_keys WHERE tenant_id = $1 AND service_id IN \
     (SELECT id FROM service_accounts WHERE tenant_id = $1 AND org_id = $2)",
    "DELETE FROM service_accounts WHERE tenant_id = $1 AND org_id = $2",
    "UPDATE sessions SET org_id = NULL WHERE tenant_id = $1 AND org_id = $2",
];
