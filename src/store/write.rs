//! A writing transaction that tells caches what it changed.

use laneway_sqlkit::{Db, DbError, Tx, q};

use super::invalidations::{Change, Invalidation, Scope};
use crate::domain::TenantId;

/// One transaction of the core. Invalidations are collected and numbered by the last
/// statements before the commit, so that their order is the commit order.
pub struct Write {
    /// For the statements of the store.
    pub tx: Tx,
    now: i64,
    pending: Vec<Pending>,
}

struct Pending {
    change: Change,
    scope: Scope,
    id: String,
    tenant: Option<TenantId>,
}

impl Write {
    /// Begins.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn begin(db: &Db, now: i64) -> Result<Self, DbError> {
        Ok(Self {
            tx: db.begin().await?,
            now,
            pending: Vec::new(),
        })
    }

    /// The instant of this transaction, epoch ms.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Notes that caches must forget something.
    pub fn invalidate(&mut self, change: Change, scope: Scope, id: &str) {
        self.pending.push(Pending {
            change,
            scope,
            id: id.to_owned(),
            tenant: None,
        });
    }

    /// The same of something that nobody finds again after this transaction, or that is no row
    /// by itself: whoever reads the log for a tenant is told whose it was.
    pub fn invalidate_in(&mut self, tenant: &TenantId, change: Change, scope: Scope, id: &str) {
        self.pending.push(Pending {
            change,
            scope,
            id: id.to_owned(),
            tenant: Some(tenant.clone()),
        });
    }

    /// Commits; answers the invalidations as numbered, for this node's own caches.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn commit(mut self) -> Result<Vec<Invalidation>, DbError> {
        let mut done = Vec::with_capacity(self.pending.len());
        for Pending {
            change,
            scope,
            id,
            tenant,
        } in std::mem::take(&mut self.pending)
        {
            // The counter row stays locked until the commit: a reader that sees number
            // N has seen everything below it.
            let row =
                q("UPDATE invalidation_counter SET seq = seq + 1 WHERE one = 1 RETURNING seq")
                    .one(&mut self.tx)
                    .await?;
            let seq: i64 = row.get("seq")?;
            q(
                "INSERT INTO invalidations (seq, kind, scope, id, at, tenant_id) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(seq)
            .bind(change.as_str())
            .bind(scope.as_str())
            .bind(&id)
            .bind(self.now)
            .bind(tenant.as_ref().map(TenantId::as_str))
            .run(&mut self.tx)
            .await?;
            done.push(Invalidation {
                seq,
                change,
                scope,
                id,
                at: self.now,
            });
        }
        self.tx.commit().await?;
        Ok(done)
    }
}
