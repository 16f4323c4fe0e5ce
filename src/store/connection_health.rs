//! How it goes with connections: findings, contacts, sign-ins and refusals by day.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::{ConnectionId, TenantId};

const DAY_MS: i64 = 24 * 3_600_000;

/// What was found the last time, and who is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// When somebody looked, epoch ms; 0 for never.
    pub looked_at: i64,
    /// Findings as JSON.
    pub findings: String,
    /// Addresses.
    pub contacts: Vec<String>,
    /// End of the client secret, epoch ms, where somebody said so.
    pub secret_expires_at: Option<i64>,
    /// What the provider stated when somebody took it as right.
    pub approved: Option<String>,
    /// What it stated the last time.
    pub stated: Option<String>,
}

/// So many sign-ins of one kind on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Begin of the day, epoch ms.
    pub day: i64,
    /// Why it failed; empty where it did not.
    pub cause: String,
    /// How many.
    pub n: i64,
    /// The last one, epoch ms.
    pub last_at: i64,
}

/// What is known about a connection.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    connection: &ConnectionId,
) -> Result<Health, DbError> {
    let row = q(
        "SELECT looked_at, findings, contacts, secret_expires_at, approved, stated \
         FROM connection_health WHERE tenant_id = $1 AND connection_id = $2",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .optional(on)
    .await?;
    let Some(row) = row else {
        return Ok(Health {
            findings: "[]".into(),
            ..Health::default()
        });
    };
    let contacts: String = row.get("contacts")?;
    Ok(Health {
        looked_at: row.get("looked_at")?,
        findings: row.get("findings")?,
        contacts: serde_json::from_str(&contacts)
            .map_err(|_| DbError::Broken("connection_health.contacts is garbled".into()))?,
        secret_expires_at: row.get("secret_expires_at")?,
        approved: row.get("approved")?,
        stated: row.get("stated")?,
    })
}

/// Replaces whom to tell.
pub async fn set_contacts(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    contacts: &[String],
) -> Result<(), DbError> {
    let text = serde_json::to_string(contacts).unwrap_or_else(|_| "[]".into());
    q(
        "INSERT INTO connection_health (tenant_id, connection_id, contacts) VALUES ($1, $2, $3) \
         ON CONFLICT (tenant_id, connection_id) DO UPDATE SET contacts = $3",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(text)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes when the client secret ends; `None`: nobody knows.
pub async fn set_secret_end(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    at: Option<i64>,
) -> Result<(), DbError> {
    q(
        "INSERT INTO connection_health (tenant_id, connection_id, secret_expires_at) \
         VALUES ($1, $2, $3) ON CONFLICT (tenant_id, connection_id) \
         DO UPDATE SET secret_expires_at = $3",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes what the provider states, and what is taken as right of it.
pub async fn set_stated(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    (approved, stated): (&str, &str),
) -> Result<(), DbError> {
    q(
        "INSERT INTO connection_health (tenant_id, connection_id, approved, stated) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, connection_id) \
         DO UPDATE SET approved = $3, stated = $4",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(approved)
    .bind(stated)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes what was found.
pub async fn note(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    findings: &str,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO connection_health (tenant_id, connection_id, findings, looked_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, connection_id) \
         DO UPDATE SET findings = $3, looked_at = $4",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(findings)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes one live connection at which nobody has looked since an instant, so that no other node
/// looks at it meanwhile.
pub async fn take_due(
    tx: &mut Tx,
    before: i64,
    now: i64,
) -> Result<Option<(TenantId, ConnectionId)>, DbError> {
    let row = q(
        "SELECT c.tenant_id, c.id FROM connections c LEFT JOIN connection_health h \
         ON h.tenant_id = c.tenant_id AND h.connection_id = c.id WHERE c.state = 'active' \
         AND COALESCE(h.looked_at, 0) < $1 ORDER BY COALESCE(h.looked_at, 0) LIMIT 1",
    )
    .bind(before)
    .optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let (tenant, id) = (
        TenantId(row.get("tenant_id")?),
        ConnectionId(row.get("id")?),
    );
    let count = q(
        "INSERT INTO connection_health (tenant_id, connection_id, looked_at) VALUES ($1, $2, $3) \
         ON CONFLICT (tenant_id, connection_id) DO UPDATE SET looked_at = $3 \
         WHERE connection_health.looked_at < $4",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now)
    .bind(before)
    .run(tx)
    .await?;
    Ok((count == 1).then_some((tenant, id)))
}

/// Counts a sign-in, or one that failed for a cause.
pub async fn count(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    cause: &str,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO connection_days (tenant_id, connection_id, day, cause, n, last_at) \
         VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (tenant_id, connection_id, day, cause) \
         DO UPDATE SET n = connection_days.n + 1, last_at = $5",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(now / DAY_MS * DAY_MS)
    .bind(cause.chars().take(60).collect::<String>())
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Everything counted since an instant, oldest first.
pub async fn counted(
    on: impl On,
    tenant: &TenantId,
    connection: &ConnectionId,
    since: i64,
) -> Result<Vec<Counted>, DbError> {
    let rows = q(
        "SELECT day, cause, n, last_at FROM connection_days WHERE tenant_id = $1 \
         AND connection_id = $2 AND day >= $3 ORDER BY day, cause",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(since / DAY_MS * DAY_MS)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Counted {
                day: row.get("day")?,
                cause: row.get("cause")?,
                n: row.get("n")?,
                last_at: row.get("last_at")?,
            })
        })
        .collect()
}

/// Forgets days before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM connection_days WHERE day < $1")
        .bind(before)
        .run(tx)
        .await
}
