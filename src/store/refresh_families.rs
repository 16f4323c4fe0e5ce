//! What came of a code: a family, whose access tokens carry its id, and its refresh tokens, of
//! which one at a time is unused.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use super::Write;
use super::api_tokens::Usage;
use super::invalidations::{Change, Scope};
use crate::domain::scope::Scope as Granted;
use crate::domain::wanted_claims::WantedClaims;
use crate::domain::{AppId, OrgId, Sid, TenantId, UserId};

/// A family.
#[derive(Debug, Clone)]
pub struct Family {
    /// Id.
    pub id: String,
    /// Whose app.
    pub app: AppId,
    /// For whom.
    pub user: UserId,
    /// The sign-in that it came from.
    pub sid: Sid,
    /// The session of the app's own that it hangs on instead, where it goes on without the
    /// browser.
    pub kept: Option<Sid>,
    /// In which organization.
    pub org: Option<OrgId>,
    /// What was granted.
    pub scope: Granted,
    /// Whom its tokens may be for.
    pub audiences: Vec<String>,
    /// Claims that were asked for by name.
    pub claims: WantedClaims,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
    /// The key that its refresh tokens are bound to (RFC 9449 §5).
    pub jkt: Option<String>,
    /// Ended by a revocation.
    pub revoked: bool,
}

impl Family {
    /// The session that it hangs on.
    pub fn stands_on(&self) -> &Sid {
        self.kept.as_ref().unwrap_or(&self.sid)
    }
}

/// A refresh token, without its value.
pub struct Token {
    /// Its family.
    pub family: Family,
    /// Epoch ms of its use.
    pub used_at: Option<i64>,
}

const COLUMNS: &str = "f.id, f.app_id, f.user_id, f.sid, f.org_id, f.scope, f.audiences, \
    f.claims, f.jkt, f.created_at, f.expires_at, f.revoked_at, f.kept_sid";

/// Inserts.
pub async fn create(tx: &mut Tx, tenant: &TenantId, family: &Family) -> Result<(), DbError> {
    let audiences = serde_json::to_string(&family.audiences)
        .map_err(|error| DbError::Broken(error.to_string()))?;
    let claims = serde_json::to_string(&family.claims)
        .map_err(|error| DbError::Broken(error.to_string()))?;
    q(
        "INSERT INTO refresh_families (id, tenant_id, app_id, user_id, sid, org_id, scope, \
         audiences, created_at, expires_at, claims, jkt, kept_sid) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(&family.id)
    .bind(tenant.as_str())
    .bind(family.app.as_str())
    .bind(family.user.as_str())
    .bind(family.sid.as_str())
    .bind(family.org.as_ref().map(OrgId::as_str))
    .bind(family.scope.to_string())
    .bind(audiences)
    .bind(family.created_at)
    .bind(family.expires_at)
    .bind((!family.claims.is_empty()).then_some(claims))
    .bind(family.jkt.as_deref())
    .bind(family.kept.as_ref().map(Sid::as_str))
    .run(tx)
    .await?;
    Ok(())
}

/// One by its id.
pub async fn find(on: impl On, tenant: &TenantId, id: &str) -> Result<Option<Family>, DbError> {
    let sql =
        format!("SELECT {COLUMNS} FROM refresh_families f WHERE f.tenant_id = $1 AND f.id = $2");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Ends a family, for verifiers elsewhere too; false when it had ended.
pub async fn revoke(
    write: &mut Write,
    tenant: &TenantId,
    id: &str,
    reason: &str,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE refresh_families SET revoked_at = $1, revoke_reason = $2 WHERE tenant_id = $3 \
         AND id = $4 AND revoked_at IS NULL",
    )
    .bind(now)
    .bind(reason)
    .bind(tenant.as_str())
    .bind(id)
    .run(&mut write.tx)
    .await?;
    if count == 1 {
        write.invalidate_in(tenant, Change::Ended, Scope::Family, id);
    }
    Ok(count == 1)
}

/// Ends all that an app has of somebody; how many families that were.
pub async fn revoke_of_user(
    write: &mut Write,
    tenant: &TenantId,
    (user, app): (&UserId, &AppId),
    now: i64,
) -> Result<usize, DbError> {
    let ended = q(
        "UPDATE refresh_families SET revoked_at = $1, revoke_reason = 'withdrawn' \
         WHERE tenant_id = $2 AND user_id = $3 AND app_id = $4 AND revoked_at IS NULL \
         AND expires_at > $1 RETURNING id",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(app.as_str())
    .all(&mut write.tx)
    .await?;
    for row in &ended {
        let id: String = row.get("id")?;
        write.invalidate_in(tenant, Change::Ended, Scope::Family, &id);
    }
    Ok(ended.len())
}

/// Adds a refresh token. False when it is there already: another node made the same one.
pub async fn add_token(
    tx: &mut Tx,
    tenant: &TenantId,
    family: &str,
    hash: &[u8],
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO refresh_tokens (hash, tenant_id, family_id, created_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(family)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// A refresh token with its family.
pub async fn find_token(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
) -> Result<Option<Token>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}, t.used_at FROM refresh_tokens t JOIN refresh_families f \
         ON f.tenant_id = t.tenant_id AND f.id = t.family_id \
         WHERE t.hash = $1 AND t.tenant_id = $2"
    );
    let row = q_dynamic(sql)
        .bind(hash)
        .bind(tenant.as_str())
        .optional(on)
        .await?;
    row.as_ref()
        .map(|row| {
            Ok(Token {
                family: from_row(row)?,
                used_at: row.maybe("used_at")?,
            })
        })
        .transpose()
}

/// Uses a refresh token of a family that lives; of many callers exactly one does.
pub async fn use_token(
    tx: &mut Tx,
    tenant: &TenantId,
    hash: &[u8],
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE refresh_tokens SET used_at = $1 WHERE hash = $2 AND tenant_id = $3 \
         AND used_at IS NULL AND EXISTS (SELECT 1 FROM refresh_families f \
         WHERE f.tenant_id = refresh_tokens.tenant_id AND f.id = refresh_tokens.family_id \
         AND f.revoked_at IS NULL AND f.expires_at > $1)",
    )
    .bind(now)
    .bind(hash)
    .bind(tenant.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Notes that a family was refreshed.
pub async fn note_use(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    (now, ip): (i64, &str),
) -> Result<(), DbError> {
    q(
        "UPDATE refresh_families SET uses = uses + 1, last_used_at = $1, last_used_ip = $2 \
       WHERE tenant_id = $3 AND id = $4",
    )
    .bind(now)
    .bind(ip)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(())
}

/// A family as listings show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Id.
    pub id: String,
    /// Whose app.
    pub app: AppId,
    /// In which organization.
    pub org: Option<OrgId>,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
    /// How often it was refreshed, when last and from where.
    pub usage: Usage,
}

/// SQL: what a family hangs on goes on now, its session and the membership that it acts in.
pub(super) fn goes_on(family: &str, now: &str) -> String {
    format!(
        "{family}.revoked_at IS NULL AND {family}.expires_at > {now} \
         AND EXISTS (SELECT 1 FROM sessions s WHERE s.tenant_id = {family}.tenant_id \
         AND s.sid = COALESCE({family}.kept_sid, {family}.sid) AND s.ended_at IS NULL \
         AND s.expires_at > {now} AND s.last_seen_at + s.idle_ms > {now}) \
         AND ({family}.org_id IS NULL OR EXISTS (SELECT 1 FROM memberships m \
         WHERE m.tenant_id = {family}.tenant_id AND m.org_id = {family}.org_id \
         AND m.user_id = {family}.user_id AND m.state = 'active'))"
    )
}

/// What apps, from the one after `first` up to `last`, hold of somebody now: of each app the
/// newest.
pub async fn list_of_user(
    on: impl On,
    (tenant, user): (&TenantId, &UserId),
    (first, last): (&str, &str),
    (now, most): (i64, i64),
) -> Result<Vec<Listed>, DbError> {
    let sql = format!(
        "SELECT id, app_id, org_id, created_at, expires_at, uses, last_used_at, last_used_ip \
         FROM (SELECT f.*, ROW_NUMBER() OVER (PARTITION BY app_id ORDER BY id DESC) AS place \
         FROM refresh_families f WHERE tenant_id = $1 AND user_id = $2 \
         AND app_id > $4 AND app_id <= $5 AND {}) n \
         WHERE place <= $6 ORDER BY app_id, id DESC",
        goes_on("f", "$3")
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(now)
        .bind(first)
        .bind(last)
        .bind(most)
        .all(on)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                id: row.get("id")?,
                app: AppId(row.get("app_id")?),
                org: row.maybe("org_id")?.map(OrgId),
                created_at: row.get("created_at")?,
                expires_at: row.get("expires_at")?,
                usage: Usage {
                    count: row.get("uses")?,
                    last_at: row.maybe("last_used_at")?,
                    last_ip: row.maybe("last_used_ip")?,
                },
            })
        })
        .collect()
}

/// Everything that hangs on an app, children first.
const OF_APP: &[&str] = &[
    "DELETE FROM refresh_tokens WHERE tenant_id = $1 AND family_id IN \
     (SELECT id FROM refresh_families WHERE tenant_id = $1 AND app_id = $2)",
    "DELETE FROM refresh_families WHERE tenant_id = $1 AND app_id = $2",
    "DELETE FROM authorization_codes WHERE tenant_id = $1 AND app_id = $2",
    "DELETE FROM pushed_requests WHERE tenant_id = $1 AND app_id = $2",
    "DELETE FROM authorization_requests WHERE tenant_id = $1 AND app_id = $2",
    "DELETE FROM logout_notices WHERE tenant_id = $1 AND app_id = $2",
    "DELETE FROM device_grants WHERE tenant_id = $1 AND app_id = $2",
];

/// Forgets what an app has been given: it is switched off, or deleted.
pub async fn end_of_app(write: &mut Write, tenant: &TenantId, app: &AppId) -> Result<(), DbError> {
    for statement in OF_APP {
        let statement = q(statement).bind(tenant.as_str()).bind(app.as_str());
        statement.run(&mut write.tx).await?;
    }
    write.invalidate_in(tenant, Change::Ended, Scope::App, app.as_str());
    Ok(())
}

/// Forgets families that ended before an instant, with their tokens.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM refresh_tokens WHERE family_id IN \
       (SELECT id FROM refresh_families WHERE expires_at < $1)")
    .bind(before)
    .run(&mut *tx)
    .await?;
    q("DELETE FROM refresh_families WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<Family, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("refresh_families.{what} is garbled"));
    let (scope, audiences): (String, String) = (row.get("scope")?, row.get("audiences")?);
    let claims: Option<String> = row.maybe("claims")?;
    let claims = claims.as_deref().map(serde_json::from_str).transpose();
    Ok(Family {
        id: row.get("id")?,
        app: AppId(row.get("app_id")?),
        user: UserId(row.get("user_id")?),
        sid: Sid(row.get("sid")?),
        kept: row.maybe("kept_sid")?.map(Sid),
        org: row.maybe("org_id")?.map(OrgId),
        scope: Granted::parse(&scope).ok_or_else(|| garbled("scope"))?,
        audiences: serde_json::from_str(&audiences).map_err(|_| garbled("audiences"))?,
        claims: claims.map_err(|_| garbled("claims"))?.unwrap_or_default(),
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        jkt: row.maybe("jkt")?,
        revoked: row.maybe::<i64>("revoked_at")?.is_some(),
    })
}
