//! What providers do differently, as data.
//!
//! Owns: names, defaults and meaning of every option.
//! Must not know: which vendor needs which.

use std::collections::BTreeMap;

use laneway_contract::Acr;
use serde::{Deserialize, Serialize};
use url::Url;

/// Options of one provider. All have defaults; an unknown key is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcOptions {
    /// How the provider's answer travels.
    pub response_mode: ResponseMode,
    /// How we prove who we are at the token endpoint; without it the first way that the provider
    /// announces and that we know, HTTP Basic where it announces none.
    pub token_endpoint_auth_method: Option<ClientAuth>,
    /// Our rung → the provider's `acr` values for it. Sent when the rung is demanded, read
    /// the other way round from tokens.
    pub acr: BTreeMap<Acr, Vec<String>>,
    /// The provider's `amr` value → RFC 8176 value, where it uses words of its own.
    pub amr: BTreeMap<String, String>,
    /// RFC 8176 value → the rung it proves, where the `acr` says nothing.
    pub amr_acr: BTreeMap<String, Acr>,
    /// Whether the provider's word on e-mail addresses counts.
    pub email_trust: EmailTrust,
    /// Claim that must be JSON `true` for a verified address.
    pub email_verified_claim: String,
    /// The provider writes that verdict as the text `"true"` at times.
    pub email_verified_text: bool,
    /// Whose addresses the provider may call verified, where not everybody's.
    pub email_authority: Option<EmailAuthority>,
    /// Claim with the person's groups: a name, or a JSON pointer if it starts with `/`.
    pub groups_claim: String,
    /// Signed claims that name the customer's IdP behind a brokering provider.
    pub via: Option<ViaClaims>,
    /// Extra parameters of the authorization request (`kc_idp_hint`, `domain_hint`, …).
    pub authorization_params: BTreeMap<String, String>,
    /// Ask the userinfo endpoint, where there is one.
    pub userinfo: bool,
    /// The only algorithm that ID tokens may be signed with. Default: what discovery lists
    /// and we allow.
    pub id_token_signed_response_alg: Option<String>,
    /// Accept an answer without `iss` though discovery promises one (RFC 9207 §2.4).
    pub allow_missing_iss: bool,
    /// Audiences besides our client id that an ID token may carry (OIDC Core §3.1.3.7 (3)).
    pub trusted_audiences: Vec<String>,
    /// The ID token of a refresh may name a later sign-in than the first one did.
    pub refresh_auth_time_may_advance: bool,
    /// Seconds by which clocks may differ.
    pub clock_skew: u64,
    /// Oldest acceptable `iat` of an ID token at login, in seconds.
    pub max_id_token_age: u64,
    /// Plain http towards loopback names and addresses.
    pub allow_http_loopback: bool,
    /// Replaces the discovered one. With this, `token_endpoint` and `jwks_uri` all given, no
    /// discovery document is read.
    pub authorization_endpoint: Option<Url>,
    /// Replaces the discovered one.
    pub token_endpoint: Option<Url>,
    /// Replaces the discovered one.
    pub jwks_uri: Option<Url>,
    /// Replaces the discovered one.
    pub userinfo_endpoint: Option<Url>,
    /// Replaces the discovered one.
    pub end_session_endpoint: Option<Url>,
    /// One provider with an issuer for each of its customers.
    pub issuer_per_tenant: Option<IssuerPerTenant>,
    /// Of these customers alone; `*` stands for all.
    pub tenants: Vec<String>,
    /// OAuth 2.0 without OpenID Connect: its API says who somebody is.
    pub api: Option<PersonApi>,
    /// The client secret is a short assertion that we sign with our key there.
    pub signed_secret: Option<SignedSecret>,
    /// A parameter of the answer with the person's name, sent the first time only. Nobody signs
    /// it: it is a name to be shown and no more.
    pub name_parameter: Option<String>,
    /// Its own error codes by those of RFC 6749.
    pub error_words: BTreeMap<String, String>,
    /// The `prompt` that is asked for instead of `max_age`, which this provider does not know;
    /// empty where nothing can be asked.
    pub fresh_prompt: Option<String>,
}

impl Default for OidcOptions {
    fn default() -> Self {
        Self {
            response_mode: ResponseMode::Query,
            token_endpoint_auth_method: None,
            acr: BTreeMap::new(),
            amr: BTreeMap::new(),
            amr_acr: BTreeMap::from([("mfa".to_owned(), Acr::Aal2)]),
            email_trust: EmailTrust::Claim,
            email_verified_claim: "email_verified".to_owned(),
            groups_claim: "groups".to_owned(),
            via: None,
            authorization_params: BTreeMap::new(),
            userinfo: true,
            id_token_signed_response_alg: None,
            allow_missing_iss: false,
            trusted_audiences: Vec::new(),
            refresh_auth_time_may_advance: false,
            clock_skew: 60,
            max_id_token_age: 600,
            allow_http_loopback: true,
            authorization_endpoint: None,
            token_endpoint: None,
            jwks_uri: None,
            userinfo_endpoint: None,
            end_session_endpoint: None,
            email_verified_text: false,
            email_authority: None,
            issuer_per_tenant: None,
            tenants: Vec::new(),
            api: None,
            signed_secret: None,
            name_parameter: None,
            error_words: BTreeMap::new(),
            fresh_prompt: None,
        }
    }
}

impl OidcOptions {
    /// The `acr` values to ask for when this rung is demanded; a provider without words for
    /// the rung is asked for the next stronger one.
    pub(crate) fn acr_values(&self, demanded: Acr) -> &[String] {
        self.acr
            .range(demanded..)
            .next()
            .map_or(&[], |(_, values)| values)
    }

    /// The rung that an `acr` value of the provider stands for.
    pub(crate) fn rung_of(&self, acr: &str) -> Option<Acr> {
        self.acr
            .iter()
            .rev()
            .find(|(_, values)| values.iter().any(|v| v == acr))
            .map(|(r, _)| *r)
    }

    /// The code of RFC 6749 for a code of the provider's.
    pub(crate) fn error_word<'a>(&'a self, code: &'a str) -> &'a str {
        self.error_words.get(code).map_or(code, String::as_str)
    }

    /// Every endpoint that is given by hand.
    pub(crate) fn overrides(&self) -> Vec<(&'static str, &Url)> {
        [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("jwks_uri", &self.jwks_uri),
            ("userinfo_endpoint", &self.userinfo_endpoint),
            ("end_session_endpoint", &self.end_session_endpoint),
        ]
        .into_iter()
        .filter_map(|(name, url)| url.as_ref().map(|url| (name, url)))
        .collect()
    }
}

/// `response_mode` (OAuth 2.0 Multiple Response Types, Form Post Response Mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a GET.
    Query,
    /// In the body of a POST.
    FormPost,
}

/// `token_endpoint_auth_method` (OIDC Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic, id and secret form-encoded first (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// In the request body.
    ClientSecretPost,
    /// A public client.
    None,
}

/// Whether the provider may call an address verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailTrust {
    /// Its claim counts, if it is JSON `true`.
    Claim,
    /// Never: addresses there are whatever somebody typed.
    Never,
}

/// Names of signed claims that identify the customer's IdP and the person there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViaClaims {
    /// Alias of the connection at the provider.
    pub connection: String,
    /// Issuer of the customer's IdP.
    pub issuer: String,
    /// The person's subject there.
    pub subject: String,
}

/// An issuer that names the customer, as the discovery document of all of them writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerPerTenant {
    /// What stands in the place of the customer's id.
    pub placeholder: String,
    /// The claim with that id.
    pub claim: String,
}

/// Where the addresses of people are the provider's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailAuthority {
    /// Its own domains.
    pub domains: Vec<String>,
    /// A claim that is there only where the provider manages the domain.
    pub claim: Option<String>,
}

/// An API that knows the owner of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonApi {
    /// The member of `userinfo_endpoint`'s answer that never changes: a number or a text.
    pub subject: String,
    /// Members with a name, the best first.
    pub names: Vec<String>,
    /// Path behind `userinfo_endpoint` to a list of addresses, of which the one that is both
    /// `primary` and `verified` counts.
    pub emails: Option<String>,
}

/// Who signs the assertion that stands in the place of a client secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedSecret {
    /// `iss`.
    pub issuer: String,
    /// `kid`.
    pub key_id: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_value::<OidcOptions>(json!({"respones_mode": "query"})).is_err());
        let options: OidcOptions =
            serde_json::from_value(json!({"response_mode": "form_post"})).unwrap();
        assert_eq!(options.response_mode, ResponseMode::FormPost);
        assert_eq!(options.clock_skew, 60);
    }

    #[test]
    fn the_acr_map_reads_both_ways() {
        let options: OidcOptions =
            serde_json::from_value(json!({"acr": {"aal1": ["silver"], "phr": ["gold", "3"]}}))
                .unwrap();
        assert_eq!(options.acr_values(Acr::Aal1), ["silver"]);
        assert_eq!(options.acr_values(Acr::Aal2), ["gold", "3"]);
        assert_eq!(options.rung_of("3"), Some(Acr::Phr));
        assert_eq!(options.rung_of("0"), None);
    }
}
