//! Operators' and API tokens, stored as hashes.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::{OrgId, TenantId, UserId};

/// An operator's token: `lw_adm_…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminToken {
    /// Id.
    pub id: String,
    /// First characters, to recognise it by.
    pub prefix: String,
    /// A role of operators.
    pub role: String,
    /// The tenant that it is for; `None` is the whole installation.
    pub tenant: Option<TenantId>,
    /// Epoch ms.
    pub expires_at: i64,
}

impl AdminToken {
    /// An owner's, for the whole installation.
    pub fn owner(id: String, plain: &str, expires_at: i64) -> Self {
        Self {
            id,
            prefix: plain.chars().take(12).collect(),
            role: "owner".into(),
            tenant: None,
            expires_at,
        }
    }
}

/// Whom an API token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person.
    User(UserId),
    /// An organization.
    Organization(OrgId),
    /// A service account.
    ServiceAccount(String),
}

/// An API token: `lw_…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Id.
    pub id: String,
    /// First characters, to recognise it by.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whom it stands for.
    pub principal: Principal,
    /// Permissions that it is limited to.
    pub scopes: Vec<String>,
    /// Epoch ms.
    pub expires_at: i64,
}

/// A token of either form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An operator's.
    Admin(AdminToken),
    /// Somebody's.
    Api(ApiToken),
}

/// Inserts an operator's token.
pub async fn create(tx: &mut Tx, token: &AdminToken, hash: &[u8], now: i64) -> Result<(), DbError> {
    q(
        "INSERT INTO api_tokens (id, kind, hash, prefix, tenant_id, role, expires_at, created_at) \
       VALUES ($1, 'admin', $2, $3, $4, $5, $6, $7)",
    )
    .bind(&token.id)
    .bind(hash)
    .bind(&token.prefix)
    .bind(token.tenant.as_ref().map(TenantId::as_str))
    .bind(&token.role)
    .bind(token.expires_at)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Inserts an API token.
pub async fn create_api(
    tx: &mut Tx,
    token: &ApiToken,
    hash: &[u8],
    now: i64,
) -> Result<(), DbError> {
    let (kind, user, org, service) = match &token.principal {
        Principal::User(id) => ("user", Some(id.as_str()), None, None),
        Principal::Organization(id) => ("organization", None, Some(id.as_str()), None),
        Principal::ServiceAccount(id) => ("service_account", None, None, Some(id.as_str())),
    };
    q(
        "INSERT INTO api_tokens (id, kind, hash, prefix, name, tenant_id, user_id, org_id, \
       service_id, role, scopes, expires_at, created_at) \
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12)",
    )
    .bind(&token.id)
    .bind(kind)
    .bind(hash)
    .bind(&token.prefix)
    .bind(&token.name)
    .bind(token.tenant.as_str())
    .bind(user)
    .bind(org)
    .bind(service)
    .bind(token.scopes.join(" "))
    .bind(token.expires_at)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// A token by its hash; expiry is the caller's to judge. One whose owner is switched off or
/// gone is not found: the join decides it in the same statement.
pub async fn find(on: impl On, hash: &[u8]) -> Result<Option<Token>, DbError> {
    let row = q(
        "SELECT t.id, t.kind, t.prefix, t.name, t.tenant_id, t.user_id, t.org_id, t.service_id, \
                 t.role, t.scopes, t.expires_at FROM api_tokens t \
                 LEFT JOIN tenants n ON n.id = t.tenant_id \
                 LEFT JOIN users u ON u.tenant_id = t.tenant_id AND u.id = t.user_id \
                 LEFT JOIN organizations o ON o.tenant_id = t.tenant_id AND o.id = t.org_id \
                 LEFT JOIN service_accounts s ON s.tenant_id = t.tenant_id AND s.id = t.service_id \
                 LEFT JOIN organizations so ON so.tenant_id = s.tenant_id AND so.id = s.org_id \
                 WHERE t.hash = $1 AND t.revoked_at IS NULL \
                 AND (t.tenant_id IS NULL OR n.state = 'active') \
                 AND (t.user_id IS NULL OR u.state = 'active') \
                 AND (t.org_id IS NULL OR o.state = 'active') \
                 AND (t.service_id IS NULL OR (s.state = 'active' \
                      AND (s.org_id IS NULL OR so.state = 'active')))",
    )
    .bind(hash)
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Ends a token. `Ok(false)`: there is none, or it is over.
pub async fn revoke(tx: &mut Tx, id: &str, now: i64) -> Result<bool, DbError> {
    let count = q("UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(now)
        .bind(id)
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Inserts a service account, of the tenant or of one organization.
pub async fn create_service(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    org: Option<&OrgId>,
    name: &str,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO service_accounts (id, tenant_id, org_id, name, state, created_at) \
       VALUES ($1, $2, $3, $4, 'active', $5)",
    )
    .bind(id)
    .bind(tenant.as_str())
    .bind(org.map(OrgId::as_str))
    .bind(name)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Token, DbError> {
    let kind: String = row.get("kind")?;
    let tenant = row.maybe("tenant_id")?.map(TenantId);
    if kind == "admin" {
        return Ok(Token::Admin(AdminToken {
            id: row.get("id")?,
            prefix: row.get("prefix")?,
            role: row.get("role")?,
            tenant,
            expires_at: row.get("expires_at")?,
        }));
    }
    let scopes: String = row.get("scopes")?;
    let garbled = || DbError::Broken("api_tokens: a token stands for nobody".into());
    let principal = match kind.as_str() {
        "user" => row.maybe("user_id")?.map(|id| Principal::User(UserId(id))),
        "organization" => row
            .maybe("org_id")?
            .map(|id| Principal::Organization(OrgId(id))),
        _ => row.maybe("service_id")?.map(Principal::ServiceAccount),
    };
    Ok(Token::Api(ApiToken {
        id: row.get("id")?,
        prefix: row.get("prefix")?,
        name: row.get("name")?,
        tenant: tenant.ok_or_else(garbled)?,
        principal: principal.ok_or_else(garbled)?,
        scopes: scopes.split_ascii_whitespace().map(str::to_owned).collect(),
        expires_at: row.get("expires_at")?,
    }))
}
