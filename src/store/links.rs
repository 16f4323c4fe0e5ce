//! Identity links: what finds a person again.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::user::{IdentityLink, LinkKind};
use crate::domain::{ConnectionId, Email, TenantId, UpstreamId, UserId};

/// The user behind what an upstream asserts, or an address of their own.
pub async fn find_user(
    on: impl On,
    tenant: &TenantId,
    kind: LinkKind,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>, DbError> {
    let row = q(
        "SELECT user_id FROM identity_links WHERE tenant_id = $1 AND kind = $2 \
                 AND issuer = $3 AND subject = $4",
    )
    .bind(tenant.as_str())
    .bind(kind.as_str())
    .bind(issuer)
    .bind(subject)
    .optional(on)
    .await?;
    row.map(|row| Ok(UserId(row.get("user_id")?))).transpose()
}

/// The user whom somebody is at a customer's own provider: told apart by connection.
pub async fn find_by_connection(
    on: impl On,
    tenant: &TenantId,
    connection: &ConnectionId,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>, DbError> {
    let row = q(
        "SELECT user_id FROM identity_links WHERE tenant_id = $1 AND kind = 'connection' \
         AND issuer = $2 AND subject = $3 AND source_id = $4",
    )
    .bind(tenant.as_str())
    .bind(issuer)
    .bind(subject)
    .bind(connection.as_str())
    .optional(on)
    .await?;
    row.map(|row| Ok(UserId(row.get("user_id")?))).transpose()
}

/// The user whom an upstream asserted last under this subject.
pub async fn find_of_source(
    on: impl On,
    tenant: &TenantId,
    source: &UpstreamId,
    subject: &str,
) -> Result<Option<UserId>, DbError> {
    let row = q(
        "SELECT user_id FROM identity_links WHERE tenant_id = $1 AND kind = 'upstream' \
         AND source_id = $2 AND subject = $3 ORDER BY id LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(source.as_str())
    .bind(subject)
    .optional(on)
    .await?;
    row.map(|row| Ok(UserId(row.get("user_id")?))).transpose()
}

/// Does anybody come from this source?
pub async fn any_of_source(
    on: impl On,
    tenant: &TenantId,
    source: &UpstreamId,
) -> Result<bool, DbError> {
    let row = q("SELECT id FROM identity_links WHERE tenant_id = $1 AND source_id = $2 LIMIT 1")
        .bind(tenant.as_str())
        .bind(source.as_str())
        .optional(on)
        .await?;
    Ok(row.is_some())
}

/// The user who proved this address to us.
pub async fn find_by_email(
    on: impl On,
    tenant: &TenantId,
    email: &Email,
) -> Result<Option<UserId>, DbError> {
    find_user(on, tenant, LinkKind::Email, "", email.as_str()).await
}

/// All links of a person, oldest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
) -> Result<Vec<IdentityLink>, DbError> {
    let rows = q(
        "SELECT id, user_id, kind, source_id, issuer, subject, created_at, last_used_at \
                  FROM identity_links WHERE tenant_id = $1 AND user_id = $2 ORDER BY id LIMIT 200",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Adds a link. `Ok(false)`: it exists already, whoever's it is.
pub async fn create(tx: &mut Tx, tenant: &TenantId, link: &IdentityLink) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO identity_links (id, tenant_id, user_id, kind, source_id, issuer, \
                   subject, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                   ON CONFLICT DO NOTHING",
    )
    .bind(&link.id)
    .bind(tenant.as_str())
    .bind(link.user.as_str())
    .bind(link.kind.as_str())
    .bind(link.source.as_ref().map(UpstreamId::as_str))
    .bind(&link.issuer)
    .bind(&link.subject)
    .bind(link.created_at)
    .bind(link.last_used_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Keeps who somebody is at the upstream that brought them: it follows the link to their own
/// provider, whosever it was before, and opens nothing by itself.
pub async fn follow(tx: &mut Tx, tenant: &TenantId, link: &IdentityLink) -> Result<(), DbError> {
    q(
        "DELETE FROM identity_links WHERE tenant_id = $1 AND kind = $2 AND issuer = $3 \
       AND subject = $4 AND user_id <> $5",
    )
    .bind(tenant.as_str())
    .bind(link.kind.as_str())
    .bind(&link.issuer)
    .bind(&link.subject)
    .bind(link.user.as_str())
    .run(&mut *tx)
    .await?;
    if !create(&mut *tx, tenant, link).await?
        && let Some(old) = find(&mut *tx, tenant, link).await?
    {
        let now = link.last_used_at.unwrap_or(link.created_at);
        touch(tx, tenant, &old.id, now).await?;
    }
    Ok(())
}

/// Notes the use of a link.
pub async fn touch(tx: &mut Tx, tenant: &TenantId, id: &str, now: i64) -> Result<(), DbError> {
    q("UPDATE identity_links SET last_used_at = $1 WHERE tenant_id = $2 AND id = $3")
        .bind(now)
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// The link of an assertion, whosever it is; told apart by source for a connection's.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    wanted: &IdentityLink,
) -> Result<Option<IdentityLink>, DbError> {
    let source = match wanted.kind {
        LinkKind::Connection => wanted.source.as_ref().map(UpstreamId::as_str),
        LinkKind::Upstream | LinkKind::Email => None,
    };
    let row = q(
        "SELECT id, user_id, kind, source_id, issuer, subject, created_at, last_used_at \
         FROM identity_links WHERE tenant_id = $1 AND kind = $2 AND issuer = $3 \
         AND subject = $4 AND ($5 = '' OR source_id = $5)",
    )
    .bind(tenant.as_str())
    .bind(wanted.kind.as_str())
    .bind(&wanted.issuer)
    .bind(&wanted.subject)
    .bind(source.unwrap_or_default())
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Keeps the last assertion behind a link, sealed.
pub async fn set_asserted(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    sealed: Vec<u8>,
    now: i64,
) -> Result<(), DbError> {
    q("UPDATE identity_links SET asserted = $1, asserted_at = $2 WHERE tenant_id = $3 AND id = $4")
        .bind(sealed)
        .bind(now)
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// Whoever signed in through a connection since an instant, or one of them, with the sealed
/// assertion: link, person, assertion; the newest first.
pub async fn asserted(
    on: impl On,
    tenant: &TenantId,
    connection: &ConnectionId,
    only: Option<&UserId>,
    (since, limit): (i64, i64),
) -> Result<Vec<(String, UserId, Vec<u8>)>, DbError> {
    let rows = q(
        "SELECT id, user_id, asserted FROM identity_links WHERE tenant_id = $1 \
         AND source_id = $2 AND kind = 'connection' AND asserted IS NOT NULL \
         AND asserted_at >= $3 AND ($4 = '' OR user_id = $4) \
         ORDER BY asserted_at DESC, id LIMIT $5",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(since)
    .bind(only.map_or("", UserId::as_str))
    .bind(limit)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.get("id")?,
                UserId(row.get("user_id")?),
                row.get("asserted")?,
            ))
        })
        .collect()
}

/// Removes all of a person's links to one connection.
pub async fn delete_of_connection(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &UserId,
    connection: &ConnectionId,
) -> Result<u64, DbError> {
    q(
        "DELETE FROM identity_links WHERE tenant_id = $1 AND user_id = $2 \
         AND kind IN ('connection', 'upstream') AND source_id = $3",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(connection.as_str())
    .run(tx)
    .await
}

/// Removes one link of a person.
pub async fn delete(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &UserId,
    id: &str,
) -> Result<bool, DbError> {
    let count = q("DELETE FROM identity_links WHERE tenant_id = $1 AND user_id = $2 AND id = $3")
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Removes all links of a person (deletion).
pub async fn delete_all(tx: &mut Tx, tenant: &TenantId, user: &UserId) -> Result<(), DbError> {
    q("DELETE FROM identity_links WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant.as_str())
        .bind(user.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// People with and without a link to an issuer, for the rehearsal of a swap.
pub async fn count_linked(
    on: impl On,
    tenant: &TenantId,
    issuer: &str,
) -> Result<(i64, i64), DbError> {
    let row = q("SELECT COUNT(*) AS people, CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM \
                 identity_links l WHERE l.tenant_id = u.tenant_id AND l.user_id = u.id \
                 AND l.kind = 'upstream' AND l.issuer = $1) THEN 1 ELSE 0 END), 0) AS BIGINT) AS linked \
                 FROM users u WHERE u.tenant_id = $2 AND u.state <> 'deleted'")
    .bind(issuer)
    .bind(tenant.as_str())
    .one(on)
    .await?;
    let people: i64 = row.get("people")?;
    let linked: i64 = row.get("linked")?;
    Ok((linked, people - linked))
}

fn from_row(row: &Row) -> Result<IdentityLink, DbError> {
    let kind: String = row.get("kind")?;
    Ok(IdentityLink {
        id: row.get("id")?,
        user: UserId(row.get("user_id")?),
        kind: match kind.as_str() {
            "upstream" => LinkKind::Upstream,
            "connection" => LinkKind::Connection,
            _ => LinkKind::Email,
        },
        source: row.maybe("source_id")?.map(UpstreamId),
        issuer: row.get("issuer")?,
        subject: row.get("subject")?,
        created_at: row.get("created_at")?,
        last_used_at: row.maybe("last_used_at")?,
    })
}
