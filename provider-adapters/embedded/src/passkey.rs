//! Rows of `embedded_passkeys`.

use laneway_contract::{Credential, MethodKind};
use laneway_sqlkit::{Db, DbError, On, Tx, q};
use webauthn_rs::prelude::Passkey;

use crate::fault::Fault;

/// A passkey with what decides whether it may be used.
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) rp_id: String,
    pub(crate) passkey: Passkey,
    pub(crate) sign_count: i64,
}

/// A row to write.
pub(crate) struct New<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) id: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) rp_id: &'a str,
    pub(crate) passkey: &'a Passkey,
    pub(crate) label: &'a str,
    pub(crate) now_ms: i64,
}

/// Adds it; false if somebody in the tenant has this credential id already.
pub(crate) async fn insert(tx: &mut Tx, new: New<'_>) -> Result<bool, Fault> {
    let touched = q("INSERT INTO embedded_passkeys \
                     (tenant_id, id, subject, credential_id, rp_id, passkey, sign_count, label, \
                      created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8) \
                     ON CONFLICT (tenant_id, credential_id) DO NOTHING")
    .bind(new.tenant_id)
    .bind(new.id)
    .bind(new.subject)
    .bind(new.passkey.cred_id().as_slice())
    .bind(new.rp_id)
    .bind(serde_json::to_string(new.passkey)?)
    .bind(new.label)
    .bind(new.now_ms)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

pub(crate) async fn by_credential_id(
    db: &Db,
    tenant_id: &str,
    credential_id: &[u8],
) -> Result<Option<Stored>, Fault> {
    let row = q(
        "SELECT id, subject, rp_id, passkey, sign_count FROM embedded_passkeys \
                 WHERE tenant_id = $1 AND credential_id = $2",
    )
    .bind(tenant_id)
    .bind(credential_id)
    .optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Stored {
        id: row.get("id")?,
        subject: row.get("subject")?,
        rp_id: row.get("rp_id")?,
        passkey: serde_json::from_str(&row.get::<String>("passkey")?)?,
        sign_count: row.get("sign_count")?,
    }))
}

/// The credential ids of a person at one relying party.
pub(crate) async fn ids_of(
    db: &Db,
    tenant_id: &str,
    subject: &str,
    rp_id: &str,
) -> Result<Vec<Vec<u8>>, DbError> {
    let rows = q("SELECT credential_id FROM embedded_passkeys \
                  WHERE tenant_id = $1 AND subject = $2 AND rp_id = $3 ORDER BY id")
    .bind(tenant_id)
    .bind(subject)
    .bind(rp_id)
    .all(db)
    .await?;
    rows.iter().map(|row| row.get("credential_id")).collect()
}

/// Stores what an assertion changed. False if the counter is no longer the one that the
/// assertion was judged by: another one came in between, or the passkey is gone.
pub(crate) async fn used(
    tx: &mut Tx,
    tenant_id: &str,
    judged: &Stored,
    sign_count: i64,
    now_ms: i64,
) -> Result<bool, Fault> {
    let touched = q("UPDATE embedded_passkeys \
                     SET passkey = $4, sign_count = $5, last_used_at = $6 \
                     WHERE tenant_id = $1 AND id = $2 AND sign_count = $3")
    .bind(tenant_id)
    .bind(&judged.id)
    .bind(judged.sign_count)
    .bind(serde_json::to_string(&judged.passkey)?)
    .bind(sign_count)
    .bind(now_ms)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

pub(crate) async fn list(
    db: &Db,
    tenant_id: &str,
    subject: &str,
) -> Result<Vec<Credential>, DbError> {
    let rows = q(
        "SELECT id, label, created_at, last_used_at FROM embedded_passkeys \
                  WHERE tenant_id = $1 AND subject = $2 ORDER BY created_at, id",
    )
    .bind(tenant_id)
    .bind(subject)
    .all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Credential {
                id: row.get("id")?,
                kind: MethodKind::Passkey,
                label: row.get("label")?,
                created_at_ms: row.get("created_at")?,
                last_used_at_ms: row.maybe("last_used_at")?,
                remaining: None,
            })
        })
        .collect()
}

/// Removes one; false if this person has none of that id.
pub(crate) async fn remove(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    id: &str,
) -> Result<bool, DbError> {
    let touched = q("DELETE FROM embedded_passkeys \
                     WHERE tenant_id = $1 AND subject = $2 AND id = $3")
    .bind(tenant_id)
    .bind(subject)
    .bind(id)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// How many passkeys there are per relying-party id.
pub(crate) async fn count_by_rp(
    on: impl On,
    tenant_id: &str,
) -> Result<Vec<(String, i64)>, DbError> {
    let rows = q("SELECT rp_id, COUNT(*) AS n FROM embedded_passkeys \
                  WHERE tenant_id = $1 GROUP BY rp_id ORDER BY rp_id")
    .bind(tenant_id)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| Ok((row.get("rp_id")?, row.get("n")?)))
        .collect()
}
