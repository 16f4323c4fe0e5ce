//! Sealing anew: whatever was sealed with a master key from before is sealed with the current one.
//!
//! Owns: the list of all columns with sealed values. Their places are those that the rooms seal for.

use laneway_sqlkit::{Db, DbError, q_dynamic};

use super::seal::{Place, Sealer};

/// So many rows in one transaction: other writers wait for it.
const BATCH: i64 = 200;

/// A column with sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Table, also of the place.
    pub table: &'static str,
    /// Column, also of the place.
    pub column: &'static str,
    /// The place's tenant and row, as SQL.
    tenant: &'static str,
    row: &'static str,
}

const fn column(table: &'static str, column: &'static str, row: &'static str) -> Column {
    Column {
        table,
        column,
        tenant: "tenant_id",
        row,
    }
}

/// What is kept.
pub const KEPT: &[Column] = &[
    Column {
        tenant: "''",
        ..column("installation", "key_check", "'1'")
    },
    Column {
        tenant: "''",
        ..column("installation", "code_keys", "'1'")
    },
    column("upstreams", "secret", "id"),
    column("connection_revisions", "secret", "id"),
    column("signing_keys", "sealed", "id"),
    column("upstream_sessions", "sealed", "sid"),
    column("identity_links", "asserted", "id"),
    column("embedded_totp", "secret", "id"),
    column("outbox", "sealed", "id"),
    column("test_logins", "trace", "id"),
];

/// What is over within a day: it is not sealed anew, only waited for.
pub const PASSING: &[Column] = &[
    column("login_flows", "sealed", "id"),
    column("login_flows", "answer", "id"),
    column("one_time_secrets", "sealed", "purpose"),
    column("upstream_revocations", "sealed", "sid"),
    column("test_logins", "pending", "id"),
    column("test_logins", "answer", "id"),
];

/// What came of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Sealed anew.
    pub anew: u64,
    /// Opened by no key that is known.
    pub broken: u64,
}

/// How many values of a column another key than the current one has sealed.
///
/// # Errors
/// When the store cannot be read.
pub async fn waiting(db: &Db, sealer: &Sealer, of: &Column) -> Result<i64, DbError> {
    let Column { table, column, .. } = of;
    let sql = format!(
        "SELECT COUNT(*) AS n FROM {table} WHERE {column} IS NOT NULL AND substr({column}, 1, 5) <> $1"
    );
    let row = q_dynamic(sql).bind(sealer.mark().to_vec()).one(db).await?;
    row.get("n")
}

/// The same of all columns, also of those whose values pass by themselves.
///
/// # Errors
/// When the store cannot be read.
pub async fn all_waiting(db: &Db, sealer: &Sealer) -> Result<i64, DbError> {
    let mut left = 0;
    for of in KEPT.iter().chain(PASSING) {
        left += waiting(db, sealer, of).await?;
    }
    Ok(left)
}

/// Seals a column's values anew, so many at a time. What somebody writes meanwhile stays.
///
/// # Errors
/// When the store cannot be read or written; what was done until then is kept.
pub async fn run(db: &Db, sealer: &Sealer, of: &Column) -> Result<Resealed, DbError> {
    let mut done = Resealed::default();
    // Sealed values begin with a random part behind the key's mark, so they are an order without ties.
    let mut after = Vec::new();
    while let Some(last) = batch(db, sealer, of, (after, &mut done)).await? {
        after = last;
    }
    Ok(done)
}

async fn batch(
    db: &Db,
    sealer: &Sealer,
    of: &Column,
    (after, done): (Vec<u8>, &mut Resealed),
) -> Result<Option<Vec<u8>>, DbError> {
    let Column {
        table,
        column,
        tenant,
        row,
    } = of;
    let some = format!(
        "SELECT {tenant} AS tenant, {row} AS place, {column} AS sealed FROM {table} \
         WHERE {column} IS NOT NULL AND substr({column}, 1, 5) <> $1 AND {column} > $2 \
         ORDER BY {column} LIMIT {BATCH}"
    );
    let write = format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2");
    let mut tx = db.begin().await?;
    let rows = q_dynamic(some).bind(sealer.mark().to_vec()).bind(after);
    let rows = rows.all(&mut tx).await?;
    let mut last = None;
    for found in &rows {
        let (tenant, row): (String, String) = (found.get("tenant")?, found.get("place")?);
        let sealed: Vec<u8> = found.get("sealed")?;
        let place = Place {
            tenant: &tenant,
            table,
            column,
            row: &row,
        };
        match sealer.open(place, &sealed) {
            Ok(plain) => {
                let fresh = sealer.seal(place, &plain);
                let update = q_dynamic(write.clone()).bind(fresh);
                let count = update.bind(sealed.clone()).run(&mut tx);
                done.anew += count.await?;
            }
            Err(_) => done.broken += 1,
        }
        last = Some(sealed);
    }
    tx.commit().await?;
    Ok(last)
}
