//! Sign-ins of devices: asked for, entered, allowed and consumed, each by one conditional
//! statement.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{AppId, OrgId, Sid, TenantId, UserId};

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has answered.
    Pending,
    /// Somebody said yes.
    Allowed,
    /// Somebody said no.
    Refused,
    /// The device has its tokens.
    Used,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Used => "used",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Allowed, Self::Refused, Self::Used];
        all.into_iter().find(|state| state.as_str() == text)
    }
}

/// A grant, without its codes.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Whose device.
    pub app: AppId,
    /// What was asked, as JSON.
    pub details: String,
    /// From where it was asked.
    pub ip: String,
    /// How far it has come.
    pub state: State,
    /// The session that entered the code.
    pub entered: Option<Sid>,
    /// Who said yes.
    pub user: Option<UserId>,
    /// In which organization.
    pub org: Option<OrgId>,
    /// How long the device has to wait between two questions, ms.
    pub interval_ms: i64,
    /// Epoch ms of its last question.
    pub polled_at: Option<i64>,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
}

const COLUMNS: &str = "app_id, details, ip, state, entered_sid, user_id, org_id, interval_ms, \
    polled_at, created_at, expires_at";

/// Inserts; false when the code that people type is taken.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    (hash, user_code): (&[u8], &[u8]),
    grant: &Grant,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO device_grants (hash, tenant_id, app_id, user_code, details, ip, state, \
         entries, interval_ms, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10) \
         ON CONFLICT (tenant_id, user_code) DO NOTHING",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(grant.app.as_str())
    .bind(user_code)
    .bind(&grant.details)
    .bind(&grant.ip)
    .bind(grant.state.as_str())
    .bind(grant.interval_ms)
    .bind(grant.created_at)
    .bind(grant.expires_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The grant of a device, whatever became of it.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    app: &AppId,
    hash: &[u8],
) -> Result<Option<Grant>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM device_grants WHERE hash = $1 AND tenant_id = $2 AND app_id = $3"
    );
    let row = q_dynamic(sql)
        .bind(hash)
        .bind(tenant.as_str())
        .bind(app.as_str())
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Somebody types a code. The first session that does is the one that may answer; each entry
/// counts, whoever's it is, and a code that took too many is dead.
pub async fn enter(
    tx: &mut Tx,
    tenant: &TenantId,
    user_code: &[u8],
    sid: &Sid,
    (most, now): (i64, i64),
) -> Result<Option<Grant>, DbError> {
    let sql = format!(
        "UPDATE device_grants SET entries = entries + 1, entered_sid = COALESCE(entered_sid, $1) \
         WHERE tenant_id = $2 AND user_code = $3 AND state = 'pending' AND expires_at > $4 \
         AND entries < $5 RETURNING {COLUMNS}"
    );
    let row = q_dynamic(sql)
        .bind(sid.as_str())
        .bind(tenant.as_str())
        .bind(user_code)
        .bind(now)
        .bind(most)
        .optional(tx)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// What a session entered and has not answered.
pub async fn entered(
    on: impl On,
    tenant: &TenantId,
    user_code: &[u8],
    sid: &Sid,
    now: i64,
) -> Result<Option<Grant>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM device_grants WHERE tenant_id = $1 AND user_code = $2 \
         AND entered_sid = $3 AND state = 'pending' AND expires_at > $4"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(user_code)
        .bind(sid.as_str())
        .bind(now)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The session that entered a code answers; false when it is over or answered.
pub async fn answer(
    tx: &mut Tx,
    tenant: &TenantId,
    (user_code, sid): (&[u8], &Sid),
    (state, user, org): (State, &UserId, Option<&OrgId>),
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE device_grants SET state = $1, user_id = $2, org_id = $3 WHERE tenant_id = $4 \
         AND user_code = $5 AND entered_sid = $6 AND state = 'pending' AND expires_at > $7",
    )
    .bind(state.as_str())
    .bind(user.as_str())
    .bind(org.map(OrgId::as_str))
    .bind(tenant.as_str())
    .bind(user_code)
    .bind(sid.as_str())
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Notes a question of a device, and how long it has to wait for the next.
pub async fn polled(
    tx: &mut Tx,
    tenant: &TenantId,
    hash: &[u8],
    interval_ms: i64,
    now: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE device_grants SET polled_at = $1, interval_ms = $2 WHERE hash = $3 \
       AND tenant_id = $4 AND state = 'pending'",
    )
    .bind(now)
    .bind(interval_ms)
    .bind(hash)
    .bind(tenant.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// Consumes an allowed grant of an app; of many callers exactly one does.
pub async fn consume(
    tx: &mut Tx,
    tenant: &TenantId,
    app: &AppId,
    hash: &[u8],
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE device_grants SET state = 'used' WHERE hash = $1 AND tenant_id = $2 \
         AND app_id = $3 AND state = 'allowed' AND expires_at > $4",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(app.as_str())
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Forgets those that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM device_grants WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<Grant, DbError> {
    let state: String = row.get("state")?;
    let garbled = || DbError::Broken("device_grants.state is garbled".into());
    Ok(Grant {
        app: AppId(row.get("app_id")?),
        details: row.get("details")?,
        ip: row.get("ip")?,
        state: State::parse(&state).ok_or_else(garbled)?,
        entered: row.maybe("entered_sid")?.map(Sid),
        user: row.maybe("user_id")?.map(UserId),
        org: row.maybe("org_id")?.map(OrgId),
        interval_ms: row.get("interval_ms")?,
        polled_at: row.maybe("polled_at")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}
