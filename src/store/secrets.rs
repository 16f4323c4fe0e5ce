//! One-time values: tickets, links, continuations. Stored as hashes, consumed by one
//! conditional statement, never valid for another purpose.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::TenantId;

/// What a one-time value is good for. This list is also what the log redactor and the
/// hunt for leaked secrets read (DECISIONS, "One-time values in URLs").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPurpose {
    /// `/.laneway/callback?ticket=`
    Ticket,
    /// `/login/link/{token}`
    MagicLink,
    /// `/owner/{token}`
    OwnerLink,
    /// `/bff/logout/continue/{id}`
    LogoutContinuation,
    /// `state` that a provider brings back to `/logged-out`.
    LogoutState,
    /// `jti` of a logout token that was used.
    LogoutJti,
    /// Adding a passkey from the account page, between its two calls.
    Ceremony,
    /// Setting up an authenticator app on the account page; one per session.
    Totp,
}

impl SecretPurpose {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::MagicLink => "magic_link",
            Self::OwnerLink => "owner_link",
            Self::LogoutContinuation => "logout_continuation",
            Self::LogoutState => "logout_state",
            Self::LogoutJti => "logout_jti",
            Self::Ceremony => "ceremony",
            Self::Totp => "totp",
        }
    }
}

/// Inserts. `Ok(false)`: this very value exists already (a replay).
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    purpose: SecretPurpose,
    hash: &[u8],
    sealed: Vec<u8>,
    now: i64,
    expires_at: i64,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO one_time_secrets (hash, purpose, tenant_id, sealed, created_at, \
                   expires_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING",
    )
    .bind(hash)
    .bind(purpose.as_str())
    .bind(tenant.as_str())
    .bind(sealed)
    .bind(now)
    .bind(expires_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Looks at a live value without consuming it (GET of a page whose POST consumes).
pub async fn peek(
    on: impl On,
    tenant: &TenantId,
    purpose: SecretPurpose,
    hash: &[u8],
    now: i64,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = q(
        "SELECT sealed FROM one_time_secrets WHERE hash = $1 AND purpose = $2 \
                 AND tenant_id = $3 AND used_at IS NULL AND expires_at > $4",
    )
    .bind(hash)
    .bind(purpose.as_str())
    .bind(tenant.as_str())
    .bind(now)
    .optional(on)
    .await?;
    row.map(|row| row.get("sealed")).transpose()
}

/// Consumes a live value; of many callers exactly one gets it.
pub async fn consume(
    tx: &mut Tx,
    tenant: &TenantId,
    purpose: SecretPurpose,
    hash: &[u8],
    now: i64,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = q(
        "UPDATE one_time_secrets SET used_at = $1 WHERE hash = $2 AND purpose = $3 \
                 AND tenant_id = $4 AND used_at IS NULL AND expires_at > $1 RETURNING sealed",
    )
    .bind(now)
    .bind(hash)
    .bind(purpose.as_str())
    .bind(tenant.as_str())
    .optional(tx)
    .await?;
    row.map(|row| row.get("sealed")).transpose()
}

/// Forgets one value, live or used.
pub async fn discard(
    tx: &mut Tx,
    tenant: &TenantId,
    purpose: SecretPurpose,
    hash: &[u8],
) -> Result<(), DbError> {
    q("DELETE FROM one_time_secrets WHERE hash = $1 AND purpose = $2 AND tenant_id = $3")
        .bind(hash)
        .bind(purpose.as_str())
        .bind(tenant.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets values that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM one_time_secrets WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}
