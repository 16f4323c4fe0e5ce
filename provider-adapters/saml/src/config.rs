//! What one connection is set to.

use std::collections::BTreeMap;

use url::Url;

use crate::{Certificate, Fault, SigningKey};

/// How our requests travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// HTTP-Redirect (SAML Bindings §3.4).
    Redirect,
    /// HTTP-POST (SAML Bindings §3.5).
    Post,
}

/// One identity provider, and who we are towards it.
#[derive(Debug, Clone)]
pub struct SamlConfig {
    /// The provider's entity id, byte by byte.
    pub entity_id: String,
    /// Where browsers are sent.
    pub sso_url: Url,
    /// How our requests get there.
    pub sso_binding: Binding,
    /// Where it is told that sessions have ended, and how.
    pub slo: Option<(Url, Binding)>,
    /// What it signs with; two while one replaces the other.
    pub certificates: Vec<Certificate>,
    /// Where it publishes its metadata.
    pub metadata_url: Option<Url>,
    /// Our entity id there.
    pub sp_entity_id: String,
    /// Where its answers are posted.
    pub acs_url: Url,
    /// Where it says that sessions have ended.
    pub logout_url: Url,
    /// The page of ours that posts a request, for the POST binding.
    pub request_page: Url,
    /// Our requests are signed with it.
    pub key: SigningKey,
    /// Are they?
    pub sign_requests: bool,
    /// The attribute with groups, where it is none of the usual ones.
    pub groups_claim: Option<String>,
    /// The attribute with the address, where it is none of the usual ones.
    pub email_claim: Option<String>,
    /// The attribute with the name, where it is none of the usual ones.
    pub name_claim: Option<String>,
}

impl SamlConfig {
    /// Reads certificates as they were named.
    ///
    /// # Errors
    /// `invalid_certificate` for the first that is none, `weak_key` where none is strong enough;
    /// of several, weak ones are left out.
    pub fn read_certificates(all: &[String]) -> Result<Vec<Certificate>, Fault> {
        let mut read = BTreeMap::new();
        for (place, text) in all.iter().enumerate() {
            let one = Certificate::read(text)?;
            // The same one twice is one.
            let place = read.get(&one.base64).map_or(place, |(place, _)| *place);
            read.insert(one.base64.clone(), (place, one));
        }
        let mut read: Vec<(usize, Certificate)> = read.into_values().collect();
        read.sort_by_key(|(place, _)| *place);
        let (strong, weak): (Vec<Certificate>, Vec<Certificate>) = read
            .into_iter()
            .map(|(_, one)| one)
            .partition(|one| one.strong);
        match weak.first() {
            Some(weak) if strong.is_empty() => Err(Fault::new(
                "weak_key",
                &weak.key,
                "RSA of 2048 bits or more",
                "Let the provider sign with an RSA key of 2048 bits or more.",
            )),
            _ => Ok(strong),
        }
    }
}
