//! Signing keys of tenants: parsed once, published before use, kept until the last token
//! is gone.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use laneway_contract::Clock;
use laneway_sqlkit::{Db, Tx};
use moka::future::Cache;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

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
    pair: EcdsaKeyPair,
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
    /// Loads lazily; a rotation is seen within ten seconds.
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

    /// A signed compact JWS of `typ` over `claims`.
    ///
    /// # Errors
    /// `store_unavailable` when the keys have to be read and cannot be.
    pub async fn sign(
        &self,
        tenant: &TenantId,
        typ: &str,
        claims: &impl Serialize,
    ) -> Result<String, Problem> {
        let keys = Box::pin(self.load(tenant)).await?;
        let now = self.clock.now_ms();
        let key = keys
            .iter()
            .find(|key| key.signs_from <= now)
            .or_else(|| keys.last())
            .ok_or_else(|| internal("no signing key"))?;
        let header = json!({"alg": "ES256", "typ": typ, "kid": key.id});
        let claims = serde_json::to_vec(claims).map_err(internal)?;
        let text = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims));
        let signature = key
            .pair
            .sign(&SystemRandom::new(), text.as_bytes())
            .map_err(|_| internal("signing"))?;
        Ok(format!("{text}.{}", B64.encode(signature.as_ref())))
    }

    /// The public key set (RFC 7517 §5).
    ///
    /// # Errors
    /// `store_unavailable` when the keys have to be read and cannot be.
    pub async fn jwks(&self, tenant: &TenantId) -> Result<Value, Problem> {
        let keys = Box::pin(self.load(tenant)).await?;
        let all: Vec<&Value> = keys.iter().map(|key| &key.public_jwk).collect();
        Ok(json!({ "keys": all }))
    }

    /// The public half of a key that is published now, by its id.
    ///
    /// # Errors
    /// `store_unavailable` when the keys have to be read and cannot be.
    pub(super) async fn public_point(
        &self,
        tenant: &TenantId,
        kid: &str,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let keys = Box::pin(self.load(tenant)).await?;
        let found = keys.iter().find(|key| key.id == kid);
        Ok(found.map(|key| key.pair.public_key().as_ref().to_vec()))
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
                    found.push(create(&mut tx, &self.sealer, tenant, now, now).await?);
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

/// Publishes a new key and sets the end of the others. With `at_once` it signs from now
/// on; otherwise when every cached key set has had time to learn it. Answers its id.
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
    let key = create(tx, sealer, tenant, now, signs_from).await?;
    rows::retire_others(tx, tenant, &key.id, signs_from + LONGEST_TOKEN_MS).await?;
    Ok(key.id)
}

async fn create(
    tx: &mut Tx,
    sealer: &Sealer,
    tenant: &TenantId,
    now: i64,
    signs_from: i64,
) -> Result<KeyRow, Problem> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(internal)?;
    let private = pair.to_pkcs8v1().map_err(internal)?;
    // Uncompressed point: 0x04, x, y.
    let point = pair.public_key().as_ref();
    let (x, y) = (B64.encode(&point[1..33]), B64.encode(&point[33..65]));
    let id = thumbprint(&x, &y);
    let public_jwk = json!({
        "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": id, "use": "sig", "alg": "ES256"
    });
    let row = KeyRow {
        sealed: sealer.seal(place(tenant, &id), private.as_ref()),
        id,
        alg: "ES256".into(),
        public_jwk: public_jwk.to_string(),
        signs_from,
        retired_at: None,
    };
    rows::create(tx, tenant, &row, now).await?;
    Ok(row)
}

fn open(sealer: &Sealer, tenant: &TenantId, row: &KeyRow) -> Result<Signer, Problem> {
    let private = sealer.open(place(tenant, &row.id), &row.sealed)?;
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).map_err(internal)?;
    Ok(Signer {
        id: row.id.clone(),
        signs_from: row.signs_from,
        pair,
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

// RFC 7638: the members in lexical order.
fn thumbprint(x: &str, y: &str) -> String {
    let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    B64.encode(Sha256::digest(text))
}

fn internal(source: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because(source)
}
