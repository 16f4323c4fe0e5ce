//! Signing keys of tenants: parsed once, published before use, kept until the last token
//! is gone.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use laneway_contract::Clock;
use laneway_sqlkit::{Db, Tx};
use moka::future::Cache;
use serde::Serialize;
use serde_json::{Value, json};

use super::pair::{Alg, Pair, Unusable};
use crate::domain::{Code, Problem, TenantId};
use crate::store::keys::{self as rows, KeyRow};
use crate::store::seal::{Place, Sealer};

/// How long a key set may be cached by others, ms; a new key is published this long
/// before it signs.
const PUBLISH_AHEAD_MS: i64 = 300_000;
/// The longest life of anything signed, plus clock skew, ms.
const LONGEST_TOKEN_MS: i64 = 16 * 60_000;

struct Signer {
    id: String,
    signs_from: i64,
    pair: Pair,
    public_jwk: Value,
}

/// The keys of all tenants, as this node has loaded them.
pub struct Keys {
    db: Db,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    loaded: Cache<TenantId, Arc<Vec<Signer>>>,
}

impl Keys {
    /// Loads lazily; a rotation that is not heard of is seen within ten seconds.
    pub fn new(db: Db, sealer: Sealer, clock: Arc<dyn Clock>) -> Self {
        let loaded = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(std::time::Duration::from_secs(10))
            .build();
        Self {
            db,
            sealer,
            clock,
            loaded,
        }
    }

    /// What makes this node read its keys again: a rotation was heard of.
    pub fn forgetter(&self) -> impl Fn() + Send + Sync + 'static {
        let loaded = self.loaded.clone();
        move || loaded.invalidate_all()
    }

    /// A signed compact JWS of `typ` over `claims`.
    ///
    /// # Errors
    /// `store_unavailable` when the keys have to be read and cannot be.
    pub async fn sign(
        &self,
        tenant: &TenantId,
        (alg, typ): (Alg, &str),
        claims: &impl Serialize,
    ) -> Result<String, Problem> {
        let keys = Box::pin(self.with(tenant, alg)).await?;
        let now = self.clock.now_ms();
        let fitting = || keys.iter().filter(|key| key.pair.alg() == alg);
        let key = fitting()
            .find(|key| key.signs_from <= now)
            .or_else(|| fitting().next_back())
            .ok_or_else(|| internal("no signing key"))?;
        let header = json!({"alg": alg.as_str(), "typ": typ, "kid": key.id});
        let claims = serde_json::to_vec(claims).map_err(internal)?;
        let text = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims));
        let signature = key.pair.sign(text.as_bytes()).map_err(unusable)?;
        Ok(format!("{text}.{}", B64.encode(signature)))
    }

    /// The public key set (RFC 7517 §5).
    ///
    /// # Errors
    /// `store_unavailable` when the keys have to be read and cannot be.
    pub async fn jwks(&self, tenant: &TenantId) -> Result<Value, Problem> {
        // Whoever reads the set finds in it what any token of the tenant is signed with.
        let keys = Box::pin(self.with(tenant, Alg::Rs256)).await?;
        let mut all: Vec<&Signer> = keys.iter().collect();
        all.sort_by_key(|key| key.pair.alg() == Alg::Rs256);
        let all: Vec<&Value> = all.into_iter().map(|key| &key.public_jwk).collect();
        Ok(json!({ "keys": all }))
    }

    /// Did a key of this kind that is published now sign a text?
    ///
    /// # Errors
    /// `store_unavailable` when the keys have to be read and cannot be.
    pub(super) async fn has_signed(
        &self,
        tenant: &TenantId,
        (alg, kid): (Alg, &str),
        text: &[u8],
        signature: &[u8],
    ) -> Result<bool, Problem> {
        let keys = Box::pin(self.load(tenant)).await?;
        let found = keys
            .iter()
            .find(|key| key.id == kid && key.pair.alg() == alg);
        Ok(found.is_some_and(|key| key.pair.has_signed(text, signature)))
    }

    /// The tenant's keys with one of this kind among them, made now if there is none.
    async fn with(&self, tenant: &TenantId, alg: Alg) -> Result<Arc<Vec<Signer>>, Problem> {
        let keys = Box::pin(self.load(tenant)).await?;
        if keys.iter().any(|key| key.pair.alg() == alg) {
            return Ok(keys);
        }
        // Made before the write lock is taken: it takes a while.
        let made = make(&self.sealer, tenant, alg, self.clock.now_ms())?;
        let mut tx = self.db.begin().await?;
        let now = self.clock.now_ms();
        let found = rows::published(&mut tx, tenant, now).await?;
        if !found.iter().any(|row| row.alg == alg.as_str()) {
            rows::create(&mut tx, tenant, &made, now).await?;
        }
        tx.commit().await?;
        self.loaded.invalidate(tenant).await;
        Box::pin(self.load(tenant)).await
    }

    async fn load(&self, tenant: &TenantId) -> Result<Arc<Vec<Signer>>, Problem> {
        let outcome = self.loaded.try_get_with(tenant.clone(), async {
            let now = self.clock.now_ms();
            let mut found = rows::published(&self.db, tenant, now).await?;
            if found.is_empty() {
                let mut tx = self.db.begin().await?;
                // Looked at again under the write lock: two nodes may start at once, and
                // then one key too many does no harm, but none would.
                found = rows::published(&mut tx, tenant, now).await?;
                if found.is_empty() {
                    let key = make(&self.sealer, tenant, Alg::Es256, now)?;
                    rows::create(&mut tx, tenant, &key, now).await?;
                    found.push(key);
                }
                tx.commit().await?;
            }
            let signers: Result<Vec<Signer>, Problem> = found
                .iter()
                .map(|row| open(&self.sealer, tenant, row))
                .collect();
            signers.map(Arc::new)
        });
        Box::pin(outcome)
            .await
            .map_err(|problem: Arc<Problem>| (*problem).clone())
    }
}

/// Publishes a new key of each kind that the tenant has and sets the end of the others. With
/// `at_once` they sign from now on; otherwise when every cached key set has had time to learn
/// them. Answers the id of the key for access tokens.
///
/// # Errors
/// As the store.
pub async fn rotate(
    tx: &mut Tx,
    sealer: &Sealer,
    tenant: &TenantId,
    now: i64,
    at_once: bool,
) -> Result<String, Problem> {
    let signs_from = if at_once { now } else { now + PUBLISH_AHEAD_MS };
    let old = rows::published(&mut *tx, tenant, now).await?;
    let key = make(sealer, tenant, Alg::Es256, signs_from)?;
    rows::create(tx, tenant, &key, now).await?;
    if old.iter().any(|row| row.alg == Alg::Rs256.as_str()) {
        let key = make(sealer, tenant, Alg::Rs256, signs_from)?;
        rows::create(tx, tenant, &key, now).await?;
    }
    for row in old.iter().filter(|row| row.retired_at.is_none()) {
        rows::retire(tx, tenant, &row.id, signs_from + LONGEST_TOKEN_MS).await?;
    }
    Ok(key.id)
}

fn make(sealer: &Sealer, tenant: &TenantId, alg: Alg, signs_from: i64) -> Result<KeyRow, Problem> {
    let (pair, private) = Pair::generate(alg).map_err(unusable)?;
    let (id, public_jwk) = pair.public_jwk();
    Ok(KeyRow {
        sealed: sealer.seal(place(tenant, &id), &private),
        id,
        alg: alg.as_str().into(),
        public_jwk: public_jwk.to_string(),
        signs_from,
        retired_at: None,
    })
}

fn open(sealer: &Sealer, tenant: &TenantId, row: &KeyRow) -> Result<Signer, Problem> {
    let private = sealer.open(place(tenant, &row.id), &row.sealed)?;
    let alg = Alg::parse(&row.alg).ok_or_else(|| internal("a key of an unknown kind"))?;
    Ok(Signer {
        id: row.id.clone(),
        signs_from: row.signs_from,
        pair: Pair::open(alg, &private).map_err(unusable)?,
        public_jwk: serde_json::from_str(&row.public_jwk).map_err(internal)?,
    })
}

fn place<'a>(tenant: &'a TenantId, row: &'a str) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "signing_keys",
        column: "sealed",
        row,
    }
}

fn unusable(_: Unusable) -> Problem {
    internal("a key cannot be used")
}

fn internal(source: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because(source)
}
