//! Connections that an upstream speaks to on our behalf, and what it was last told of them.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::connection::Through;
use crate::domain::{ConnectionId, TenantId, UpstreamId};

/// What an upstream was last told of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// It has the revision of this hash, and is switched on.
    pub on: Option<String>,
    /// Sign-ins wait until then: what it has is being tested.
    pub held_until: i64,
}

/// A connection that is tied to an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tied {
    /// Which.
    pub connection: ConnectionId,
    /// Its short name.
    pub slug: String,
    /// Short name of its organization.
    pub org: String,
    /// `draft`, `tested`, `active`, `disabled`.
    pub state: String,
    /// People who have come through it.
    pub people: i64,
    /// It is live, and the upstream has something else than what is live.
    pub behind: bool,
}

/// Ties a connection to an upstream, in the transaction that makes it.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    through: &Through,
) -> Result<(), DbError> {
    q(
        "INSERT INTO brokered_connections (tenant_id, connection_id, upstream_id, metadata_url) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(through.upstream.as_str())
    .bind(through.metadata_url.as_deref())
    .run(tx)
    .await?;
    Ok(())
}

/// What was last told of a connection; `None` for one that nobody else speaks to.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
) -> Result<Option<Told>, DbError> {
    let row = q(
        "SELECT told, hash, held_until FROM brokered_connections WHERE tenant_id = $1 \
         AND connection_id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<Told, DbError> {
    let told: String = row.get("told")?;
    let hash: Option<String> = row.maybe("hash")?;
    Ok(Told {
        on: hash.filter(|_| told == "on"),
        held_until: row.get("held_until")?,
    })
}

/// Takes the turn to tell the upstream something: from here on nobody knows what it has. The
/// number of the turn; `None` while somebody else has it.
pub async fn claim(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    (now, until): (i64, i64),
) -> Result<Option<i64>, DbError> {
    let row = q(
        "UPDATE brokered_connections SET told = 'unknown', attempt = attempt + 1, \
         busy_until = $1 WHERE tenant_id = $2 AND connection_id = $3 AND busy_until <= $4 \
         RETURNING attempt",
    )
    .bind(until)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now)
    .optional(tx)
    .await?;
    row.map(|row| row.get("attempt")).transpose()
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It has the revision of this hash, and is on.
    On(&'a str),
    /// It is off.
    Off,
    /// Nobody knows.
    Unknown,
}

/// Ends a turn. `Ok(false)`: it took too long, and somebody else has the next one.
pub async fn settle(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    (attempt, outcome): (i64, Outcome<'_>),
) -> Result<bool, DbError> {
    let (told, hash) = match outcome {
        Outcome::On(hash) => ("on", Some(hash)),
        Outcome::Off => ("off", None),
        Outcome::Unknown => ("unknown", None),
    };
    let count = q(
        "UPDATE brokered_connections SET told = $1, hash = $2, busy_until = 0 \
         WHERE tenant_id = $3 AND connection_id = $4 AND attempt = $5",
    )
    .bind(told)
    .bind(hash)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(attempt)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Sign-ins wait until then.
pub async fn hold(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    until: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE brokered_connections SET held_until = $1 WHERE tenant_id = $2 \
       AND connection_id = $3",
    )
    .bind(until)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// Connections that are switched off here and perhaps not at their upstream.
pub async fn still_on(on: impl On, now: i64) -> Result<Vec<(TenantId, ConnectionId)>, DbError> {
    let rows = q(
        "SELECT b.tenant_id, b.connection_id FROM brokered_connections b JOIN connections c \
         ON c.tenant_id = b.tenant_id AND c.id = b.connection_id WHERE c.state = 'disabled' \
         AND b.told IN ('on', 'unknown') AND b.busy_until <= $1 AND b.held_until <= $1 ORDER BY b.connection_id LIMIT 20",
    )
    .bind(now)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((
                TenantId(row.get("tenant_id")?),
                ConnectionId(row.get("connection_id")?),
            ))
        })
        .collect()
}

/// Connections that are tied to an upstream, by organization.
pub async fn tied(
    on: impl On,
    tenant: &TenantId,
    upstream: &UpstreamId,
) -> Result<Vec<Tied>, DbError> {
    let rows = q(
        "SELECT c.id, c.slug, c.state, o.slug AS org_slug, b.told, b.hash, r.hash AS live, \
         (SELECT COUNT(*) FROM identity_links l WHERE l.tenant_id = c.tenant_id \
         AND l.kind = 'connection' AND l.source_id = c.id) AS people \
         FROM brokered_connections b \
         JOIN connections c ON c.tenant_id = b.tenant_id AND c.id = b.connection_id \
         JOIN organizations o ON o.tenant_id = c.tenant_id AND o.id = c.org_id \
         LEFT JOIN connection_revisions r ON r.tenant_id = c.tenant_id \
         AND r.connection_id = c.id AND r.number = c.active \
         WHERE b.tenant_id = $1 AND b.upstream_id = $2 ORDER BY o.slug, c.slug LIMIT 10000",
    )
    .bind(tenant.as_str())
    .bind(upstream.as_str())
    .all(on)
    .await?;
    rows.iter().map(tied_from_row).collect()
}

fn tied_from_row(row: &Row) -> Result<Tied, DbError> {
    let (state, told): (String, String) = (row.get("state")?, row.get("told")?);
    let (has, live): (Option<String>, Option<String>) = (row.maybe("hash")?, row.maybe("live")?);
    Ok(Tied {
        behind: state == "active" && (told != "on" || has != live),
        connection: ConnectionId(row.get("id")?),
        slug: row.get("slug")?,
        org: row.get("org_slug")?,
        people: row.get("people")?,
        state,
    })
}
