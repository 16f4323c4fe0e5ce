//! This installation: its id and the proof that the master key is the right one.

use laneway_sqlkit::{Db, DbError, Tx, q};

/// Id and sealed key check.
pub async fn find(db: &Db) -> Result<Option<(String, Vec<u8>)>, DbError> {
    let row = q("SELECT id, key_check FROM installation WHERE one = 1")
        .optional(db)
        .await?;
    row.map(|row| Ok((row.get("id")?, row.get("key_check")?)))
        .transpose()
}

/// Writes the row unless another node was first.
pub async fn create(tx: &mut Tx, id: &str, key_check: Vec<u8>, now: i64) -> Result<(), DbError> {
    q(
        "INSERT INTO installation (one, id, key_check, created_at) VALUES (1, $1, $2, $3) \
       ON CONFLICT (one) DO NOTHING",
    )
    .bind(id)
    .bind(key_check)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// The sealed keys that fingerprint codes; `None` until they are written.
pub async fn code_keys(db: &Db) -> Result<Option<Vec<u8>>, DbError> {
    let row = q("SELECT code_keys FROM installation WHERE one = 1")
        .one(db)
        .await?;
    row.get("code_keys")
}

/// Writes them unless another node was first.
pub async fn keep_code_keys(db: &Db, sealed: Vec<u8>) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    q("UPDATE installation SET code_keys = $1 WHERE one = 1 AND code_keys IS NULL")
        .bind(sealed)
        .run(&mut tx)
        .await?;
    tx.commit().await
}
