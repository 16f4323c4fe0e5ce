//! Operators' and API tokens, stored as hashes.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use super::public_keys;
use super::sessions::Which;
use crate::domain::api_token::SignIn;
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
    /// A service account.
    ServiceAccount(String),
}

/// An API token: `lw_pat_…`, `lw_svc_…`, or one that was in use elsewhere before.
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
    /// The organization that a person's token acts in, and in no other.
    pub org: Option<OrgId>,
    /// What it is limited to; `None` is all that its service account may.
    pub scopes: Option<Vec<String>>,
    /// The sign-in that it was made in.
    pub sign_in: Option<SignIn>,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
    /// How it has been used.
    pub usage: Usage,
}

/// How a token has been used, as last written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// How often.
    pub count: i64,
    /// Epoch ms of the last time.
    pub last_at: Option<i64>,
    /// The address that it came from then.
    pub last_ip: Option<String>,
}

/// A token of either form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An operator's.
    Admin(AdminToken),
    /// Somebody's.
    Api(Box<ApiToken>),
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

/// What stands for "no limit" in the column of scopes: no scope is written like that.
const UNLIMITED: &str = "*";

/// Inserts an API token; `Conflict` when its value is known already.
pub async fn create_api(tx: &mut Tx, token: &ApiToken, hash: &[u8]) -> Result<(), DbError> {
    let (kind, user, service) = match &token.principal {
        Principal::User(id) => ("user", Some(id.as_str()), None),
        Principal::ServiceAccount(id) => ("service_account", None, Some(id.as_str())),
    };
    let upstream = token.sign_in.as_ref().and_then(|at| at.upstream.as_ref());
    let sign_in = token.sign_in.as_ref().map(serde_json::to_string);
    let scopes = token.scopes.as_ref().map(|scopes| scopes.join(" "));
    q(
        "INSERT INTO api_tokens (id, kind, hash, prefix, name, tenant_id, user_id, org_id, \
       service_id, role, scopes, expires_at, created_at, sign_in, upstream_id, upstream_sub) \
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12, $13, $14, $15)",
    )
    .bind(&token.id)
    .bind(kind)
    .bind(hash)
    .bind(&token.prefix)
    .bind(&token.name)
    .bind(token.tenant.as_str())
    .bind(user)
    .bind(token.org.as_ref().map(OrgId::as_str))
    .bind(service)
    .bind(scopes.as_deref().unwrap_or(UNLIMITED))
    .bind(token.expires_at)
    .bind(token.created_at)
    .bind(sign_in.transpose().unwrap_or_default())
    .bind(upstream.map(|upstream| upstream.id.as_str()))
    .bind(upstream.map(|upstream| upstream.subject.as_str()))
    .run(tx)
    .await?;
    Ok(())
}

const COLUMNS: &str = "t.id, t.kind, t.prefix, t.name, t.tenant_id, t.user_id, t.org_id, \
    t.service_id, t.role, t.scopes, t.expires_at, t.created_at, t.sign_in, t.last_used_at, \
    t.last_used_ip, t.uses";

/// What has not ended, and whose owner is neither switched off nor gone.
const COUNTS: &str = "FROM api_tokens t \
    LEFT JOIN tenants n ON n.id = t.tenant_id \
    LEFT JOIN users u ON u.tenant_id = t.tenant_id AND u.id = t.user_id \
    LEFT JOIN organizations o ON o.tenant_id = t.tenant_id AND o.id = t.org_id \
    LEFT JOIN service_accounts s ON s.tenant_id = t.tenant_id AND s.id = t.service_id \
    LEFT JOIN organizations so ON so.tenant_id = s.tenant_id AND so.id = s.org_id \
    WHERE t.revoked_at IS NULL AND t.kind <> 'organization' \
    AND (t.tenant_id IS NULL OR n.state = 'active') \
    AND (t.user_id IS NULL OR u.state = 'active') \
    AND (t.org_id IS NULL OR o.state = 'active') \
    AND (t.service_id IS NULL OR (s.state = 'active' \
         AND (s.org_id IS NULL OR so.state = 'active')))";

/// A token by its hash; expiry is the caller's to judge. One whose owner is switched off or
/// gone is not found: the join decides it in the same statement.
pub async fn find(on: impl On, hash: &[u8]) -> Result<Option<Token>, DbError> {
    let row = q_dynamic(format!("SELECT {COLUMNS} {COUNTS} AND t.hash = $1"))
        .bind(hash)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The same by its id.
pub async fn find_by_id(on: impl On, id: &str) -> Result<Option<Token>, DbError> {
    let row = q_dynamic(format!("SELECT {COLUMNS} {COUNTS} AND t.id = $1"))
        .bind(id)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Is this the hash of a value that is known, in whichever tenant?
pub async fn is_known(on: impl On, hash: &[u8]) -> Result<bool, DbError> {
    let row = q("SELECT id FROM api_tokens WHERE hash = $1").bind(hash);
    Ok(row.optional(on).await?.is_some())
}

/// A page of somebody's tokens that have not been revoked, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    of: &Principal,
    before: &str,
    limit: i64,
) -> Result<Vec<ApiToken>, DbError> {
    let (column, id) = column_of(of);
    let sql = format!(
        "SELECT {COLUMNS} FROM api_tokens t WHERE t.tenant_id = $1 AND t.{column} = $2 \
         AND t.revoked_at IS NULL AND ($3 = '' OR t.id < $3) ORDER BY t.id DESC LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id)
        .bind(before)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(api_from_row).collect()
}

/// How many of somebody's tokens are neither revoked nor expired.
pub async fn count(
    on: impl On,
    tenant: &TenantId,
    of: &Principal,
    now: i64,
) -> Result<i64, DbError> {
    let (column, id) = column_of(of);
    let sql = format!(
        "SELECT COUNT(*) AS n FROM api_tokens WHERE tenant_id = $1 AND {column} = $2 \
         AND revoked_at IS NULL AND expires_at > $3"
    );
    let counted = q_dynamic(sql).bind(tenant.as_str()).bind(id).bind(now);
    counted.one(on).await?.get("n")
}

fn column_of(of: &Principal) -> (&'static str, &str) {
    match of {
        Principal::User(id) => ("user_id", id.as_str()),
        Principal::ServiceAccount(id) => ("service_id", id),
    }
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

/// Ends one of somebody's tokens; what it was called.
pub async fn revoke_of(
    tx: &mut Tx,
    tenant: &TenantId,
    of: &Principal,
    id: &str,
    now: i64,
) -> Result<Option<String>, DbError> {
    let (column, owner) = column_of(of);
    let sql = format!(
        "UPDATE api_tokens SET revoked_at = $1 WHERE tenant_id = $2 AND {column} = $3 \
         AND id = $4 AND revoked_at IS NULL RETURNING name"
    );
    let row = q_dynamic(sql)
        .bind(now)
        .bind(tenant.as_str())
        .bind(owner)
        .bind(id)
        .optional(tx)
        .await?;
    row.map(|row| row.get("name")).transpose()
}

/// Ends the tokens that were made in a sign-in which has lost its provider; their ids.
pub async fn revoke_with(
    tx: &mut Tx,
    tenant: &TenantId,
    which: &Which<'_>,
    now: i64,
) -> Result<Vec<String>, DbError> {
    let (upstream, subject) = match which {
        Which::OfUpstream(id) => (id.as_str(), ""),
        Which::UpstreamSubject(id, subject) => (id.as_str(), *subject),
        _ => return Ok(Vec::new()),
    };
    let rows = q(
        "UPDATE api_tokens SET revoked_at = $1 WHERE tenant_id = $2 AND upstream_id = $3 \
         AND ($4 = '' OR upstream_sub = $4) AND revoked_at IS NULL RETURNING id",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(upstream)
    .bind(subject)
    .all(tx)
    .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Uses of a token since they were last written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    /// Which token.
    pub id: String,
    /// How often.
    pub count: i64,
    /// Epoch ms of the last one.
    pub at: i64,
    /// From where it came.
    pub ip: String,
}

/// Adds uses, of public keys of service accounts too.
pub async fn touch(tx: &mut Tx, all: &[Uses]) -> Result<(), DbError> {
    for uses in all {
        let count = q("UPDATE api_tokens SET uses = uses + $1, \
           last_used_ip = CASE WHEN COALESCE(last_used_at, 0) <= $2 THEN $3 ELSE last_used_ip END, \
           last_used_at = CASE WHEN COALESCE(last_used_at, 0) <= $2 THEN $2 ELSE last_used_at END \
           WHERE id = $4")
        .bind(uses.count)
        .bind(uses.at)
        .bind(&uses.ip)
        .bind(&uses.id)
        .run(&mut *tx)
        .await?;
        if count == 0 {
            public_keys::touch(&mut *tx, uses).await?;
        }
    }
    Ok(())
}

fn from_row(row: &Row) -> Result<Token, DbError> {
    let kind: String = row.get("kind")?;
    if kind != "admin" {
        return Ok(Token::Api(Box::new(api_from_row(row)?)));
    }
    Ok(Token::Admin(AdminToken {
        id: row.get("id")?,
        prefix: row.get("prefix")?,
        role: row.get("role")?,
        tenant: row.maybe("tenant_id")?.map(TenantId),
        expires_at: row.get("expires_at")?,
    }))
}

fn api_from_row(row: &Row) -> Result<ApiToken, DbError> {
    let kind: String = row.get("kind")?;
    let scopes: String = row.get("scopes")?;
    let garbled = || DbError::Broken("api_tokens: a token stands for nobody".into());
    let principal = match kind.as_str() {
        "user" => row.maybe("user_id")?.map(|id| Principal::User(UserId(id))),
        "service_account" => row.maybe("service_id")?.map(Principal::ServiceAccount),
        // Of an older version; nobody has ever been given one.
        _ => None,
    };
    let sign_in: Option<String> = row.maybe("sign_in")?;
    let sign_in = sign_in.map(|text| serde_json::from_str(&text)).transpose();
    Ok(ApiToken {
        id: row.get("id")?,
        prefix: row.get("prefix")?,
        name: row.get("name")?,
        tenant: row.maybe("tenant_id")?.map(TenantId).ok_or_else(garbled)?,
        principal: principal.ok_or_else(garbled)?,
        org: row.maybe("org_id")?.map(OrgId),
        scopes: (scopes != UNLIMITED)
            .then(|| scopes.split_ascii_whitespace().map(str::to_owned).collect()),
        sign_in: sign_in.map_err(|_| DbError::Broken("api_tokens.sign_in is garbled".into()))?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        usage: Usage {
            count: row.get("uses")?,
            last_at: row.maybe("last_used_at")?,
            last_ip: row.maybe("last_used_ip")?,
        },
    })
}
