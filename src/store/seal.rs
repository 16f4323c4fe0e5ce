//! Sealing of secrets at rest.
//!
//! Format: one version byte (1), four bytes of key id, 24 bytes of nonce, ciphertext with
//! tag. XChaCha20-Poly1305; the associated data names tenant, table, column, row and key,
//! so that a sealed value moved to another place does not open.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use laneway_contract::Random;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const HEAD: usize = 1 + 4 + 24;

/// Where a sealed value lives.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Tenant id, or `""` for rows of the installation.
    pub tenant: &'a str,
    /// Table.
    pub table: &'a str,
    /// Column.
    pub column: &'a str,
    /// Row id.
    pub row: &'a str,
}

/// A sealed value did not open: wrong key, moved or damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value of {0} does not open: the master key is not the one it was sealed with")]
pub struct SealBroken(pub String);

impl From<SealBroken> for crate::domain::Problem {
    fn from(error: SealBroken) -> Self {
        Self::new(
            crate::domain::Code::Internal,
            "The incident is logged under the reference below.",
        )
        .because(error)
    }
}

/// The master keys of this process: the first seals, all open.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<Vec<([u8; 4], SecretSlice<u8>)>>,
    random: Arc<dyn Random>,
}

impl Sealer {
    /// From 32-byte keys, the current one first.
    pub fn new(
        current: SecretSlice<u8>,
        previous: Vec<SecretSlice<u8>>,
        random: Arc<dyn Random>,
    ) -> Self {
        let all = std::iter::once(current).chain(previous);
        let keys = all.map(|key| (key_id(key.expose_secret()), key)).collect();
        Self {
            keys: Arc::new(keys),
            random,
        }
    }

    /// Seals a value for a place.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        let (id, key) = &self.keys[0];
        let mut nonce = [0u8; 24];
        self.random.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: &associated(place, *id),
        };
        let sealed = cipher(key)
            .encrypt(&XNonce::from(nonce), payload)
            .unwrap_or_else(|_| unreachable!("sealing in memory cannot fail"));
        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens a value of a place.
    ///
    /// # Errors
    /// [`SealBroken`] when it was sealed elsewhere, by another key, or is damaged.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        let broken = || SealBroken(format!("{}.{}", place.table, place.column));
        if sealed.len() < HEAD || sealed[0] != VERSION {
            return Err(broken());
        }
        let (_, key) = self
            .keys
            .iter()
            .find(|(id, _)| id == &sealed[1..5])
            .ok_or_else(broken)?;
        let mut id = [0u8; 4];
        id.copy_from_slice(&sealed[1..5]);
        let mut nonce = [0u8; 24];
        nonce.copy_from_slice(&sealed[5..HEAD]);
        let payload = Payload {
            msg: &sealed[HEAD..],
            aad: &associated(place, id),
        };
        cipher(key)
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| broken())
    }

    /// How whatever the current key has sealed begins.
    pub fn mark(&self) -> [u8; 5] {
        let [a, b, c, d] = self.keys[0].0;
        [VERSION, a, b, c, d]
    }

    /// Are there keys from before the current one?
    pub fn has_previous(&self) -> bool {
        self.keys.len() > 1
    }

    /// A keyed hash for short or guessable values, separated by purpose.
    pub fn mac(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        mac_with(self.keys[0].1.expose_secret(), purpose, value)
    }

    /// A key derived for one purpose, for rooms and adapters that mac by themselves.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        mac_with(self.keys[0].1.expose_secret(), "derive", purpose.as_bytes())
    }

    /// The same from every key, the current one first.
    pub fn derive_all(&self, purpose: &str) -> Vec<[u8; 32]> {
        self.keys
            .iter()
            .map(|(_, key)| mac_with(key.expose_secret(), "derive", purpose.as_bytes()))
            .collect()
    }
}

fn mac_with(key: &[u8], purpose: &str, value: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(value);
    mac.finalize().into_bytes().into()
}

fn cipher(key: &SecretSlice<u8>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new_from_slice(key.expose_secret())
        .unwrap_or_else(|_| unreachable!("master keys are checked to be 32 bytes"))
}

fn key_id(key: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest([b"laneway master key id\0".as_slice(), key].concat());
    [hash[0], hash[1], hash[2], hash[3]]
}

fn associated(place: Place<'_>, key: [u8; 4]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in [place.tenant, place.table, place.column, place.row] {
        // Length prefixes: "a","bc" and "ab","c" must differ.
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(&key);
    out
}
