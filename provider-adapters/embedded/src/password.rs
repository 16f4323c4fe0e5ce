//! Rows of `embedded_passwords`.

use laneway_sqlkit::{Db, DbError, On, Tx, q};

/// A password with whom it lets in.
pub(crate) struct Stored {
    pub(crate) subject: String,
    pub(crate) hash: String,
    pub(crate) alone: bool,
    /// Set for one that was hashed elsewhere: what verifying it costs.
    pub(crate) likeness: Option<String>,
}

/// Of how many kinds of imported hashes every sign-in does the work. A kind beyond them is told
/// apart by time.
const MOST_LIKENESSES: i64 = 4;

/// The password behind a login name; one read, whether or not there is anybody.
pub(crate) async fn by_login_name(
    db: &Db,
    tenant_id: &str,
    login_name: &str,
) -> Result<Option<Stored>, DbError> {
    let row = q(
        "SELECT p.subject, p.hash, p.alone, p.likeness FROM embedded_passwords p \
                 JOIN embedded_accounts a ON a.tenant_id = p.tenant_id AND a.subject = p.subject \
                 WHERE a.tenant_id = $1 AND a.login_name = $2",
    )
    .bind(tenant_id)
    .bind(login_name)
    .optional(db)
    .await?;
    row.map(|row| read(&row)).transpose()
}

pub(crate) async fn by_subject(
    on: impl On,
    tenant_id: &str,
    subject: &str,
) -> Result<Option<Stored>, DbError> {
    let row = q(
        "SELECT subject, hash, alone, likeness FROM embedded_passwords \
                 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant_id)
    .bind(subject)
    .optional(on)
    .await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &laneway_sqlkit::Row) -> Result<Stored, DbError> {
    Ok(Stored {
        subject: row.get("subject")?,
        hash: row.get("hash")?,
        alone: row.get("alone")?,
        likeness: row.maybe("likeness")?,
    })
}

/// When it was changed and used, for a settings page.
pub(crate) async fn dates(
    db: &Db,
    tenant_id: &str,
    subject: &str,
) -> Result<Option<(i64, Option<i64>)>, DbError> {
    let row = q("SELECT changed_at, last_used_at FROM embedded_passwords \
                 WHERE tenant_id = $1 AND subject = $2")
    .bind(tenant_id)
    .bind(subject)
    .optional(db)
    .await?;
    row.map(|row| Ok((row.get("changed_at")?, row.maybe("last_used_at")?)))
        .transpose()
}

/// The kinds of imported hashes that somebody here still has.
pub(crate) async fn likenesses(db: &Db, tenant_id: &str) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT l.likeness FROM embedded_likenesses l WHERE l.tenant_id = $1 AND EXISTS \
         (SELECT 1 FROM embedded_passwords p \
          WHERE p.tenant_id = l.tenant_id AND p.likeness = l.likeness) \
         ORDER BY l.likeness LIMIT $2",
    )
    .bind(tenant_id)
    .bind(MOST_LIKENESSES)
    .all(db)
    .await?;
    rows.iter().map(|row| row.get("likeness")).collect()
}

/// Keeps one that was hashed elsewhere, for somebody who has none yet.
pub(crate) async fn put_foreign(
    tx: &mut Tx,
    tenant_id: &str,
    new: &Stored,
    now_ms: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO embedded_likenesses (tenant_id, likeness) VALUES ($1, $2) \
       ON CONFLICT DO NOTHING",
    )
    .bind(tenant_id)
    .bind(new.likeness.as_deref())
    .run(&mut *tx)
    .await?;
    q(
        "INSERT INTO embedded_passwords (tenant_id, subject, hash, alone, likeness, changed_at) \
       VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant_id)
    .bind(&new.subject)
    .bind(&new.hash)
    .bind(new.alone)
    .bind(new.likeness.as_deref())
    .bind(now_ms)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes a use and, where the cost has changed or it was hashed elsewhere, the new hash. False if the password is no
/// longer the one that was judged.
pub(crate) async fn used(
    tx: &mut Tx,
    tenant_id: &str,
    judged: &Stored,
    hash: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let touched = q(
        "UPDATE embedded_passwords SET hash = $4, likeness = NULL, last_used_at = $5 \
                     WHERE tenant_id = $1 AND subject = $2 AND hash = $3",
    )
    .bind(tenant_id)
    .bind(&judged.subject)
    .bind(&judged.hash)
    .bind(hash)
    .bind(now_ms)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Stores a new one. With `instead_of` only in place of exactly that one: of two changes
/// that know the same old password one wins.
pub(crate) async fn put(
    tx: &mut Tx,
    tenant_id: &str,
    new: &Stored,
    instead_of: Option<&str>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let statement = match instead_of {
        Some(old) => q(
            "UPDATE embedded_passwords SET hash = $3, alone = $4, likeness = NULL, changed_at = $5 \
                        WHERE tenant_id = $1 AND subject = $2 AND hash = $6",
        )
        .bind(tenant_id)
        .bind(&new.subject)
        .bind(&new.hash)
        .bind(new.alone)
        .bind(now_ms)
        .bind(old),
        None => q(
            "INSERT INTO embedded_passwords (tenant_id, subject, hash, alone, changed_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, subject) DO UPDATE \
                   SET hash = excluded.hash, alone = excluded.alone, likeness = NULL, \
                       changed_at = excluded.changed_at",
        )
        .bind(tenant_id)
        .bind(&new.subject)
        .bind(&new.hash)
        .bind(new.alone)
        .bind(now_ms),
    };
    Ok(statement.run(tx).await? == 1)
}
