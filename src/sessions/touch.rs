//! Uses of sessions and of API tokens, noted in memory and written in batches.

use std::collections::HashMap;
use std::sync::Mutex;

use laneway_sqlkit::{Db, DbError};

use crate::domain::{Sid, TenantId};
use crate::store::api_tokens::{self, Uses};
use crate::store::sessions;

#[derive(Default)]
pub(super) struct Touches {
    pending: Mutex<HashMap<Sid, (TenantId, i64)>>,
    tokens: Mutex<HashMap<String, Uses>>,
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

    /// One more use of a token.
    pub(super) fn note_token(&self, id: &str, at: i64, ip: &str) {
        if let Ok(mut tokens) = self.tokens.lock() {
            let new = Uses {
                id: id.to_owned(),
                count: 0,
                at,
                ip: ip.to_owned(),
            };
            let uses = tokens.entry(new.id.clone()).or_insert(new);
            uses.count += 1;
            uses.at = at;
            if uses.ip != ip {
                ip.clone_into(&mut uses.ip);
            }
        }
    }

    pub(super) async fn flush(&self, db: &Db) -> Result<(), DbError> {
        self.flush_sessions(db).await?;
        self.flush_tokens(db).await
    }

    async fn flush_tokens(&self, db: &Db) -> Result<(), DbError> {
        let mut batch: Vec<Uses> = match self.tokens.lock() {
            Ok(mut tokens) => tokens.drain().map(|(_, uses)| uses).collect(),
            Err(_) => return Ok(()),
        };
        if batch.is_empty() {
            return Ok(());
        }
        batch.sort_by(|a, b| a.id.cmp(&b.id));
        let written = async {
            let mut tx = db.begin().await?;
            api_tokens::touch(&mut tx, &batch).await?;
            tx.commit().await
        };
        let outcome = written.await;
        if outcome.is_err() {
            self.put_back(batch);
        }
        outcome
    }

    /// What could not be written counts at the next try.
    fn put_back(&self, batch: Vec<Uses>) {
        let Ok(mut tokens) = self.tokens.lock() else {
            return;
        };
        for old in batch {
            match tokens.get_mut(&old.id) {
                Some(uses) => uses.count += old.count,
                None => {
                    tokens.insert(old.id.clone(), old);
                }
            }
        }
    }

    async fn flush_sessions(&self, db: &Db) -> Result<(), DbError> {
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
