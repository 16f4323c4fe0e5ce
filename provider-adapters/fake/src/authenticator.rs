//! A passkey authenticator in software (WebAuthn L3 §6): ES256, discoverable, attestation
//! `none`. By default it behaves; a [`Conduct`] makes it misbehave in one chosen way.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::{Conduct, cbor};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED_DATA: u8 = 0x40;

struct Key {
    id: Vec<u8>,
    rp_id: String,
    user_handle: Vec<u8>,
    pair: EcdsaKeyPair,
    counter: u32,
}

/// Holds passkeys and answers the browser's two calls. Options and credentials are the
/// JSON forms of WebAuthn L3 (`parse…OptionsFromJSON`, `toJSON`).
#[derive(Default)]
pub struct SoftAuthenticator {
    keys: Mutex<Vec<Key>>,
}

impl SoftAuthenticator {
    /// An authenticator without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// `navigator.credentials.create()` with honest conduct.
    ///
    /// # Errors
    /// A text saying what in the options cannot be done.
    pub fn create(&self, options: &Value, origin: &str) -> Result<Value, String> {
        self.create_with(options, origin, &Conduct::default())
    }

    /// `navigator.credentials.get()` with honest conduct.
    ///
    /// # Errors
    /// A text saying what in the options cannot be done.
    pub fn get(&self, options: &Value, origin: &str) -> Result<Value, String> {
        self.get_with(options, origin, &Conduct::default())
    }

    /// `create()` as told.
    ///
    /// # Errors
    /// A text saying what in the options cannot be done.
    pub fn create_with(
        &self,
        options: &Value,
        origin: &str,
        conduct: &Conduct,
    ) -> Result<Value, String> {
        let params = options["pubKeyCredParams"]
            .as_array()
            .ok_or("pubKeyCredParams")?;
        if !params.iter().any(|param| param["alg"] == -7) {
            return Err("ES256 is not wanted".to_owned());
        }
        let rp_id = asked_rp_id(&options["rp"]["id"], conduct)?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(excluded) = options["excludeCredentials"].as_array()
            && keys.iter().any(|key| listed(excluded, &key.id))
        {
            return Err("InvalidStateError: already registered".to_owned());
        }
        let key = Key {
            id: random_id()?,
            rp_id,
            user_handle: from_base64(&options["user"]["id"])?,
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
                .map_err(|error| error.to_string())?,
            counter: 0,
        };
        let credential = attestation(&key, options, origin, conduct)?;
        keys.push(key);
        Ok(credential)
    }

    /// Answers `create()` with a credential that exists already (base64url id), as a thief of
    /// the private key could.
    ///
    /// # Errors
    /// A text saying what in the options cannot be done.
    pub fn create_again(&self, options: &Value, origin: &str, id: &str) -> Result<Value, String> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys
            .iter()
            .find(|key| to_base64(&key.id) == id)
            .ok_or("no such passkey")?;
        attestation(key, options, origin, &Conduct::default())
    }

    /// `get()` as told.
    ///
    /// # Errors
    /// A text saying what in the options cannot be done.
    pub fn get_with(
        &self,
        options: &Value,
        origin: &str,
        conduct: &Conduct,
    ) -> Result<Value, String> {
        let rp_id = asked_rp_id(&options["rpId"], conduct)?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys
            .iter_mut()
            .rev()
            .find(|key| fits(key, options, &rp_id, conduct))
            .ok_or("NotAllowedError: no such passkey")?;
        key.counter = conduct
            .counter
            .unwrap_or(if conduct.synced { 0 } else { key.counter + 1 });

        let data = head(&rp_id, flags(conduct), key.counter);
        let client_data = client_data("webauthn.get", options, origin, conduct)?;
        let mut signed = data.clone();
        signed.extend_from_slice(digest(&SHA256, &client_data).as_ref());
        if conduct.broken_signature {
            signed.push(0);
        }
        let signature = key
            .pair
            .sign(&SystemRandom::new(), &signed)
            .map_err(|error| error.to_string())?;
        let handle = match &conduct.user_handle {
            None => Some(key.user_handle.clone()),
            Some(other) => other.clone(),
        };
        let mut response = json!({
            "clientDataJSON": to_base64(&client_data),
            "authenticatorData": to_base64(&data),
            "signature": to_base64(signature.as_ref()),
        });
        if let Some(handle) = handle {
            response["userHandle"] = to_base64(&handle).into();
        }
        Ok(json!({
            "id": to_base64(&key.id),
            "rawId": to_base64(&key.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": response,
            "clientExtensionResults": {},
        }))
    }
}

/// The registration response for a key (WebAuthn L3 §5.1.7, §6.5).
fn attestation(
    key: &Key,
    options: &Value,
    origin: &str,
    conduct: &Conduct,
) -> Result<Value, String> {
    let client_data = client_data("webauthn.create", options, origin, conduct)?;
    let attestation = cbor::map(&[
        (cbor::text("fmt"), cbor::text("none")),
        (cbor::text("attStmt"), cbor::map(&[])),
        (
            cbor::text("authData"),
            cbor::bytes(&registration_data(key, conduct)),
        ),
    ]);
    Ok(json!({
        "id": to_base64(&key.id),
        "rawId": to_base64(&key.id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "response": {
            "clientDataJSON": to_base64(&client_data),
            "attestationObject": to_base64(&attestation),
            "transports": ["internal"],
        },
        "clientExtensionResults": { "credProps": { "rk": !conduct.not_resident } },
    }))
}

fn asked_rp_id(option: &Value, conduct: &Conduct) -> Result<String, String> {
    match &conduct.rp_id {
        Some(other) => Ok(other.clone()),
        None => Ok(option.as_str().ok_or("no RP ID in the options")?.to_owned()),
    }
}

/// Whether a key may answer: the named one, else one of the allowed ones, else any of the RP.
fn fits(key: &Key, options: &Value, rp_id: &str, conduct: &Conduct) -> bool {
    if let Some(wanted) = &conduct.credential {
        return to_base64(&key.id) == *wanted;
    }
    let allowed = options["allowCredentials"]
        .as_array()
        .filter(|list| !list.is_empty());
    let of_rp = key.rp_id == rp_id || conduct.rp_id.is_some();
    of_rp && allowed.is_none_or(|list| listed(list, &key.id))
}

fn listed(descriptors: &[Value], id: &[u8]) -> bool {
    let id = to_base64(id);
    descriptors.iter().any(|descriptor| descriptor["id"] == id)
}

/// `CollectedClientData` (WebAuthn L3 §5.8.1).
fn client_data(
    kind: &str,
    options: &Value,
    origin: &str,
    conduct: &Conduct,
) -> Result<Vec<u8>, String> {
    let challenge = options["challenge"]
        .as_str()
        .ok_or("no challenge in the options")?;
    let data = json!({
        "type": kind,
        "challenge": challenge,
        "origin": origin,
        "crossOrigin": conduct.cross_origin,
    });
    Ok(data.to_string().into_bytes())
}

/// Authenticator data with attested credential data (WebAuthn L3 §6.1, §6.5.2).
fn registration_data(key: &Key, conduct: &Conduct) -> Vec<u8> {
    let counter = conduct.counter.unwrap_or(0);
    // Uncompressed point: 0x04, x, y.
    let point = key.pair.public_key().as_ref();
    let cose_key = cbor::map(&[
        (cbor::int(1), cbor::int(2)),
        (cbor::int(3), cbor::int(-7)),
        (cbor::int(-1), cbor::int(1)),
        (cbor::int(-2), cbor::bytes(&point[1..33])),
        (cbor::int(-3), cbor::bytes(&point[33..65])),
    ]);
    let id_length = u16::try_from(key.id.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    [
        head(&key.rp_id, flags(conduct) | ATTESTED_DATA, counter).as_slice(),
        &[0; 16],
        &id_length,
        &key.id,
        &cose_key,
    ]
    .concat()
}

fn head(rp_id: &str, flags: u8, counter: u32) -> Vec<u8> {
    let rp_id_hash = digest(&SHA256, rp_id.as_bytes());
    [rp_id_hash.as_ref(), &[flags], &counter.to_be_bytes()].concat()
}

fn flags(conduct: &Conduct) -> u8 {
    let set = [
        (conduct.user_present, USER_PRESENT),
        (conduct.user_verified, USER_VERIFIED),
        (conduct.synced, BACKUP_ELIGIBLE | BACKED_UP),
    ];
    set.into_iter()
        .filter(|(on, _)| *on)
        .fold(0, |flags, (_, bit)| flags | bit)
}

fn random_id() -> Result<Vec<u8>, String> {
    let mut id = vec![0; 20];
    fill(&mut id).map_err(|error| error.to_string())?;
    Ok(id)
}

fn to_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn from_base64(value: &Value) -> Result<Vec<u8>, String> {
    let text = value
        .as_str()
        .ok_or("base64url text is missing in the options")?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| error.to_string())
}
