//! Sessions and the cookies that point at them.

use laneway_contract::Acr;
use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::session::{Session, SessionApp, SessionUpstream};
use crate::domain::{AppId, DeviceId, OrgId, Sid, TenantId, UpstreamId, UserId};

const COLUMNS: &str = "s.sid, s.tenant_id, s.user_id, s.org_id, s.acr, s.amr, s.auth_time, \
    s.upstream_id, s.upstream_sub, s.upstream_sid, COALESCE(p.slug, k.slug) AS upstream_slug, \
    k.org_id AS within_id, s.device_id, s.app_id, a.name AS app_name, s.ip, s.user_agent, \
    s.created_at, s.last_seen_at, s.idle_ms, s.expires_at, \
    CASE WHEN p.kind <> 'embedded' THEN w.checked_at END AS checked_at";

const ORIGIN: &str = "LEFT JOIN upstreams p ON p.tenant_id = s.tenant_id AND p.id = s.upstream_id \
    LEFT JOIN connections k ON k.tenant_id = s.tenant_id AND k.id = s.upstream_id \
    LEFT JOIN apps a ON a.tenant_id = s.tenant_id AND a.id = s.app_id \
    LEFT JOIN upstream_sessions w ON w.tenant_id = s.tenant_id AND w.sid = s.sid \
    AND w.upstream_id = s.upstream_id";

/// Inserts a session.
pub async fn create(tx: &mut Tx, session: &Session) -> Result<(), DbError> {
    let upstream = session.upstream.as_ref();
    q(
        "INSERT INTO sessions (sid, tenant_id, user_id, org_id, acr, amr, auth_time, upstream_id, \
       upstream_sub, upstream_sid, device_id, ip, user_agent, created_at, last_seen_at, idle_ms, \
       expires_at, app_id) VALUES \
       ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(session.sid.as_str())
    .bind(session.tenant.as_str())
    .bind(session.user.as_str())
    .bind(session.org.as_ref().map(OrgId::as_str))
    .bind(session.acr.as_str())
    .bind(session.amr.join(" "))
    .bind(session.auth_time)
    .bind(upstream.map(|u| u.id.as_str()))
    .bind(upstream.map(|u| u.subject.as_str()))
    .bind(upstream.and_then(|u| u.sid.as_deref()))
    .bind(session.device.as_ref().map(DeviceId::as_str))
    .bind(&session.ip)
    .bind(&session.user_agent)
    .bind(session.created_at)
    .bind(session.last_seen_at)
    .bind(session.idle_ms)
    .bind(session.expires_at)
    .bind(session.app.as_ref().map(|app| app.id.as_str()))
    .run(tx)
    .await?;
    Ok(())
}

/// Raises a live session to a new proof; `Ok(false)`: it has ended meanwhile.
pub async fn prove_again(tx: &mut Tx, session: &Session) -> Result<bool, DbError> {
    let upstream = session.upstream.as_ref();
    let count = q(
        "UPDATE sessions SET acr = $1, amr = $2, auth_time = $3, upstream_id = $4, \
                   upstream_sub = $5, upstream_sid = $6, last_seen_at = $7, org_id = $8, \
                   device_id = $9 WHERE tenant_id = $10 AND sid = $11 AND ended_at IS NULL",
    )
    .bind(session.acr.as_str())
    .bind(session.amr.join(" "))
    .bind(session.auth_time)
    .bind(upstream.map(|u| u.id.as_str()))
    .bind(upstream.map(|u| u.subject.as_str()))
    .bind(upstream.and_then(|u| u.sid.as_deref()))
    .bind(session.last_seen_at)
    .bind(session.org.as_ref().map(OrgId::as_str))
    .bind(session.device.as_ref().map(DeviceId::as_str))
    .bind(session.tenant.as_str())
    .bind(session.sid.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Sets the active organization of a live session.
pub async fn set_org(
    tx: &mut Tx,
    tenant: &TenantId,
    sid: &Sid,
    org: Option<&OrgId>,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE sessions SET org_id = $1 WHERE tenant_id = $2 AND sid = $3 \
                   AND ended_at IS NULL",
    )
    .bind(org.map(OrgId::as_str))
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Gives a session a cookie on a host.
pub async fn add_cookie(
    tx: &mut Tx,
    tenant: &TenantId,
    sid: &Sid,
    host: &str,
    hash: &[u8],
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO session_cookies (token_hash, tenant_id, sid, host, created_at) \
       VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(host)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Replaces a cookie by a new value: the old one is dead at once. `Ok(false)`: it was
/// dead already.
pub async fn retire_cookie(tx: &mut Tx, hash: &[u8], now: i64) -> Result<bool, DbError> {
    let count = q(
        "UPDATE session_cookies SET replaced_at = $1 WHERE token_hash = $2 \
                   AND replaced_at IS NULL",
    )
    .bind(now)
    .bind(hash)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The live session behind a cookie, and the host the cookie was set for.
pub async fn find_by_cookie(
    on: impl On,
    hash: &[u8],
) -> Result<Option<(Session, String)>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}, c.host FROM session_cookies c JOIN sessions s \
         ON s.tenant_id = c.tenant_id AND s.sid = c.sid {ORIGIN} \
         WHERE c.token_hash = $1 AND c.replaced_at IS NULL AND s.ended_at IS NULL"
    );
    let row = q_dynamic(sql).bind(hash).optional(on).await?;
    row.map(|row| Ok((from_row(&row)?, row.get("host")?)))
        .transpose()
}

/// A live session by id.
pub async fn find(on: impl On, tenant: &TenantId, sid: &Sid) -> Result<Option<Session>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s {ORIGIN} WHERE s.tenant_id = $1 AND s.sid = $2 AND s.ended_at IS NULL"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(sid.as_str())
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A page of live sessions of a person, newest first, each with its hosts.
pub async fn list_of_user(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
    before: &str,
    limit: i64,
    now: i64,
) -> Result<Vec<Session>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s {ORIGIN} WHERE s.tenant_id = $1 AND s.user_id = $2 \
         AND s.ended_at IS NULL AND s.expires_at > $3 AND s.last_seen_at + s.idle_ms > $3 \
         AND ($4 = '' OR s.sid < $4) ORDER BY s.sid DESC LIMIT $5"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(now)
        .bind(before)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Which sessions to list; empty text means "any".
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// Of this person.
    pub user: String,
    /// Active in this organization.
    pub org: String,
    /// That came from this upstream.
    pub upstream: String,
}

/// A page of live sessions of a tenant, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    filter: &SessionFilter,
    before: &str,
    limit: i64,
    now: i64,
) -> Result<Vec<Session>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s {ORIGIN} WHERE s.tenant_id = $1 AND s.ended_at IS NULL \
         AND s.expires_at > $2 AND s.last_seen_at + s.idle_ms > $2 AND ($3 = '' OR s.sid < $3) \
         AND ($4 = '' OR s.user_id = $4) AND ($5 = '' OR s.org_id = $5) \
         AND ($6 = '' OR s.upstream_id = $6) ORDER BY s.sid DESC LIMIT $7"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(now)
        .bind(before)
        .bind(&filter.user)
        .bind(&filter.org)
        .bind(&filter.upstream)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Hosts on which a session has a live cookie.
pub async fn hosts(on: impl On, tenant: &TenantId, sid: &Sid) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT DISTINCT host FROM session_cookies WHERE tenant_id = $1 AND sid = $2 \
                  AND replaced_at IS NULL ORDER BY host",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("host")).collect()
}

/// Which live sessions to end.
#[derive(Debug, Clone)]
pub enum Which<'a> {
    /// All of a tenant.
    All,
    /// One.
    One(&'a Sid),
    /// All of a person.
    OfUser(&'a UserId),
    /// All of a person but one.
    Others(&'a UserId, &'a Sid),
    /// All of a person but those that an organization's own providers have begun.
    Elsewhere(&'a UserId, &'a OrgId),
    /// Those of a person that were begun on one device.
    OfDevice(&'a UserId, &'a str),
    /// All that are active in an organization.
    OfOrg(&'a OrgId),
    /// All that came from one upstream.
    OfUpstream(&'a UpstreamId),
    /// All that an app keeps.
    OfApp(&'a AppId),
    /// What an app keeps of one person.
    OfAppAndUser(&'a AppId, &'a UserId),
    /// Those of one upstream session.
    UpstreamSession(&'a UpstreamId, &'a str),
    /// Those of one upstream subject.
    UpstreamSubject(&'a UpstreamId, &'a str),
}

/// Ends live sessions; their ids.
pub async fn end(
    tx: &mut Tx,
    tenant: &TenantId,
    which: Which<'_>,
    reason: &str,
    now: i64,
) -> Result<Vec<Sid>, DbError> {
    let (clause, one, two) = match which {
        Which::All => ("$4 = $5", "", ""),
        Which::One(sid) => ("sid = $4 AND $5 = ''", sid.as_str(), ""),
        Which::OfUser(user) => ("user_id = $4 AND $5 = ''", user.as_str(), ""),
        Which::Others(user, sid) => ("user_id = $4 AND sid <> $5", user.as_str(), sid.as_str()),
        Which::Elsewhere(user, org) => (
            "user_id = $4 AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.tenant_id = \
             sessions.tenant_id AND c.org_id = $5 AND c.id = sessions.upstream_id)",
            user.as_str(),
            org.as_str(),
        ),
        Which::OfDevice(user, id) => ("user_id = $4 AND device_id = $5", user.as_str(), id),
        Which::OfOrg(org) => ("org_id = $4 AND $5 = ''", org.as_str(), ""),
        Which::OfUpstream(id) => ("upstream_id = $4 AND $5 = ''", id.as_str(), ""),
        Which::OfAppAndUser(id, user) => {
            ("app_id = $4 AND user_id = $5", id.as_str(), user.as_str())
        }
        Which::OfApp(id) => ("app_id = $4 AND $5 = ''", id.as_str(), ""),
        Which::UpstreamSession(id, sid) => {
            ("upstream_id = $4 AND upstream_sid = $5", id.as_str(), sid)
        }
        Which::UpstreamSubject(id, sub) => {
            ("upstream_id = $4 AND upstream_sub = $5", id.as_str(), sub)
        }
    };
    let sql = format!(
        "UPDATE sessions SET ended_at = $1, end_reason = $2 \
         WHERE tenant_id = $3 AND {clause} AND ended_at IS NULL RETURNING sid"
    );
    let rows = q_dynamic(sql)
        .bind(now)
        .bind(reason)
        .bind(tenant.as_str())
        .bind(one)
        .bind(two)
        .all(tx)
        .await?;
    rows.iter().map(|row| Ok(Sid(row.get("sid")?))).collect()
}

/// Live sessions that hang on one subject of an upstream, each with its reference there.
pub async fn of_subject(
    on: impl On,
    tenant: &TenantId,
    upstream: &UpstreamId,
    subject: &str,
) -> Result<Vec<(Sid, Option<String>)>, DbError> {
    let rows = q(
        "SELECT sid, upstream_sid FROM sessions WHERE tenant_id = $1 AND upstream_id = $2 \
         AND upstream_sub = $3 AND ended_at IS NULL",
    )
    .bind(tenant.as_str())
    .bind(upstream.as_str())
    .bind(subject)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| Ok((Sid(row.get("sid")?), row.maybe("upstream_sid")?)))
        .collect()
}

/// Whose sessions at an upstream.
#[derive(Debug, Clone)]
pub enum Begun<'a> {
    /// Those of one subject.
    BySubject {
        /// Which.
        subject: &'a str,
        /// But those of this session there.
        but: Option<&'a str>,
    },
    /// Those of one session there.
    InSession(&'a str),
}

/// Live sessions that hang on something of an upstream and were begun until an instant.
pub async fn begun_until(
    on: impl On,
    tenant: &TenantId,
    upstream: &UpstreamId,
    begun: Begun<'_>,
    until: i64,
) -> Result<Vec<Sid>, DbError> {
    let (clause, one, two) = match begun {
        Begun::BySubject { subject, but } => (
            "upstream_sub = $4 AND ($5 = '' OR COALESCE(upstream_sid, '') <> $5)",
            subject,
            but.unwrap_or_default(),
        ),
        Begun::InSession(sid) => ("upstream_sid = $4 AND $5 = ''", sid, ""),
    };
    let sql = format!(
        "SELECT sid FROM sessions WHERE tenant_id = $1 AND upstream_id = $2 AND created_at <= $3 \
         AND {clause} AND ended_at IS NULL"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(upstream.as_str())
        .bind(until)
        .bind(one)
        .bind(two)
        .all(on)
        .await?;
    rows.iter().map(|row| Ok(Sid(row.get("sid")?))).collect()
}

/// When a session that hung on this one of an upstream was last ended, if any was.
pub async fn upstream_ended_at(
    on: impl On,
    tenant: &TenantId,
    upstream: &UpstreamId,
    sid: &str,
) -> Result<Option<i64>, DbError> {
    let row = q(
        "SELECT MAX(ended_at) AS ended_at FROM sessions WHERE tenant_id = $1 \
         AND upstream_id = $2 AND upstream_sid = $3",
    )
    .bind(tenant.as_str())
    .bind(upstream.as_str())
    .bind(sid)
    .optional(on)
    .await?;
    row.map_or(Ok(None), |row| row.maybe("ended_at"))
}

/// Whether a person has ever signed in.
pub async fn any_of_user(on: impl On, tenant: &TenantId, user: &UserId) -> Result<bool, DbError> {
    let row = q("SELECT sid FROM sessions WHERE tenant_id = $1 AND user_id = $2 LIMIT 1")
        .bind(tenant.as_str())
        .bind(user.as_str())
        .optional(on)
        .await?;
    Ok(row.is_some())
}

/// Moves `last_seen_at` forward, never back and never on an ended session.
pub async fn touch(tx: &mut Tx, seen: &[(TenantId, Sid, i64)]) -> Result<(), DbError> {
    for (tenant, sid, at) in seen {
        q(
            "UPDATE sessions SET last_seen_at = $1 WHERE tenant_id = $2 AND sid = $3 \
           AND last_seen_at < $1 AND ended_at IS NULL",
        )
        .bind(*at)
        .bind(tenant.as_str())
        .bind(sid.as_str())
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// How many sessions live at an instant.
pub async fn count_live(on: impl On, now: i64) -> Result<i64, DbError> {
    q("SELECT COUNT(*) AS n FROM sessions WHERE ended_at IS NULL AND expires_at > $1")
        .bind(now)
        .one(on)
        .await?
        .get("n")
}

fn from_row(row: &Row) -> Result<Session, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("sessions.{what} is garbled"));
    let acr: String = row.get("acr")?;
    let amr: String = row.get("amr")?;
    let upstream = match (row.maybe("upstream_id")?, row.maybe("upstream_sub")?) {
        (Some(id), Some(subject)) => Some(SessionUpstream {
            id: UpstreamId(id),
            slug: row.maybe("upstream_slug")?.unwrap_or_default(),
            subject,
            sid: row.maybe("upstream_sid")?,
            within: row.maybe("within_id")?.map(OrgId),
        }),
        _ => None,
    };
    Ok(Session {
        sid: Sid(row.get("sid")?),
        tenant: TenantId(row.get("tenant_id")?),
        user: UserId(row.get("user_id")?),
        org: row.maybe("org_id")?.map(OrgId),
        acr: Acr::parse(&acr).ok_or_else(|| garbled("acr"))?,
        amr: amr.split_ascii_whitespace().map(str::to_owned).collect(),
        auth_time: row.get("auth_time")?,
        upstream,
        device: row.maybe("device_id")?.map(DeviceId),
        app: match row.maybe("app_id")? {
            Some(id) => Some(SessionApp {
                id: AppId(id),
                name: row.maybe("app_name")?.unwrap_or_default(),
            }),
            None => None,
        },
        ip: row.get("ip")?,
        user_agent: row.get("user_agent")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        idle_ms: row.get("idle_ms")?,
        expires_at: row.get("expires_at")?,
        checked_at: row.maybe("checked_at")?,
    })
}
