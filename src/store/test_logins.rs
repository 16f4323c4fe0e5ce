//! Test logins of connections: what is remembered for the way back, and the trace.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{ConnectionId, TenantId};

/// How far a test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestState {
    /// Nobody has come back from the provider.
    Waiting,
    /// Whoever signed in could come in.
    Passed,
    /// Not.
    Failed,
}

impl TestState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "waiting" => Self::Waiting,
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

/// One test login.
#[derive(Debug, Clone)]
pub struct TestLogin {
    /// Id.
    pub id: String,
    /// Of which connection.
    pub connection: ConnectionId,
    /// Of which of its revisions.
    pub revision: i64,
    /// That revision's hash.
    pub hash: String,
    /// How far it is.
    pub state: TestState,
    /// Hash of the flow cookie of the browser that began it.
    pub browser: Option<Vec<u8>>,
    /// Sealed: what the adapter remembers.
    pub pending: Option<Vec<u8>>,
    /// Sealed: an answer that came by a cross-site POST.
    pub answer: Option<Vec<u8>>,
    /// Sealed: what came of it.
    pub trace: Option<Vec<u8>>,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub finished_at: Option<i64>,
    /// Epoch ms.
    pub expires_at: i64,
}

const COLUMNS: &str = "id, connection_id, revision, hash, state, browser, pending, answer, trace, \
                       created_at, finished_at, expires_at";

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    one: &TestLogin,
    token_hash: &[u8],
) -> Result<(), DbError> {
    q(
        "INSERT INTO test_logins (id, tenant_id, connection_id, revision, hash, token_hash, \
         state, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&one.id)
    .bind(tenant.as_str())
    .bind(one.connection.as_str())
    .bind(one.revision)
    .bind(&one.hash)
    .bind(token_hash)
    .bind(one.state.as_str())
    .bind(one.created_at)
    .bind(one.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// By id.
pub async fn find(on: impl On, tenant: &TenantId, id: &str) -> Result<Option<TestLogin>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM test_logins WHERE tenant_id = $1 AND id = $2");
    let query = q_dynamic(sql).bind(tenant.as_str()).bind(id);
    query.optional(on).await?.as_ref().map(from_row).transpose()
}

/// By the value of its link.
pub async fn find_by_hash(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
) -> Result<Option<TestLogin>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM test_logins WHERE tenant_id = $1 AND token_hash = $2");
    let query = q_dynamic(sql).bind(tenant.as_str()).bind(hash);
    query.optional(on).await?.as_ref().map(from_row).transpose()
}

/// A page of a connection's tests, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    connection: &ConnectionId,
    before: &str,
    limit: i64,
) -> Result<Vec<TestLogin>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM test_logins WHERE tenant_id = $1 AND connection_id = $2 \
         AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(connection.as_str())
        .bind(before)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// A browser begins it, or begins it again. `Ok(false)`: it is over.
pub async fn begin(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    browser: &[u8],
    pending: Vec<u8>,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE test_logins SET browser = $1, pending = $2, answer = NULL, started_at = $3 \
         WHERE tenant_id = $4 AND id = $5 AND state = 'waiting' AND expires_at > $3",
    )
    .bind(browser)
    .bind(pending)
    .bind(now)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Keeps the answer of a cross-site POST. `Ok(false)`: nothing waits, or one is kept.
pub async fn keep_answer(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    answer: Vec<u8>,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE test_logins SET answer = $1 WHERE tenant_id = $2 AND id = $3 \
         AND state = 'waiting' AND pending IS NOT NULL AND answer IS NULL AND expires_at > $4",
    )
    .bind(answer)
    .bind(tenant.as_str())
    .bind(id)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Claims the way back: of many copies of one answer one is judged.
pub async fn claim(tx: &mut Tx, tenant: &TenantId, id: &str, now: i64) -> Result<bool, DbError> {
    let count = q(
        "UPDATE test_logins SET pending = NULL WHERE tenant_id = $1 AND id = $2 \
         AND state = 'waiting' AND pending IS NOT NULL AND expires_at > $3",
    )
    .bind(tenant.as_str())
    .bind(id)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Notes what came of it.
pub async fn finish(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    state: TestState,
    trace: Vec<u8>,
    now: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE test_logins SET state = $1, trace = $2, answer = NULL, finished_at = $3 \
         WHERE tenant_id = $4 AND id = $5 AND state = 'waiting'",
    )
    .bind(state.as_str())
    .bind(trace)
    .bind(now)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(())
}

/// Deletes those that ended or were forgotten before an instant.
pub async fn delete_old(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM test_logins WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<TestLogin, DbError> {
    let state: String = row.get("state")?;
    Ok(TestLogin {
        id: row.get("id")?,
        connection: ConnectionId(row.get("connection_id")?),
        revision: row.get("revision")?,
        hash: row.get("hash")?,
        state: TestState::parse(&state)
            .ok_or_else(|| DbError::Broken("test_logins.state is garbled".into()))?,
        browser: row.maybe("browser")?,
        pending: row.maybe("pending")?,
        answer: row.maybe("answer")?,
        trace: row.maybe("trace")?,
        created_at: row.get("created_at")?,
        finished_at: row.maybe("finished_at")?,
        expires_at: row.get("expires_at")?,
    })
}
