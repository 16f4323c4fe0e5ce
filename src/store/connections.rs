//! Customers' own identity providers and their revisions.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use super::{brokered, revisions};
use crate::domain::connection::{
    Broker, Config, Connection, Protocol, Revision, Rollout, State, Through,
};
use crate::domain::{ConnectionId, Email, OrgId, TenantId, UpstreamId};

const COLUMNS: &str = "c.id, c.tenant_id, c.org_id, c.slug, c.name, c.protocol, c.broker, \
    c.state, c.rollout, c.enforced, c.redirect_uri, c.acs_url, c.sp_entity_id, c.draft, r.hash AS draft_hash, c.active, c.tested_hash, \
    c.last_login_at, c.version, c.created_at, b.upstream_id, b.metadata_url";

const FROM: &str = "FROM connections c JOIN connection_revisions r ON r.tenant_id = c.tenant_id \
    AND r.connection_id = c.id AND r.number = c.draft LEFT JOIN brokered_connections b \
    ON b.tenant_id = c.tenant_id AND b.connection_id = c.id";

/// Inserts a connection with its first revision.
pub async fn create(tx: &mut Tx, one: &Connection, first: &Revision) -> Result<(), DbError> {
    q(
        "INSERT INTO connections (id, tenant_id, org_id, slug, name, protocol, broker, state, \
         rollout, redirect_uri, acs_url, sp_entity_id, draft, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(one.id.as_str())
    .bind(one.tenant.as_str())
    .bind(one.org.as_ref().map(OrgId::as_str))
    .bind(&one.slug)
    .bind(&one.name)
    .bind(one.protocol.as_str())
    .bind(one.broker.as_str())
    .bind(one.state.as_str())
    .bind(one.rollout.as_str())
    .bind(&one.redirect_uri)
    .bind(one.acs_url.as_deref())
    .bind(one.sp_entity_id.as_deref())
    .bind(one.draft)
    .bind(one.created_at)
    .run(&mut *tx)
    .await?;
    if let Some(through) = &one.through {
        brokered::create(tx, &one.tenant, &one.id, through).await?;
    }
    revisions::add(tx, &one.tenant, first).await
}

/// Connections that could be taken for this one, with what is live of them, or drafted: those of its
/// organization, and those that call us by the same name.
pub async fn near(
    on: impl On,
    tenant: &TenantId,
    one: &Connection,
) -> Result<Vec<(Connection, Config)>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}, n.config {FROM} \
         JOIN connection_revisions n ON n.tenant_id = c.tenant_id AND n.connection_id = c.id \
         AND n.number = COALESCE(c.active, c.draft) WHERE c.tenant_id = $1 AND c.id <> $2 \
         AND c.protocol = $3 AND (c.org_id = $4 OR c.sp_entity_id = $5) ORDER BY c.id LIMIT 50"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(one.id.as_str())
        .bind(one.protocol.as_str())
        .bind(one.org.as_ref().map(OrgId::as_str))
        .bind(one.sp_entity_id.as_deref())
        .all(on)
        .await?;
    let mut all = Vec::new();
    for row in &rows {
        let (found, config) = (from_row(row)?, row.get::<String>("config")?);
        if let Ok(config) = Config::read(found.protocol, &config) {
            all.push((found, config));
        }
    }
    Ok(all)
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

/// Shuts all of an organization that is about to go: a sign-in through one is in the store already,
/// or finds it shut. Their ids.
pub async fn shut_all(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
) -> Result<Vec<ConnectionId>, DbError> {
    q("UPDATE connections SET state = 'disabled' WHERE tenant_id = $1 AND org_id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .run(&mut *tx)
        .await?;
    let rows = q("SELECT id FROM connections WHERE tenant_id = $1 AND org_id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .all(tx)
        .await?;
    rows.iter()
        .map(|row| row.get("id").map(ConnectionId))
        .collect()
}

/// Does any organization of a tenant have a provider of its own that people are led to?
pub async fn any_of_organizations(on: impl On, tenant: &TenantId) -> Result<bool, DbError> {
    let row = q(
        "SELECT 1 AS one FROM connections WHERE tenant_id = $1 AND org_id IS NOT NULL \
       AND state = 'active' LIMIT 1",
    )
    .bind(tenant.as_str())
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// What the tenant itself has attached and is live, in order of creation.
pub async fn live_of_tenant(on: impl On, tenant: &TenantId) -> Result<Vec<Connection>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE c.tenant_id = $1 AND c.org_id IS NULL \
         AND c.state = 'active' ORDER BY c.id LIMIT 50"
    );
    let rows = q_dynamic(sql).bind(tenant.as_str()).all(on).await?;
    rows.iter().map(from_row).collect()
}

/// A page of an organization's connections, or of those of the tenant itself, in order of
/// creation.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: Option<&OrgId>,
    after: &str,
    limit: i64,
) -> Result<Vec<Connection>, DbError> {
    let home = if org.is_some() {
        "c.org_id = $2"
    } else {
        "c.org_id IS NULL AND $2 IS NULL"
    };
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE c.tenant_id = $1 AND {home} AND c.id > $3 \
         ORDER BY c.id LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.map(OrgId::as_str))
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
         tested_hash = $6, enforced = $7, redirect_uri = $8, acs_url = $9, sp_entity_id = $10, \
         version = version + 1 WHERE tenant_id = $11 AND id = $12 AND version = $13",
    )
    .bind(&one.name)
    .bind(one.state.as_str())
    .bind(one.rollout.as_str())
    .bind(one.draft)
    .bind(one.active)
    .bind(one.tested_hash.as_deref())
    .bind(one.enforced)
    .bind(&one.redirect_uri)
    .bind(one.acs_url.as_deref())
    .bind(one.sp_entity_id.as_deref())
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

/// Whom a rollout to some people means.
pub async fn people(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT email FROM connection_people WHERE tenant_id = $1 AND connection_id = $2 \
         ORDER BY email LIMIT 1000",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("email")).collect()
}

/// The domains that lead to a connection: exactly these from now on.
pub async fn set_domains(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    domains: &[String],
) -> Result<(), DbError> {
    q("DELETE FROM connection_domains WHERE tenant_id = $1 AND connection_id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .run(&mut *tx)
        .await?;
    for domain in domains {
        q(
            "INSERT INTO connection_domains (tenant_id, connection_id, domain) \
           VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(tenant.as_str())
        .bind(id.as_str())
        .bind(domain)
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The domains that lead to a connection.
pub async fn domains(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT domain FROM connection_domains WHERE tenant_id = $1 AND connection_id = $2 \
         ORDER BY domain LIMIT 1000",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("domain")).collect()
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

/// Every role that somebody holds in the organization who comes by this connection.
pub async fn roles_of_linked(
    on: impl On,
    tenant: &TenantId,
    one: &Connection,
) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT DISTINCT g.role FROM identity_links l JOIN memberships m \
         ON m.tenant_id = l.tenant_id AND m.user_id = l.user_id AND m.org_id = $3 \
         JOIN role_grants g ON g.tenant_id = m.tenant_id AND g.membership_id = m.id \
         WHERE l.tenant_id = $1 AND l.source_id = $2 AND l.kind = 'connection'",
    )
    .bind(tenant.as_str())
    .bind(one.id.as_str())
    .bind(one.org.as_ref().map(OrgId::as_str))
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("role")).collect()
}

/// Notes that a draft has passed its test; nothing happens when it is no longer the draft.
pub async fn note_tested(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    (revision, hash): (i64, &str),
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE connections SET tested_hash = $1, version = version + 1, \
         state = CASE WHEN state = 'draft' THEN 'tested' ELSE state END \
         WHERE tenant_id = $2 AND id = $3 AND draft = $4",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(revision)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The draft is untested again, where it still is this one.
pub async fn forget_tested(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    revision: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE connections SET tested_hash = NULL, version = version + 1, \
         state = CASE WHEN state = 'tested' THEN 'draft' ELSE state END \
         WHERE tenant_id = $1 AND id = $2 AND draft = $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(revision)
    .run(tx)
    .await?;
    Ok(())
}

pub(super) fn garbled(what: &str) -> DbError {
    DbError::Broken(format!("connections.{what} is garbled"))
}

/// A stored word that nobody knows opens nothing: it is an error.
pub(super) fn word<T>(
    row: &Row,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, DbError> {
    let text: String = row.get(name)?;
    parse(&text).ok_or_else(|| garbled(name))
}

fn through(row: &Row) -> Result<Option<Through>, DbError> {
    let upstream = row.maybe("upstream_id")?.map(UpstreamId);
    let metadata_url = row.maybe("metadata_url")?;
    Ok(upstream.map(|upstream| Through {
        upstream,
        metadata_url,
    }))
}

fn from_row(row: &Row) -> Result<Connection, DbError> {
    Ok(Connection {
        id: ConnectionId(row.get("id")?),
        tenant: TenantId(row.get("tenant_id")?),
        org: row.maybe("org_id")?.map(OrgId),
        slug: row.get("slug")?,
        name: row.get("name")?,
        protocol: word(row, "protocol", Protocol::parse)?,
        broker: word(row, "broker", Broker::parse)?,
        through: through(row)?,
        state: word(row, "state", State::parse)?,
        rollout: word(row, "rollout", Rollout::parse)?,
        enforced: row.get("enforced")?,
        redirect_uri: row.get("redirect_uri")?,
        acs_url: row.maybe("acs_url")?,
        sp_entity_id: row.maybe("sp_entity_id")?,
        draft: row.get("draft")?,
        draft_hash: row.get("draft_hash")?,
        active: row.maybe("active")?,
        tested_hash: row.maybe("tested_hash")?,
        last_login_at: row.maybe("last_login_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
