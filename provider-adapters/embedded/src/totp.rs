//! Rows of `embedded_totp`, and the arithmetic of RFC 6238.

use laneway_contract::ProviderError;
use laneway_sqlkit::{DbError, On, Tx, q};
use totp_rs::{Builder, Secret, Totp};

use crate::fault::Fault;

/// Bytes of a new secret (RFC 4226 §4 recommends 160 bits).
pub(crate) const SECRET_BYTES: usize = 20;
/// Steps that a clock may be off, either way.
const DRIFT: u16 = 1;

/// An authenticator with its sealed secret.
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) label: String,
    pub(crate) created_at: i64,
    pub(crate) last_used_at: Option<i64>,
}

/// A row to write.
pub(crate) struct New<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) id: &'a str,
    pub(crate) secret: &'a [u8],
    pub(crate) label: &'a str,
    pub(crate) step: i64,
    pub(crate) now_ms: i64,
}

/// The authenticator of a secret; names only matter for the address.
pub(crate) fn authenticator(secret: &[u8], issuer: &str, account: &str) -> Result<Totp, Fault> {
    // Neither may hold the colon that separates them.
    let tidy = |text: &str| text.replace(':', " ").trim().to_owned();
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_skew(DRIFT)
        .with_issuer(Some(tidy(issuer)))
        .with_account_name(tidy(account))
        .build()
        .map_err(|error| Fault::Provider(ProviderError::InvalidResponse(error.to_string())))
}

/// The step that a code stands for, if it is one of those that count now.
pub(crate) fn step(secret: &[u8], code: &str, now_ms: i64) -> Result<Option<i64>, Fault> {
    let seconds = u64::try_from(now_ms / 1000).unwrap_or_default();
    let step = authenticator(secret, "", "x")?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

pub(crate) async fn find(
    on: impl On,
    tenant_id: &str,
    subject: &str,
) -> Result<Option<Stored>, DbError> {
    let row = q(
        "SELECT id, secret, label, created_at, last_used_at FROM embedded_totp \
                 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant_id)
    .bind(subject)
    .optional(on)
    .await?;
    row.map(|row| {
        Ok(Stored {
            id: row.get("id")?,
            secret: row.get("secret")?,
            label: row.get("label")?,
            created_at: row.get("created_at")?,
            last_used_at: row.maybe("last_used_at")?,
        })
    })
    .transpose()
}

/// Adds it; false if the person has one.
pub(crate) async fn insert(tx: &mut Tx, new: New<'_>) -> Result<bool, DbError> {
    let touched = q("INSERT INTO embedded_totp \
                     (tenant_id, subject, id, secret, label, last_step, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) \
                     ON CONFLICT (tenant_id, subject) DO NOTHING")
    .bind(new.tenant_id)
    .bind(new.subject)
    .bind(new.id)
    .bind(new.secret)
    .bind(new.label)
    .bind(new.step)
    .bind(new.now_ms)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Spends a step and all before it. True for exactly one of many that bring the same code
/// (RFC 6238 §5.2).
pub(crate) async fn spend(
    tx: &mut Tx,
    tenant_id: &str,
    judged: &Stored,
    subject: &str,
    step: i64,
    now_ms: i64,
) -> Result<bool, DbError> {
    let row = q(
        "UPDATE embedded_totp SET last_step = $4, last_used_at = $5 \
                 WHERE tenant_id = $1 AND subject = $2 AND id = $3 AND last_step < $4 \
                 RETURNING id",
    )
    .bind(tenant_id)
    .bind(subject)
    .bind(&judged.id)
    .bind(step)
    .bind(now_ms)
    .optional(tx)
    .await?;
    Ok(row.is_some())
}

/// Removes it; false if this person has none of that id.
pub(crate) async fn remove(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    id: &str,
) -> Result<bool, DbError> {
    let touched = q("DELETE FROM embedded_totp WHERE tenant_id = $1 AND subject = $2 AND id = $3")
        .bind(tenant_id)
        .bind(subject)
        .bind(id)
        .run(tx)
        .await?;
    Ok(touched == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1.
    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc_with_one_step_of_drift() {
        let at = |code: &str, seconds: i64| step(SEED, code, seconds * 1000).unwrap();
        assert_eq!(at("287082", 59), Some(1));
        assert_eq!(at("081804", 1_111_111_109), Some(37_037_036));
        assert_eq!(at("287082", 59 + 30), Some(1));
        assert_eq!(at("287082", 29), Some(1));
        assert_eq!(at("287082", 59 + 60), None);
        for garbage in ["", "287083", "28708", "2870820", "abcdef", "٢٨٧٠٨٢"] {
            assert_eq!(at(garbage, 59), None, "{garbage}");
        }
    }

    #[test]
    fn names_with_colons_make_an_address() {
        let url = authenticator(SEED, "Acme: x", "a:b@c.test")
            .unwrap()
            .to_url()
            .unwrap();
        assert!(url.starts_with("otpauth://totp/Acme%20"), "{url}");
        assert!(
            url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "{url}"
        );
    }
}
