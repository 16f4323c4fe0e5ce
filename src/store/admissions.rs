//! What organizations ask of sessions, and which of their own providers have vouched in a
//! session that was begun another way.

use laneway_contract::Acr;
use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use super::sessions::Which;
use crate::domain::admission::Demands;
use crate::domain::{ConnectionId, OrgId, Sid, TenantId};

/// What an organization asks; of several enforced providers the first.
pub async fn demands(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<Demands, DbError> {
    let row = q(
        "SELECT o.required_acr, (SELECT MIN(c.id) FROM connections c WHERE c.tenant_id = o.tenant_id \
         AND c.org_id = o.id AND c.state = 'active' AND c.enforced) AS enforced \
         FROM organizations o WHERE o.tenant_id = $1 AND o.id = $2",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .optional(on)
    .await?;
    let Some(row) = row else {
        return Ok(Demands::default());
    };
    Ok(Demands {
        acr: read_acr(row.maybe("required_acr")?),
        enforced: row.maybe("enforced")?.map(ConnectionId),
    })
}

/// A rung as it is stored; a word that nobody knows asks for the highest.
pub(super) fn read_acr(stored: Option<String>) -> Option<Acr> {
    stored.map(|text| Acr::parse(&text).unwrap_or(Acr::Phr))
}

/// A provider's word in a session.
pub struct Vouch<'a> {
    /// In which session.
    pub sid: &'a Sid,
    /// Whose provider.
    pub org: &'a OrgId,
    /// Which one.
    pub connection: &'a ConnectionId,
    /// Who the person is there.
    pub subject: &'a str,
    /// The rung that it vouches for.
    pub acr: Acr,
}

/// Notes that an organization's provider has vouched in a session.
pub async fn vouch(
    tx: &mut Tx,
    tenant: &TenantId,
    word: &Vouch<'_>,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO session_vouches (tenant_id, sid, connection_id, org_id, subject, acr, \
         proven_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, sid, connection_id) \
         DO UPDATE SET subject = $5, acr = $6, proven_at = $7",
    )
    .bind(tenant.as_str())
    .bind(word.sid.as_str())
    .bind(word.connection.as_str())
    .bind(word.org.as_str())
    .bind(word.subject)
    .bind(word.acr.as_str())
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// What was vouched for in one session holds in another that came of it.
pub async fn pass_on(tx: &mut Tx, tenant: &TenantId, from: &Sid, to: &Sid) -> Result<(), DbError> {
    q(
        "INSERT INTO session_vouches (tenant_id, sid, connection_id, org_id, subject, acr, \
         proven_at) SELECT tenant_id, $1, connection_id, org_id, subject, acr, proven_at \
         FROM session_vouches WHERE tenant_id = $2 AND sid = $3",
    )
    .bind(to.as_str())
    .bind(tenant.as_str())
    .bind(from.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// The highest rung for which a live provider of the organization has vouched in a session.
pub async fn vouched(
    on: impl On,
    tenant: &TenantId,
    sid: &Sid,
    org: &OrgId,
) -> Result<Option<Acr>, DbError> {
    let rows = q(
        "SELECT v.acr FROM session_vouches v JOIN connections c ON c.tenant_id = v.tenant_id \
         AND c.id = v.connection_id AND c.state = 'active' \
         WHERE v.tenant_id = $1 AND v.sid = $2 AND v.org_id = $3",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(org.as_str())
    .all(on)
    .await?;
    let rungs: Result<Vec<Acr>, DbError> = rows
        .iter()
        .map(|row| Ok(Acr::parse(&row.get::<String>("acr")?).unwrap_or(Acr::Aal1)))
        .collect();
    Ok(rungs?.into_iter().max())
}

/// Takes back what a provider has vouched for, where its sessions end: the sessions that were
/// begun another way go on, outside of the organization. Answers which.
pub async fn take_back(
    tx: &mut Tx,
    tenant: &TenantId,
    which: &Which<'_>,
) -> Result<Vec<Sid>, DbError> {
    let (id, subject) = match which {
        Which::OfUpstream(id) => (id.as_str(), ""),
        Which::UpstreamSubject(id, subject) => (id.as_str(), *subject),
        _ => return Ok(Vec::new()),
    };
    let rows = q(
        "UPDATE sessions SET org_id = NULL WHERE tenant_id = $1 AND ended_at IS NULL AND EXISTS ( \
         SELECT 1 FROM session_vouches v WHERE v.tenant_id = sessions.tenant_id \
         AND v.sid = sessions.sid AND v.org_id = sessions.org_id AND v.connection_id = $2 \
         AND ($3 = '' OR v.subject = $3)) RETURNING sid",
    )
    .bind(tenant.as_str())
    .bind(id)
    .bind(subject)
    .all(&mut *tx)
    .await?;
    q(
        "DELETE FROM session_vouches WHERE tenant_id = $1 AND connection_id = $2 \
         AND ($3 = '' OR subject = $3)",
    )
    .bind(tenant.as_str())
    .bind(id)
    .bind(subject)
    .run(tx)
    .await?;
    sids(&rows)
}

/// Leaves an organization in every session that no provider of it has vouched for; those of
/// people for emergencies stay. Answers which were changed.
pub async fn leave_unvouched(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
) -> Result<Vec<Sid>, DbError> {
    let rows = q(
        "UPDATE sessions SET org_id = NULL WHERE tenant_id = $1 AND org_id = $2 \
         AND ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM connections c \
         WHERE c.tenant_id = $1 AND c.org_id = $2 AND c.id = sessions.upstream_id) \
         AND NOT EXISTS (SELECT 1 FROM session_vouches v WHERE v.tenant_id = $1 \
         AND v.sid = sessions.sid AND v.org_id = $2) \
         AND NOT EXISTS (SELECT 1 FROM break_glass b WHERE b.tenant_id = $1 AND b.org_id = $2 \
         AND b.user_id = sessions.user_id) RETURNING sid",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(tx)
    .await?;
    sids(&rows)
}

/// Lets a session end by an instant; false where it ends earlier.
pub async fn end_by(tx: &mut Tx, tenant: &TenantId, sid: &Sid, at: i64) -> Result<bool, DbError> {
    let count = q(
        "UPDATE sessions SET expires_at = $1 WHERE tenant_id = $2 AND sid = $3 \
         AND ended_at IS NULL AND expires_at > $1",
    )
    .bind(at)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Lets every session that people for emergencies have begun past an organization's providers
/// end by an instant. Answers which were changed.
pub async fn shorten(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    at: i64,
) -> Result<Vec<Sid>, DbError> {
    let rows = q(
        "UPDATE sessions SET expires_at = $1 WHERE tenant_id = $2 AND ended_at IS NULL \
         AND expires_at > $1 AND EXISTS (SELECT 1 FROM break_glass b WHERE b.tenant_id = $2 \
         AND b.org_id = $3 AND b.user_id = sessions.user_id) \
         AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.tenant_id = $2 AND c.org_id = $3 \
         AND c.id = sessions.upstream_id) RETURNING sid",
    )
    .bind(at)
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(tx)
    .await?;
    sids(&rows)
}

/// Leaves an organization in every session that is below a rung. Answers which were changed.
pub async fn leave_below(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    acr: Acr,
) -> Result<Vec<Sid>, DbError> {
    let enough: Vec<&str> = [Acr::Aal1, Acr::Aal2, Acr::Phr]
        .into_iter()
        .filter(|rung| *rung >= acr)
        .map(Acr::as_str)
        .collect();
    // Words of our own, no values from outside.
    let enough = format!("'{}'", enough.join("', '"));
    let rows = q_dynamic(format!(
        "UPDATE sessions SET org_id = NULL WHERE tenant_id = $1 AND org_id = $2 \
         AND ended_at IS NULL AND acr NOT IN ({enough}) AND NOT EXISTS ( \
         SELECT 1 FROM session_vouches v WHERE v.tenant_id = $1 AND v.sid = sessions.sid \
         AND v.org_id = $2 AND v.acr IN ({enough})) RETURNING sid"
    ))
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(tx)
    .await?;
    sids(&rows)
}

fn sids(rows: &[Row]) -> Result<Vec<Sid>, DbError> {
    rows.iter().map(|row| Ok(Sid(row.get("sid")?))).collect()
}
