//! What every upper room is handed: configuration, store, seals, caches, adapters.
//!
//! Owns: how these parts are put together and brought up at start.
//! Must not know: flows, pages, routes.

mod authority;
mod documents;
mod section;
mod site;
mod start;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use laneway_contract::{Clock, Random};
use laneway_sqlkit::{Db, DbError};
use sha2::{Digest, Sha256};

use crate::audit::{self, Event, RequestMeta};
use crate::config::Config;
use crate::domain::{TenantId, api_token};
use crate::outbound::{Mailer, Names};
use crate::providers::Providers;
use crate::sessions::{InvalidationLog, Sessions};
use crate::store::Write;
use crate::store::seal::Sealer;
use crate::tokens::Keys;

pub use authority::{grants_of_linked, grants_of_people, operator_grants};
pub use documents::{Document, Documents};
pub use site::{Site, Tenants};
pub use start::{CoreOptions, OwnerLink, make_owner_link, open, open_store, url_host_key};

/// The running program, without its listeners.
pub struct Core {
    /// Checked configuration.
    pub config: Config,
    /// Store.
    pub db: Db,
    /// Seals and macs.
    pub sealer: Sealer,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Invalidation log of this node.
    pub log: Arc<InvalidationLog>,
    /// Live sessions.
    pub sessions: Arc<Sessions>,
    /// Signing keys.
    pub keys: Keys,
    /// Upstreams.
    pub providers: Providers,
    /// Hosts and tenants.
    pub tenants: Tenants,
    /// Mail.
    pub mailer: Mailer,
    /// What apps publish.
    pub documents: Documents,
    /// Name servers.
    pub names: Names,
    /// This process.
    pub node: Node,
}

/// One process among those that share a database.
pub struct Node {
    /// Another after each start.
    pub id: String,
    /// Machine and port, as operators know it.
    pub name: String,
    /// Epoch ms.
    pub started_at: i64,
}

/// A secret that exists in plain only while it is handed over.
pub struct PlainToken(String);

impl PlainToken {
    /// The value for its one receiver.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Core {
    /// Epoch ms.
    pub fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// A new `UUIDv7` in text form.
    pub fn new_id(&self) -> String {
        let mut random = [0u8; 10];
        self.random.fill(&mut random);
        let millis = u64::try_from(self.now()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .to_string()
    }

    /// A new 256-bit secret and the hash it is stored as.
    pub fn new_token(&self) -> (PlainToken, [u8; 32]) {
        let mut random = [0u8; 32];
        self.random.fill(&mut random);
        let plain = B64.encode(random);
        let hash = hash_token(&plain);
        (PlainToken(plain), hash)
    }

    /// A new API token and the hash it is stored as.
    pub fn new_api_token(&self, kind: api_token::Kind) -> (PlainToken, [u8; 32]) {
        let mut random = [0u8; 32];
        self.random.fill(&mut random);
        let plain = api_token::write(kind, random);
        let hash = hash_token(&plain);
        (PlainToken(plain), hash)
    }

    /// Begins a writing transaction at the current instant.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn begin(&self) -> Result<Write, DbError> {
        Write::begin(&self.db, self.now()).await
    }

    /// Commits, and forgets on this node at once what the transaction invalidated.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn commit(&self, write: Write) -> Result<(), DbError> {
        self.commit_numbered(write).await?;
        Ok(())
    }

    /// The same; the place in the log of what it changed, if anything.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn commit_numbered(&self, write: Write) -> Result<Option<i64>, DbError> {
        let rows = write.commit().await?;
        self.log.committed(&rows);
        Ok(rows.last().map(|row| row.seq))
    }

    /// Writes an audit event into a transaction.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn audit(
        &self,
        write: &mut Write,
        tenant: &TenantId,
        meta: &RequestMeta,
        event: Event,
    ) -> Result<(), DbError> {
        let now = write.now();
        audit::record(&mut write.tx, tenant, meta, self.new_id(), now, event).await
    }

    /// Writes an audit event that stands alone (a refusal changes nothing else). A store
    /// that is down must not turn a refusal into something else, so it is only logged.
    pub async fn audit_alone(&self, tenant: &TenantId, meta: &RequestMeta, event: Event) {
        let outcome = async {
            let mut write = self.begin().await?;
            self.audit(&mut write, tenant, meta, event).await?;
            self.commit(write).await
        };
        if let Err(error) = outcome.await {
            tracing::error!(%error, "an audit event could not be written");
        }
    }
}

/// The hash under which a bearer value is stored.
pub fn hash_token(plain: &str) -> [u8; 32] {
    Sha256::digest(plain.as_bytes()).into()
}
