//! Links by which a customer's admin sets a connection up without an account.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{ConnectionId, OrgId, TenantId};

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// Id.
    pub id: String,
    /// For which organization.
    pub org: OrgId,
    /// Which connection it has made, or is about.
    pub connection: Option<ConnectionId>,
    /// The id that a connection made by it will have: its addresses are known before it is.
    pub reserved: ConnectionId,
    /// What was understood so far, as JSON without secrets.
    pub draft: String,
    /// What it may do in the organization: never more than whoever made it.
    pub words: Vec<String>,
    /// Hash of the device cookie of the browser that opened it.
    pub browser: Option<Vec<u8>>,
    /// `kind:id` of whoever made it.
    pub invited_by: String,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
    /// Epoch ms.
    pub opened_at: Option<i64>,
    /// Epoch ms.
    pub revoked_at: Option<i64>,
    /// Opens with a code from this mailbox only.
    pub email: Option<String>,
    /// The newest code is good until then, epoch ms.
    pub code_until: i64,
}

const COLUMNS: &str = "id, org_id, connection_id, reserved, draft, words, browser, invited_by, created_at, \
                       expires_at, opened_at, revoked_at, email, code_until";

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    one: &SetupLink,
    token_hash: &[u8],
) -> Result<(), DbError> {
    q(
        "INSERT INTO setup_links (id, tenant_id, org_id, connection_id, purpose, reserved, \
         token_hash, invited_by, created_at, expires_at, words, draft, email) \
         VALUES ($1, $2, $3, $4, 'connection', $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&one.id)
    .bind(tenant.as_str())
    .bind(one.org.as_str())
    .bind(one.connection.as_ref().map(ConnectionId::as_str))
    .bind(one.reserved.as_str())
    .bind(token_hash)
    .bind(&one.invited_by)
    .bind(one.created_at)
    .bind(one.expires_at)
    .bind(one.words.join(" "))
    .bind(&one.draft)
    .bind(one.email.as_deref())
    .run(tx)
    .await?;
    Ok(())
}

/// One of an organization.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    id: &str,
) -> Result<Option<SetupLink>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM setup_links WHERE tenant_id = $1 AND org_id = $2 AND id = $3"
    );
    let query = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(id);
    query.optional(on).await?.as_ref().map(from_row).transpose()
}

/// By the value of the link, whatever has become of it.
pub async fn find_by_hash(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
) -> Result<Option<SetupLink>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM setup_links WHERE tenant_id = $1 AND token_hash = $2");
    let query = q_dynamic(sql).bind(tenant.as_str()).bind(hash);
    query.optional(on).await?.as_ref().map(from_row).transpose()
}

/// The connection that a link is about. `Ok(None)`: there is no such link; `Ok(Some(None))`: it has
/// made none yet.
pub async fn connection_of(
    on: impl On,
    tenant: &TenantId,
    id: &str,
) -> Result<Option<Option<ConnectionId>>, DbError> {
    let found = q("SELECT connection_id FROM setup_links WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .optional(on)
        .await?;
    let id = found.map(|row| row.maybe::<String>("connection_id"));
    Ok(id.transpose()?.map(|id| id.map(ConnectionId)))
}

/// A page of an organization's links, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    before: &str,
    limit: i64,
) -> Result<Vec<SetupLink>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM setup_links WHERE tenant_id = $1 AND org_id = $2 \
         AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(before)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Keeps a new code for one that nobody has opened. `Ok(false)`: it is over, or open.
pub async fn put_code(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    answer_mac: &[u8],
    (now, until): (i64, i64),
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE setup_links SET answer_mac = $1, code_until = $2, code_tries = 0 \
         WHERE tenant_id = $3 AND id = $4 AND revoked_at IS NULL AND expires_at > $5 \
         AND browser IS NULL AND email IS NOT NULL",
    )
    .bind(answer_mac)
    .bind(until)
    .bind(tenant.as_str())
    .bind(id)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Uses one try up and answers what the code is compared with; `None` where there is no code, or
/// no try left, of the code or of the link.
pub async fn use_try(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    (per_code, per_link): (i64, i64),
    now: i64,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = q(
        "UPDATE setup_links SET code_tries = code_tries + 1, tries = tries + 1 \
         WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3 \
         AND browser IS NULL AND answer_mac IS NOT NULL AND code_until > $3 \
         AND code_tries < $4 AND tries < $5 RETURNING answer_mac",
    )
    .bind(tenant.as_str())
    .bind(id)
    .bind(now)
    .bind(per_code)
    .bind(per_link)
    .optional(tx)
    .await?;
    row.map(|row| row.get("answer_mac")).transpose()
}

/// Opens it for one browser. `Ok(false)`: it is over, or another browser has it.
pub async fn open(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    browser: &[u8],
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE setup_links SET browser = $1, opened_at = COALESCE(opened_at, $2), answer_mac = NULL \
         WHERE tenant_id = $3 AND id = $4 AND revoked_at IS NULL AND expires_at > $2 \
         AND (browser IS NULL OR browser = $1)",
    )
    .bind(browser)
    .bind(now)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Keeps what was understood so far.
pub async fn set_draft(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    draft: &str,
) -> Result<(), DbError> {
    q("UPDATE setup_links SET draft = $1 WHERE tenant_id = $2 AND id = $3")
        .bind(draft)
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// Notes which connection it has made. `Ok(false)`: it has made one before.
pub async fn set_connection(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    connection: &ConnectionId,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE setup_links SET connection_id = $1 WHERE tenant_id = $2 AND id = $3 \
         AND connection_id IS NULL",
    )
    .bind(connection.as_str())
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The browser's device cookie has a new value.
pub async fn rotate(tx: &mut Tx, tenant: &TenantId, old: &[u8], new: &[u8]) -> Result<(), DbError> {
    q("UPDATE setup_links SET browser = $1 WHERE tenant_id = $2 AND browser = $3")
        .bind(new)
        .bind(tenant.as_str())
        .bind(old)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes one back, and what was shared from it; how many were open. Nothing where it was over.
pub async fn revoke(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    id: &str,
    now: i64,
) -> Result<u64, DbError> {
    q(
        "UPDATE setup_links SET revoked_at = $1 WHERE tenant_id = $2 AND revoked_at IS NULL \
         AND id IN (WITH RECURSIVE family (id) AS ( \
             SELECT id FROM setup_links \
             WHERE tenant_id = $2 AND org_id = $3 AND id = $4 AND revoked_at IS NULL \
             UNION SELECT one.id FROM setup_links one \
             JOIN family ON one.invited_by = 'setup_link:' || family.id \
             WHERE one.tenant_id = $2) SELECT id FROM family)",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(id)
    .run(tx)
    .await
}

fn from_row(row: &Row) -> Result<SetupLink, DbError> {
    Ok(SetupLink {
        id: row.get("id")?,
        org: OrgId(row.get("org_id")?),
        connection: row.maybe("connection_id")?.map(ConnectionId),
        reserved: ConnectionId(row.get("reserved")?),
        draft: row.get("draft")?,
        words: row
            .get::<String>("words")?
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect(),
        browser: row.maybe("browser")?,
        invited_by: row.get("invited_by")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        opened_at: row.maybe("opened_at")?,
        revoked_at: row.maybe("revoked_at")?,
        email: row.maybe("email")?,
        code_until: row.get("code_until")?,
    })
}
