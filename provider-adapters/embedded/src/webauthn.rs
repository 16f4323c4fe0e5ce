//! WebAuthn ceremonies without storage: options for the browser, and the judgement of what
//! comes back. The cryptography is webauthn-rs; what it leaves to the caller is here:
//! resident keys, user handles, frames of other sites, and the age of a ceremony.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laneway_contract::{ProviderError, RelyingParty};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// How long a ceremony may take (WebAuthn L3 recommends at most ten minutes).
pub(crate) const CEREMONY_MS: i64 = 300_000;
/// Longest credential id (WebAuthn L3 §7.1).
const MAX_CREDENTIAL_ID: usize = 1023;
/// Longest user handle (WebAuthn L3 §5.4.3).
const MAX_HANDLE: usize = 64;

/// The relying party of one ceremony, kept with it: the answer is judged by what was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Party {
    pub(crate) id: String,
    name: String,
    origins: Vec<Url>,
}

impl From<RelyingParty> for Party {
    fn from(party: RelyingParty) -> Self {
        Self {
            id: party.id,
            name: party.name,
            origins: party.origins,
        }
    }
}

/// Who a new passkey is for.
pub(crate) struct Owner<'a> {
    pub(crate) subject: &'a str,
    pub(crate) login_name: &'a str,
    pub(crate) display_name: &'a str,
    /// Credential ids that the person has already.
    pub(crate) existing: Vec<Vec<u8>>,
}

impl Party {
    fn webauthn(&self) -> Result<Webauthn, ProviderError> {
        let unfit = |origin: &str| {
            ProviderError::Misconfigured(format!(
                "passkeys for {} cannot be used at {origin}: the RP ID must be that host or a \
                 domain above it",
                self.id
            ))
        };
        let (first, rest) = self
            .origins
            .split_first()
            .ok_or_else(|| unfit("no origin"))?;
        // The builder checks only the origin that it is made with.
        for origin in &self.origins {
            WebauthnBuilder::new(&self.id, origin).map_err(|_| unfit(origin.as_str()))?;
        }
        let mut builder = WebauthnBuilder::new(&self.id, first)
            .map_err(|_| unfit(first.as_str()))?
            .rp_name(&self.name)
            .timeout(Duration::from_millis(CEREMONY_MS.unsigned_abs()));
        for origin in rest {
            builder = builder.append_allowed_origin(origin);
        }
        builder
            .build()
            .map_err(|error| ProviderError::Misconfigured(error.to_string()))
    }

    /// Options for `navigator.credentials.get()`. An empty list allows any passkey of this
    /// relying party, also by autofill.
    pub(crate) fn begin_assertion(
        &self,
        allowed: &[Vec<u8>],
    ) -> Result<(Value, DiscoverableAuthentication), ProviderError> {
        let (options, state) = self
            .webauthn()?
            .start_discoverable_authentication()
            .map_err(|error| ProviderError::Misconfigured(error.to_string()))?;
        let mut options = to_json(&options.public_key)?;
        options["allowCredentials"] = allowed
            .iter()
            .map(|id| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) }))
            .collect();
        // Only asks for details that nobody reads.
        if let Some(fields) = options.as_object_mut() {
            fields.remove("extensions");
        }
        Ok((options, state))
    }

    /// Judges an assertion by one passkey: type, challenge, origin, frame, RP ID, presence,
    /// user verification, backup flags, signature, counter (WebAuthn L3 §7.2).
    pub(crate) fn finish_assertion(
        &self,
        credential: &PublicKeyCredential,
        state: DiscoverableAuthentication,
        passkey: &Passkey,
    ) -> Result<Result<AuthenticationResult, WebauthnError>, ProviderError> {
        // webauthn-rs looks at this when a key is made, not when it is used.
        if framed(&credential.response.client_data_json) {
            return Ok(Err(WebauthnError::CredentialCrossOrigin));
        }
        Ok(self
            .webauthn()?
            .finish_discoverable_authentication_v2(credential, state, passkey))
    }

    /// Options for `navigator.credentials.create()`: discoverable, with user verification,
    /// without attestation.
    pub(crate) fn begin_enrolment(
        &self,
        owner: Owner<'_>,
    ) -> Result<(Value, PasskeyRegistration), ProviderError> {
        let login_name = non_empty(owner.login_name, owner.subject);
        let (options, state) = self
            .webauthn()?
            .start_passkey_registration(
                Uuid::nil(),
                login_name,
                non_empty(owner.display_name, login_name),
                Some(owner.existing),
            )
            .map_err(|error| ProviderError::Misconfigured(error.to_string()))?;
        let mut options = to_json(&options.public_key)?;
        // Not part of what is verified later, so they are ours to set: webauthn-rs knows
        // only UUIDs as handles and asks authenticators not to keep the key.
        options["user"]["id"] = URL_SAFE_NO_PAD.encode(user_handle(owner.subject)).into();
        options["authenticatorSelection"]["residentKey"] = "required".into();
        options["authenticatorSelection"]["requireResidentKey"] = true.into();
        Ok((options, state))
    }

    /// Judges a new credential (WebAuthn L3 §7.1).
    pub(crate) fn finish_enrolment(
        &self,
        credential: &Value,
        state: &PasskeyRegistration,
    ) -> Result<Passkey, ProviderError> {
        let refused = |why: String| ProviderError::InvalidResponse(why);
        // Without a resident key there is no sign-in by autofill; better no passkey than one
        // that its owner cannot find again.
        if credential["clientExtensionResults"]["credProps"]["rk"] == false {
            return Err(refused("the passkey is not discoverable".to_owned()));
        }
        let response = RegisterPublicKeyCredential::deserialize(credential)
            .map_err(|error| refused(error.to_string()))?;
        if framed(&response.response.client_data_json) {
            return Err(refused(WebauthnError::CredentialCrossOrigin.to_string()));
        }
        let passkey = self
            .webauthn()?
            .finish_passkey_registration(&response, state)
            .map_err(|error| refused(error.to_string()))?;
        if passkey.cred_id().len() > MAX_CREDENTIAL_ID {
            return Err(refused("the credential id is too long".to_owned()));
        }
        Ok(passkey)
    }
}

/// Whether the ceremony ran inside a page of another origin (WebAuthn L3 §5.8.1): nobody
/// embeds our pages, so whoever does is after a click. What is no JSON fails later.
fn framed(client_data: &[u8]) -> bool {
    serde_json::from_slice::<Value>(client_data).is_ok_and(|data| {
        data["crossOrigin"].as_bool().unwrap_or(false) || data.get("topOrigin").is_some()
    })
}

/// The bytes by which an authenticator names the owner of a passkey: a UUID's sixteen, else
/// the text itself, else (too long) its hash. Stable, and no personal data.
pub(crate) fn user_handle(subject: &str) -> Vec<u8> {
    match Uuid::parse_str(subject) {
        Ok(uuid) => uuid.as_bytes().to_vec(),
        Err(_) if subject.len() <= MAX_HANDLE => subject.as_bytes().to_vec(),
        Err(_) => Sha256::digest(subject.as_bytes()).to_vec(),
    }
}

fn non_empty<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.trim().is_empty() {
        instead
    } else {
        text
    }
}

fn to_json(options: &impl Serialize) -> Result<Value, ProviderError> {
    serde_json::to_value(options).map_err(|error| ProviderError::InvalidResponse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(id: &str, origins: &[&str]) -> Party {
        let origins = origins
            .iter()
            .map(|origin| Url::parse(origin).unwrap())
            .collect();
        Party {
            id: id.to_owned(),
            name: "Test".to_owned(),
            origins,
        }
    }

    #[test]
    fn every_origin_must_lie_under_the_rp_id() {
        assert!(
            party("example.org", &["https://login.example.org"])
                .webauthn()
                .is_ok()
        );
        for bad in [
            party("example.org", &[]),
            party("example.org", &["https://badexample.org"]),
            party(
                "example.org",
                &["https://example.org", "https://example.net"],
            ),
            party("192.0.2.1", &["https://192.0.2.1"]),
        ] {
            assert!(
                matches!(bad.webauthn(), Err(ProviderError::Misconfigured(_))),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn frames_of_other_origins_are_seen() {
        assert!(framed(br#"{"crossOrigin":true}"#));
        assert!(framed(
            br#"{"crossOrigin":false,"topOrigin":"https://example.net"}"#
        ));
        assert!(!framed(br#"{"crossOrigin":false}"#));
        assert!(!framed(b"{}"));
    }

    #[test]
    fn user_handles_fit_the_limit_of_webauthn() {
        let uuid = "01900000-0000-7000-8000-000000000001";
        assert_eq!(user_handle(uuid).len(), 16);
        assert_eq!(user_handle("anna"), b"anna");
        assert_eq!(user_handle(&"x".repeat(65)).len(), 32);
    }
}
