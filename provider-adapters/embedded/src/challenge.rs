//! Rows of `embedded_challenges`: what was asked, how often it was answered wrongly, and
//! the one conditional UPDATE by which it is answered rightly.

use laneway_contract::Denial;
use laneway_sqlkit::{DbError, On, Tx, q};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use crate::account;
use crate::fault::Fault;
use crate::webauthn::Party;

/// How long an expired row stays, so that a late answer is told "expired" and not
/// "unknown" in the logs.
const KEEP_MS: i64 = 3_600_000;

/// What a challenge asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ceremony {
    /// The code that went to `address`; to nobody if that is empty.
    Code { who: Who, address: Option<String> },
    /// A passkey; with `subject` only one of theirs.
    Assertion {
        party: Party,
        subject: Option<String>,
        webauthn: Box<DiscoverableAuthentication>,
    },
    /// A new passkey for `subject`.
    Enrolment {
        party: Party,
        subject: String,
        webauthn: Box<PasskeyRegistration>,
    },
    /// A code from the app that was given this secret (sealed), for a new row of that id.
    Totp {
        subject: String,
        row: String,
        secret: Vec<u8>,
    },
}

/// Who a right code makes the person.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Who {
    /// This subject, whoever owns the typed name: the core said so.
    Subject(String),
    /// The owner of this login name.
    Owner(String),
    /// Whoever owns the login name by then, else a new account under `subject`.
    New { login_name: String, subject: String },
    /// Nobody; only goes through the motions.
    Nobody,
}

/// A row to write.
pub(crate) struct New<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) id: &'a str,
    pub(crate) subject: Option<&'a str>,
    pub(crate) ceremony: &'a Ceremony,
    pub(crate) answer_mac: &'a [u8],
    pub(crate) now_ms: i64,
    pub(crate) expires_at: i64,
}

/// A row as read.
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) answer_mac: Vec<u8>,
    pub(crate) sends: i64,
    pub(crate) sent_at: i64,
    tries: i64,
    expires_at: i64,
    consumed: bool,
}

impl Stored {
    /// Why no answer can be right any more, if so.
    pub(crate) fn closed(&self, max_tries: u32, now_ms: i64) -> Option<Denial> {
        if self.consumed || self.expires_at <= now_ms {
            Some(Denial::Expired)
        } else if self.tries >= i64::from(max_tries) {
            Some(Denial::TooManyTries)
        } else {
            None
        }
    }
}

pub(crate) async fn insert(tx: &mut Tx, new: New<'_>) -> Result<(), Fault> {
    q("INSERT INTO embedded_challenges \
       (tenant_id, id, subject, ceremony, answer_mac, tries, sends, sent_at, expires_at) \
       VALUES ($1, $2, $3, $4, $5, 0, 1, $6, $7)")
    .bind(new.tenant_id)
    .bind(new.id)
    .bind(new.subject)
    .bind(serde_json::to_string(new.ceremony)?)
    .bind(new.answer_mac)
    .bind(new.now_ms)
    .bind(new.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Reads a row and what it asks for.
pub(crate) async fn load(
    on: impl On,
    tenant_id: &str,
    id: &str,
) -> Result<Option<(Stored, Ceremony)>, Fault> {
    let row = q(
        "SELECT ceremony, answer_mac, tries, sends, sent_at, expires_at, consumed_at \
                 FROM embedded_challenges WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant_id)
    .bind(id)
    .optional(on)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let ceremony = serde_json::from_str(&row.get::<String>("ceremony")?)?;
    let stored = Stored {
        id: id.to_owned(),
        answer_mac: row.get("answer_mac")?,
        tries: row.get("tries")?,
        sends: row.get("sends")?,
        sent_at: row.get("sent_at")?,
        expires_at: row.get("expires_at")?,
        consumed: row.maybe::<i64>("consumed_at")?.is_some(),
    };
    Ok(Some((stored, ceremony)))
}

/// Closes the challenge with the answer that was judged right. True for exactly one
/// caller, and for none once the code was replaced, too often missed, expired or used.
pub(crate) async fn consume(
    tx: &mut Tx,
    tenant_id: &str,
    judged: &Stored,
    max_tries: u32,
    now_ms: i64,
) -> Result<bool, DbError> {
    let row = q("UPDATE embedded_challenges SET consumed_at = $5 \
                 WHERE tenant_id = $1 AND id = $2 AND answer_mac = $3 AND tries < $4 \
                   AND expires_at > $5 AND consumed_at IS NULL RETURNING id")
    .bind(tenant_id)
    .bind(&judged.id)
    .bind(judged.answer_mac.as_slice())
    .bind(i64::from(max_tries))
    .bind(now_ms)
    .optional(tx)
    .await?;
    Ok(row.is_some())
}

/// Counts a wrong answer. `None` if the challenge was closed before it could count.
pub(crate) async fn count_wrong(
    tx: &mut Tx,
    tenant_id: &str,
    id: &str,
    max_tries: u32,
    now_ms: i64,
) -> Result<Option<i64>, DbError> {
    let row = q("UPDATE embedded_challenges SET tries = tries + 1 \
                 WHERE tenant_id = $1 AND id = $2 AND tries < $3 \
                   AND expires_at > $4 AND consumed_at IS NULL RETURNING tries")
    .bind(tenant_id)
    .bind(id)
    .bind(i64::from(max_tries))
    .bind(now_ms)
    .optional(tx)
    .await?;
    row.map(|row| row.get("tries")).transpose()
}

/// A new code for an open challenge; the old one is void.
pub(crate) struct Replacement<'a> {
    pub(crate) answer_mac: &'a [u8],
    pub(crate) expires_at: i64,
    /// Only if the last one was sent at this instant or before.
    pub(crate) sent_before: i64,
    pub(crate) max_sends: i64,
    pub(crate) max_tries: u32,
    pub(crate) now_ms: i64,
}

/// True if the code was replaced; false if it is too early, too often or too late.
/// Wrong answers stay counted: another code is not another five guesses.
pub(crate) async fn replace_code(
    tx: &mut Tx,
    tenant_id: &str,
    id: &str,
    new: &Replacement<'_>,
) -> Result<bool, DbError> {
    let touched = q("UPDATE embedded_challenges \
                     SET answer_mac = $3, expires_at = $4, sent_at = $5, sends = sends + 1 \
                     WHERE tenant_id = $1 AND id = $2 AND consumed_at IS NULL \
                       AND expires_at > $5 AND sent_at <= $6 AND sends < $7 AND tries < $8")
    .bind(tenant_id)
    .bind(id)
    .bind(new.answer_mac)
    .bind(new.expires_at)
    .bind(new.now_ms)
    .bind(new.sent_before)
    .bind(new.max_sends)
    .bind(i64::from(new.max_tries))
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Removes rows that expired a while ago; they hold addresses, so they must not pile up.
pub(crate) async fn purge(tx: &mut Tx, tenant_id: &str, now_ms: i64) -> Result<(), DbError> {
    q("DELETE FROM embedded_challenges WHERE tenant_id = $1 AND expires_at < $2")
        .bind(tenant_id)
        .bind(now_ms - KEEP_MS)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes everything that was asked of a person who is being deleted or moves away, open or
/// over: rows that name them, and rows that name an address of theirs, which may have been
/// asked for before anybody knew by whom.
pub(crate) async fn delete_of(tx: &mut Tx, tenant_id: &str, subject: &str) -> Result<(), DbError> {
    q("DELETE FROM embedded_challenges WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant_id)
        .bind(subject)
        .run(&mut *tx)
        .await?;
    let account = account::by_subject(&mut *tx, tenant_id, subject).await?;
    let (login_name, email) = account.map_or((None, None), |a| (a.login_name, a.email));
    for text in [Some(subject.to_owned()), login_name, email]
        .into_iter()
        .flatten()
    {
        q("DELETE FROM embedded_challenges WHERE tenant_id = $1 \
           AND ceremony LIKE $2 ESCAPE '!'")
        .bind(tenant_id)
        .bind(holding(&text))
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// A pattern for JSON that holds this very string.
fn holding(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let mut pattern = String::from("%");
    for c in quoted.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern + "%"
}
