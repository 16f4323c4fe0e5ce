//! What credentials are sealed with: a key of the keyring, a passphrase, or nothing.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use laneway_contract::Random as _;
use secrecy::SecretSlice;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::{Failure, complain, keyring};
use crate::outbound::SystemRandom;
use crate::store::seal::{self, Sealer};

/// Where the passphrase comes from, for computers without a keyring.
const PASSPHRASE: &str = "LANEWAY_PASSPHRASE";

/// How a file is sealed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "by")]
pub(super) enum Seal {
    /// Not at all: its rights protect it.
    Plain,
    /// By a key in the keyring.
    Keyring,
    /// By a passphrase.
    Passphrase {
        /// Of Argon2id.
        salt: String,
    },
}

impl Seal {
    /// The best that this computer has.
    pub(super) fn choose(place: &Place, profile: &str) -> Self {
        let mut random = [0u8; 32];
        SystemRandom.fill(&mut random);
        if std::env::var_os(PASSPHRASE).is_some_and(|text| !text.is_empty()) {
            return Self::Passphrase {
                salt: B64.encode(&random[..16]),
            };
        }
        if keyring::find(profile).is_some() || keyring::store(profile, &random) {
            return Self::Keyring;
        }
        if place.first_time("plain") {
            complain(
                "laneway: this computer has no keyring; the credentials lie in a file that only you can read. \
                 Set LANEWAY_PASSPHRASE to seal it.",
            );
        }
        Self::Plain
    }

    fn sealer(&self, profile: &str) -> Result<Option<Sealer>, Failure> {
        let key = match self {
            Self::Plain => return Ok(None),
            Self::Keyring => keyring::find(profile).ok_or_else(|| {
                Failure::Local("the keyring does not open; unlock it, or sign in again".into())
            })?,
            Self::Passphrase { salt } => derived(salt)?,
        };
        let key = SecretSlice::from(key);
        Ok(Some(Sealer::new(key, Vec::new(), Arc::new(SystemRandom))))
    }

    /// Seals.
    pub(super) fn seal(&self, profile: &str, plain: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(match self.sealer(profile)? {
            Some(sealer) => sealer.seal(at(profile), plain),
            None => plain.to_vec(),
        })
    }

    /// Opens.
    pub(super) fn open(&self, profile: &str, sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        match self.sealer(profile)? {
            Some(sealer) => sealer.open(at(profile), sealed).map_err(|_| {
                let words = "the credentials do not open: the passphrase or the key is another";
                Failure::Local(words.into())
            }),
            None => Ok(sealed.to_vec()),
        }
    }
}

fn at(profile: &str) -> seal::Place<'_> {
    seal::Place {
        tenant: "",
        table: "profiles",
        column: "credentials",
        row: profile,
    }
}

fn derived(salt: &str) -> Result<Vec<u8>, Failure> {
    let broken = |what: &str| Failure::Local(format!("the credentials do not open: {what}"));
    let passphrase = std::env::var(PASSPHRASE).unwrap_or_default();
    if passphrase.is_empty() {
        return Err(broken("set LANEWAY_PASSPHRASE"));
    }
    let salt = B64.decode(salt).map_err(|_| broken("damaged"))?;
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|_| broken("Argon2id"))?;
    let mut key = vec![0u8; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), &salt, &mut key)
        .map_err(|_| broken("Argon2id"))?;
    Ok(key)
}
