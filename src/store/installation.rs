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
