//! Configuration of one Keycloak.
//!
//! Owns: defaults that fit what [`crate::bootstrap`] sets up.
//! Must not know: where configuration is stored.

use laneway_contract::Acr;
use laneway_oidc::{OidcConfig, OidcOptions};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::bootstrap::Part;

/// One realm as configured.
#[derive(Debug, Clone)]
pub struct KeycloakConfig {
    /// `{base}/realms/{realm}`, exactly as its discovery document says.
    pub issuer: String,
    /// Our client there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Everything else.
    pub options: KeycloakOptions,
    /// Rights in the realm, for the parts of the diagnosis that need them.
    pub admin: Option<AdminCredential>,
}

/// Options of one Keycloak; an unknown key is refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeycloakOptions {
    /// Options of the protocol. An empty `acr` map means the names that the set-up gives.
    pub oidc: OidcOptions,
    /// Scopes besides `openid`, `profile` and `email`.
    pub scopes: Vec<String>,
    /// Alias of an identity provider that Keycloak forwards every login to.
    pub idp_hint: Option<String>,
    /// The realm in which it speaks to customers' providers on our behalf, where it does.
    pub connections: Option<ConnectionsOptions>,
    /// Whether people of the realm are created, changed and removed from here. The client's
    /// account needs the right to do so.
    pub directory: bool,
    /// What people type on our own page instead of Keycloak's. The client needs the right to ask.
    pub headless: Option<Headless>,
    /// The domain of passkeys, where the set-up was told one.
    pub passkey_rp_id: Option<String>,
    /// What of the realm is as the team wants it, and no difference.
    pub leave: Vec<Part>,
}

/// What is typed on our own page, of everybody alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headless {
    /// The password.
    Password,
    /// The password, then a code of an authenticator app.
    PasswordAndCode,
}

/// The realm of customers' providers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionsOptions {
    /// Its name: another one than the realm that people sign in at.
    pub realm: String,
    /// For which customers it is the way where nobody has chosen another one.
    #[serde(default = "saml")]
    pub usual_for: Vec<Spoken>,
}

fn saml() -> Vec<Spoken> {
    vec![Spoken::Saml]
}

/// What a customer's provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spoken {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

/// Who may change a realm.
#[derive(Debug, Clone)]
pub enum AdminCredential {
    /// A person, signed in through the client `admin-cli`.
    Password {
        /// Realm that the person lives in, `master` in most cases.
        realm: String,
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// A service account.
    Client {
        /// Realm of the client.
        realm: String,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: SecretString,
    },
}

impl KeycloakConfig {
    pub(crate) fn oidc(&self) -> OidcConfig {
        let mut options = self.options.oidc.clone();
        if options.acr.is_empty() {
            // The client's `acr.loa.map` gives Keycloak's levels our own names.
            options.acr = [Acr::Aal1, Acr::Aal2, Acr::Phr]
                .map(|rung| (rung, vec![rung.as_str().to_owned()]))
                .into();
        }
        // A step-up for another client of the same Keycloak session moves it.
        options.refresh_auth_time_may_advance = true;
        let mut scopes = vec!["profile".to_owned(), "email".to_owned()];
        scopes.extend(self.options.scopes.iter().cloned());
        OidcConfig {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: Some(self.client_secret.clone()),
            scopes,
            options,
        }
    }
}
