//! Which connection the answers belong to that arrive at an address.

use laneway_sqlkit::{DbError, On, q};

use crate::domain::{ConnectionId, TenantId};

/// What arrives at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Answers of an OpenID provider.
    Oidc,
    /// Answers of a SAML provider.
    Saml,
}

/// The connection whose answers arrive at a whole address of ours, and what they are. Those that
/// an upstream receives in our place arrive there.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    address: &str,
) -> Result<Option<(ConnectionId, Answers)>, DbError> {
    let row = q(
        "SELECT id, protocol FROM connections WHERE tenant_id = $1 AND broker = 'direct' \
         AND ((protocol = 'oidc' AND redirect_uri = $2) OR (protocol = 'saml' AND acs_url = $2))",
    )
    .bind(tenant.as_str())
    .bind(address)
    .optional(on)
    .await?;
    row.map(|row| {
        let protocol: String = row.get("protocol")?;
        let answers = if protocol == "saml" {
            Answers::Saml
        } else {
            Answers::Oidc
        };
        Ok((ConnectionId(row.get("id")?), answers))
    })
    .transpose()
}
