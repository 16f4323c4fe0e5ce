//! Configured identity providers.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use super::upstream_feeds;
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{TenantId, UpstreamId};

const COLUMNS: &str = "id, tenant_id, slug, kind, issuer, client_id, secret, options, role, \
                       trust, config_owned, version, created_at";

/// All upstreams of a tenant in order of creation (few: an operator adds each by hand).
pub async fn list(on: impl On, tenant: &TenantId) -> Result<Vec<Upstream>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM upstreams WHERE tenant_id = $1 \
         AND deleted_at IS NULL ORDER BY id LIMIT 200"
    );
    q_dynamic(sql)
        .bind(tenant.as_str())
        .all(on)
        .await?
        .iter()
        .map(from_row)
        .collect()
}

/// By id inside a tenant.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    id: &UpstreamId,
) -> Result<Option<Upstream>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM upstreams WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id.as_str())
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Inserts; `Conflict` when the slug is taken or a second primary would result.
pub async fn create(tx: &mut Tx, upstream: &Upstream) -> Result<(), DbError> {
    q(
        "INSERT INTO upstreams (id, tenant_id, slug, kind, issuer, client_id, secret, options, \
       role, trust, config_owned, created_at) \
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(upstream.id.as_str())
    .bind(upstream.tenant.as_str())
    .bind(&upstream.slug)
    .bind(&upstream.kind)
    .bind(&upstream.issuer)
    .bind(&upstream.client_id)
    .bind(upstream.secret.clone())
    .bind(upstream.options.to_string())
    .bind(upstream.role.as_str())
    .bind(upstream.trust.as_str())
    .bind(upstream.config_owned)
    .bind(upstream.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Writes address, client and options; the caller has checked ownership.
pub async fn update(tx: &mut Tx, upstream: &Upstream) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstreams SET kind = $1, issuer = $2, client_id = $3, secret = $4, \
                   options = $5, trust = $6, config_owned = $7, version = version + 1 \
                   WHERE tenant_id = $8 AND id = $9 AND version = $10",
    )
    .bind(&upstream.kind)
    .bind(&upstream.issuer)
    .bind(&upstream.client_id)
    .bind(upstream.secret.clone())
    .bind(upstream.options.to_string())
    .bind(upstream.trust.as_str())
    .bind(upstream.config_owned)
    .bind(upstream.tenant.as_str())
    .bind(upstream.id.as_str())
    .bind(upstream.version)
    .run(&mut *tx)
    .await?;
    upstream_feeds::wake(tx, &upstream.tenant, &upstream.id).await?;
    Ok(count == 1)
}

/// Sets the role of one upstream; a former primary steps down to secondary first.
pub async fn set_role(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &UpstreamId,
    role: Role,
) -> Result<bool, DbError> {
    if role == Role::Primary {
        q(
            "UPDATE upstreams SET role = 'secondary', version = version + 1 \
           WHERE tenant_id = $1 AND role = 'primary' AND id <> $2",
        )
        .bind(tenant.as_str())
        .bind(id.as_str())
        .run(&mut *tx)
        .await?;
    }
    let count = q("UPDATE upstreams SET role = $1, version = version + 1 \
                   WHERE tenant_id = $2 AND id = $3")
    .bind(role.as_str())
    .bind(tenant.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Takes an upstream out of use and sight; its name is free again.
pub async fn delete(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &UpstreamId,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstreams SET deleted_at = $1, role = 'retired', slug = id, \
                   secret = NULL, version = version + 1 \
                   WHERE tenant_id = $2 AND id = $3 AND role <> 'primary' AND deleted_at IS NULL",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

fn from_row(row: &Row) -> Result<Upstream, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("upstreams.{what} is garbled"));
    let options: String = row.get("options")?;
    let role: String = row.get("role")?;
    let trust: String = row.get("trust")?;
    Ok(Upstream {
        id: UpstreamId(row.get("id")?),
        tenant: TenantId(row.get("tenant_id")?),
        slug: row.get("slug")?,
        kind: row.get("kind")?,
        issuer: row.get("issuer")?,
        client_id: row.get("client_id")?,
        secret: row.maybe("secret")?,
        options: serde_json::from_str(&options).map_err(|_| garbled("options"))?,
        role: Role::parse(&role).ok_or_else(|| garbled("role"))?,
        trust: Trust::parse(&trust),
        config_owned: row.get("config_owned")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
