//! Addresses that accounts are about to move to: one open question per session.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::{Email, Sid, TenantId, UserId};

/// An open question.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailChange {
    /// Whose address is to change.
    pub user: UserId,
    /// To what.
    pub email: String,
    /// MAC of the right code.
    pub answer_mac: Vec<u8>,
    /// Wrong answers.
    pub tries: i64,
    /// The newest code went out, epoch ms.
    pub sent_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
}

/// A code to write down.
pub struct NewCode<'a> {
    /// The session that asks.
    pub sid: &'a Sid,
    /// Its person.
    pub user: &'a UserId,
    /// The new address.
    pub email: &'a Email,
    /// MAC of the code, or random bytes where no code is right.
    pub answer_mac: &'a [u8],
    /// Epoch ms.
    pub now: i64,
    /// Epoch ms.
    pub expires_at: i64,
}

/// How often and how fast.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Between two codes to one address.
    pub resend_ms: i64,
    /// Codes to one address while the question is open.
    pub sends: i64,
    /// Wrong answers.
    pub tries: i64,
}

/// Writes a code. Another code to the same address keeps the count of wrong answers; too
/// early or too often it changes nothing: `Ok(false)`, and the code that is out stays good.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    code: &NewCode<'_>,
    bounds: Bounds,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO email_changes AS c (tenant_id, sid, user_id, email, answer_mac, \
                   tries, sends, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5, 0, 1, $6, $7) \
                   ON CONFLICT (tenant_id, sid) DO UPDATE SET \
                   tries = CASE WHEN c.email = $4 AND c.expires_at > $6 AND c.tries < $8 \
                           THEN c.tries ELSE 0 END, \
                   sends = CASE WHEN c.email = $4 AND c.expires_at > $6 AND c.tries < $8 \
                           THEN c.sends + 1 ELSE 1 END, \
                   email = $4, answer_mac = $5, sent_at = $6, expires_at = $7 \
                   WHERE NOT (c.email = $4 AND c.expires_at > $6 AND c.tries < $8 \
                              AND (c.sent_at > $9 OR c.sends >= $10))",
    )
    .bind(tenant.as_str())
    .bind(code.sid.as_str())
    .bind(code.user.as_str())
    .bind(code.email.as_str())
    .bind(code.answer_mac)
    .bind(code.now)
    .bind(code.expires_at)
    .bind(bounds.tries)
    .bind(code.now - bounds.resend_ms)
    .bind(bounds.sends)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The question that a session has open, if it can still be answered.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    sid: &Sid,
    tries: i64,
    now: i64,
) -> Result<Option<EmailChange>, DbError> {
    let row = q(
        "SELECT user_id, email, answer_mac, tries, sent_at, expires_at FROM email_changes \
         WHERE tenant_id = $1 AND sid = $2 AND tries < $3 AND expires_at > $4",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(tries)
    .bind(now)
    .optional(on)
    .await?;
    row.map(|row| {
        Ok(EmailChange {
            user: UserId(row.get("user_id")?),
            email: row.get("email")?,
            answer_mac: row.get("answer_mac")?,
            tries: row.get("tries")?,
            sent_at: row.get("sent_at")?,
            expires_at: row.get("expires_at")?,
        })
    })
    .transpose()
}

/// Counts a wrong answer. `Ok(false)`: the question was over before it could count.
pub async fn count_wrong(
    tx: &mut Tx,
    tenant: &TenantId,
    sid: &Sid,
    tries: i64,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE email_changes SET tries = tries + 1 WHERE tenant_id = $1 AND sid = $2 \
         AND tries < $3 AND expires_at > $4",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(tries)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Closes the question with the answer that was judged right; true for exactly one caller,
/// and for none once the code was replaced, too often missed or too old.
pub async fn consume(
    tx: &mut Tx,
    tenant: &TenantId,
    sid: &Sid,
    answer_mac: &[u8],
    tries: i64,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "DELETE FROM email_changes WHERE tenant_id = $1 AND sid = $2 AND answer_mac = $3 \
         AND tries < $4 AND expires_at > $5",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(answer_mac)
    .bind(tries)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Forgets a session's question.
pub async fn cancel(tx: &mut Tx, tenant: &TenantId, sid: &Sid) -> Result<(), DbError> {
    q("DELETE FROM email_changes WHERE tenant_id = $1 AND sid = $2")
        .bind(tenant.as_str())
        .bind(sid.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets questions that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM email_changes WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}
