//! Customers' own identity providers and their revisions.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::connection::{Broker, Connection, Protocol, Revision, Rollout, Settings, State};
use crate::domain::upstream::Trust;
use crate::domain::{ConnectionId, Email, OrgId, TenantId};

const COLUMNS: &str = "c.id, c.tenant_id, c.org_id, c.slug, c.name, c.protocol, c.broker, \
    c.state, c.rollout, c.redirect_uri, c.draft, r.hash AS draft_hash, c.active, c.tested_hash, \
    c.last_login_at, c.version, c.created_at";

const FROM: &str = "FROM connections c JOIN connection_revisions r ON r.tenant_id = c.tenant_id \
    AND r.connection_id = c.id AND r.number = c.draft";

/// Inserts a connection with its first revision.
pub async fn create(tx: &mut Tx, one: &Connection, first: &Revision) -> Result<(), DbError> {
    q(
        "INSERT INTO connections (id, tenant_id, org_id, slug, name, protocol, broker, state, \
         rollout, redirect_uri, draft, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(one.id.as_str())
    .bind(one.tenant.as_str())
    .bind(one.org.as_str())
    .bind(&one.slug)
    .bind(&one.name)
    .bind(one.protocol.as_str())
    .bind(one.broker.as_str())
    .bind(one.state.as_str())
    .bind(one.rollout.as_str())
    .bind(&one.redirect_uri)
    .bind(one.draft)
    .bind(one.created_at)
    .run(&mut *tx)
    .await?;
    add_revision(tx, &one.tenant, first).await
}

/// Adds a revision; `Conflict` when its number is taken.
pub async fn add_revision(tx: &mut Tx, tenant: &TenantId, new: &Revision) -> Result<(), DbError> {
    let config = serde_json::to_string(&new.settings)
        .map_err(|_| DbError::Broken("a connection's settings are no JSON".into()))?;
    q(
        "INSERT INTO connection_revisions (id, tenant_id, connection_id, number, hash, config, \
         secret, secret_id, trust, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&new.id)
    .bind(tenant.as_str())
    .bind(new.connection.as_str())
    .bind(new.number)
    .bind(&new.hash)
    .bind(config)
    .bind(new.secret.clone())
    .bind(new.secret_id.as_deref())
    .bind(match new.trust {
        Trust::Operator => "operator",
        Trust::Tenant => "tenant",
    })
    .bind(new.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// By id or slug inside a tenant.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<Connection>, DbError> {
    let sql =
        format!("SELECT {COLUMNS} {FROM} WHERE c.tenant_id = $1 AND (c.id = $2 OR c.slug = $2)");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(name)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A page of an organization's connections in order of creation.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    after: &str,
    limit: i64,
) -> Result<Vec<Connection>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE c.tenant_id = $1 AND c.org_id = $2 AND c.id > $3 \
         ORDER BY c.id LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Writes what can change. `Ok(false)`: somebody was faster.
pub async fn update(tx: &mut Tx, one: &Connection) -> Result<bool, DbError> {
    let count = q(
        "UPDATE connections SET name = $1, state = $2, rollout = $3, draft = $4, active = $5, \
         tested_hash = $6, version = version + 1 \
         WHERE tenant_id = $7 AND id = $8 AND version = $9",
    )
    .bind(&one.name)
    .bind(one.state.as_str())
    .bind(one.rollout.as_str())
    .bind(one.draft)
    .bind(one.active)
    .bind(one.tested_hash.as_deref())
    .bind(one.tenant.as_str())
    .bind(one.id.as_str())
    .bind(one.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Notes a sign-in by a live revision, and keeps the row to the commit: whoever switches the
/// connection off meanwhile finds the session that came of it. `Ok(false)`: it is not live.
pub async fn note_login(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    revision: i64,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE connections SET last_login_at = $1 WHERE tenant_id = $2 AND id = $3 \
         AND state = 'active' AND active = $4",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(revision)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Notes that a revision goes live.
pub async fn note_activation(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    revision: i64,
    now: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE connection_revisions SET activated_at = $1 WHERE tenant_id = $2 \
       AND connection_id = $3 AND number = $4",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(revision)
    .run(tx)
    .await?;
    Ok(())
}

/// All revisions, newest first.
pub async fn revisions(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
) -> Result<Vec<Revision>, DbError> {
    let rows = q(
        "SELECT id, connection_id, number, hash, config, secret, secret_id, trust, created_at, \
         activated_at FROM connection_revisions WHERE tenant_id = $1 AND connection_id = $2 \
         ORDER BY number DESC LIMIT 1000",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .all(on)
    .await?;
    rows.iter().map(revision_from_row).collect()
}

/// Whom a rollout to some people means: exactly these from now on.
pub async fn set_people(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    people: &[Email],
) -> Result<(), DbError> {
    q("DELETE FROM connection_people WHERE tenant_id = $1 AND connection_id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .run(&mut *tx)
        .await?;
    for email in people {
        q(
            "INSERT INTO connection_people (tenant_id, connection_id, email) VALUES ($1, $2, $3) \
           ON CONFLICT DO NOTHING",
        )
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(email.as_str())
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Is this address one of them?
pub async fn is_picked(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
    email: &Email,
) -> Result<bool, DbError> {
    let row = q(
        "SELECT email FROM connection_people WHERE tenant_id = $1 AND connection_id = $2 \
         AND email = $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(email.as_str())
    .optional(on)
    .await?;
    Ok(row.is_some())
}

fn garbled(what: &str) -> DbError {
    DbError::Broken(format!("connections.{what} is garbled"))
}

/// A stored word that nobody knows opens nothing: it is an error.
fn word<T>(row: &Row, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, DbError> {
    let text: String = row.get(name)?;
    parse(&text).ok_or_else(|| garbled(name))
}

fn from_row(row: &Row) -> Result<Connection, DbError> {
    Ok(Connection {
        id: ConnectionId(row.get("id")?),
        tenant: TenantId(row.get("tenant_id")?),
        org: OrgId(row.get("org_id")?),
        slug: row.get("slug")?,
        name: row.get("name")?,
        protocol: word(row, "protocol", Protocol::parse)?,
        broker: word(row, "broker", Broker::parse)?,
        state: word(row, "state", State::parse)?,
        rollout: word(row, "rollout", Rollout::parse)?,
        redirect_uri: row.get("redirect_uri")?,
        draft: row.get("draft")?,
        draft_hash: row.get("draft_hash")?,
        active: row.maybe("active")?,
        tested_hash: row.maybe("tested_hash")?,
        last_login_at: row.maybe("last_login_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

fn revision_from_row(row: &Row) -> Result<Revision, DbError> {
    let config: String = row.get("config")?;
    let settings: Settings = serde_json::from_str(&config).map_err(|_| garbled("config"))?;
    let trust: String = row.get("trust")?;
    Ok(Revision {
        id: row.get("id")?,
        connection: ConnectionId(row.get("connection_id")?),
        number: row.get("number")?,
        hash: row.get("hash")?,
        settings,
        secret: row.maybe("secret")?,
        secret_id: row.maybe("secret_id")?,
        // Only the exact word grants the wider trust.
        trust: if trust == "operator" {
            Trust::Operator
        } else {
            Trust::Tenant
        },
        created_at: row.get("created_at")?,
        activated_at: row.maybe("activated_at")?,
    })
}
