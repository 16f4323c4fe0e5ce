//! Uses of sessions, noted in memory and written in batches.

use std::collections::HashMap;
use std::sync::Mutex;

use laneway_sqlkit::{Db, DbError};

use crate::domain::{Sid, TenantId};
use crate::store::sessions;

#[derive(Default)]
pub(super) struct Touches {
    pending: Mutex<HashMap<Sid, (TenantId, i64)>>,
}

impl Touches {
    pub(super) fn note(&self, tenant: &TenantId, sid: &Sid, at: i64) {
        if let Ok(mut pending) = self.pending.lock() {
            pending.insert(sid.clone(), (tenant.clone(), at));
        }
    }

    pub(super) fn last(&self, sid: &Sid) -> Option<i64> {
        self.pending.lock().ok()?.get(sid).map(|(_, at)| *at)
    }

    pub(super) async fn flush(&self, db: &Db) -> Result<(), DbError> {
        let mut batch: Vec<(TenantId, Sid, i64)> = match self.pending.lock() {
            Ok(pending) if !pending.is_empty() => pending
                .iter()
                .map(|(sid, (tenant, at))| (tenant.clone(), sid.clone(), *at))
                .collect(),
            _ => return Ok(()),
        };
        // One order on every node: two flushes must not wait for each other's rows.
        batch.sort_by(|a, b| a.1.cmp(&b.1));
        let mut tx = db.begin().await?;
        sessions::touch(&mut tx, &batch).await?;
        tx.commit().await?;
        if let Ok(mut pending) = self.pending.lock() {
            for (_, sid, at) in &batch {
                if pending.get(sid).is_some_and(|(_, noted)| noted == at) {
                    pending.remove(sid);
                }
            }
        }
        Ok(())
    }
}
