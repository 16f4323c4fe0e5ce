//! A registered app: what it may ask for, and what a registration has to keep to.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::ids::{AppId, TenantId};
use super::jwk;
use super::problem::Problem;
use super::redirect_uri;
use super::scope::Scope;
use super::tenant::is_loopback_name;
use super::upstream::Trust;

/// So many addresses of one kind at most.
const MOST: usize = 50;
/// The longest life of an access token, s.
pub const LONGEST_TOKEN_S: i64 = 900;
/// How long one lives where nothing else is registered, s.
pub const USUAL_TOKEN_S: i64 = 300;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal $about:literal)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $(#[doc = $about] #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The registered word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the registered word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

word! {
    /// What an app may bring to the token endpoint.
    GrantType {
        Code "authorization_code" "A code from the authorization endpoint"
        Refresh "refresh_token" "A refresh token"
        Device "urn:ietf:params:oauth:grant-type:device_code" "A code that somebody allowed in their browser"
        Client "client_credentials" "Nothing but its own proof: tokens in its own name"
        Exchange "urn:ietf:params:oauth:grant-type:token-exchange" "A token that it was called with, for the next service"
    }
}

word! {
    /// How an app proves itself.
    AuthMethod {
        Basic "client_secret_basic" "Its secret, in the `Authorization` header"
        Post "client_secret_post" "Its secret, in the body"
        PrivateKey "private_key_jwt" "A text that it signs with a key of its own"
        None "none" "Not at all: it cannot keep a secret"
    }
}

word! {
    /// What an ID token is signed with.
    IdTokenAlg {
        Rs256 "RS256" "RSA, which every client knows"
        Es256 "ES256" "The curve P-256"
    }
}

word! {
    /// Does it work?
    AppState {
        Active "active" "Yes"
        Disabled "disabled" "No, until it is switched on again"
    }
}

/// What is registered, in the words of RFC 7591. What an older version did not know has its usual
/// value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Registration {
    /// Where answers go.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may bring.
    pub grant_types: Vec<GrantType>,
    /// How it proves itself.
    pub token_endpoint_auth_method: AuthMethod,
    /// What it may ask for at most.
    pub scope: Scope,
    /// Whom its tokens may be for.
    pub audiences: Vec<String>,
    /// What its ID tokens are signed with.
    pub id_token_signed_response_alg: IdTokenAlg,
    /// Seconds.
    pub access_token_lifetime: i64,
    /// The tenant's own: nobody is asked for consent.
    pub first_party: bool,
    /// Does every request of it need PKCE?
    pub require_pkce: bool,
    /// The public keys that it signs with, as they are.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// The same, where they are published.
    #[serde(default)]
    pub jwks_uri: Option<Url>,
    /// Does every request of it have to be pushed first (RFC 9126)?
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Do all of its tokens have to be bound to a key (RFC 9449)?
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// Its home page.
    pub client_uri: Option<Url>,
    /// Its privacy statement.
    pub policy_uri: Option<Url>,
    /// Its terms.
    pub tos_uri: Option<Url>,
    /// Where it hears that a sign-in has ended (OpenID Connect Back-Channel Logout §2.2).
    pub backchannel_logout_uri: Option<Url>,
    /// Does it have to be told which sign-in? It always is.
    pub backchannel_logout_session_required: bool,
    /// Where somebody else may begin a sign-in at it (OpenID Connect Core §4).
    pub initiate_login_uri: Option<Url>,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: vec![GrantType::Code],
            token_endpoint_auth_method: AuthMethod::Basic,
            scope: Scope::parse("openid profile email").unwrap_or_default(),
            audiences: Vec::new(),
            id_token_signed_response_alg: IdTokenAlg::Rs256,
            access_token_lifetime: USUAL_TOKEN_S,
            first_party: false,
            require_pkce: true,
            jwks: None,
            jwks_uri: None,
            require_pushed_authorization_requests: false,
            dpop_bound_access_tokens: false,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            initiate_login_uri: None,
        }
    }
}

/// A registered app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Id; the `client_id` of apps without a document.
    pub id: AppId,
    /// Whose.
    pub tenant: TenantId,
    /// As people read it.
    pub name: String,
    /// Does it work?
    pub state: AppState,
    /// What is registered.
    pub registration: Registration,
    /// Whose word its addresses rest on: which of them may be called.
    pub trust: Trust,
    /// The document that it is known by, where that is its `client_id`.
    pub document: Option<String>,
    /// Epoch ms; what it got in its own name before counts for nothing.
    pub tokens_from: i64,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// The id of this program's command line, in every tenant.
pub const COMMAND_LINE: &str = "laneway-cli";

/// The host that answers for an app which is known by a document: what it calls itself proves nothing.
pub fn known_by(document: &str) -> Option<String> {
    let url = url::Url::parse(document).ok()?;
    url.host_str().map(str::to_owned)
}

/// The audience that stands for a resource: itself, or the whole host on which it lies, since a
/// token may be for something more general than what was asked for (RFC 8707 §2).
pub fn covering<'a>(known: &'a [String], wanted: &str) -> Option<&'a String> {
    let whole_host = |one: &str| {
        let url = url::Url::parse(one).ok();
        url.is_some_and(|url| url.path() == "/" && url.query().is_none())
    };
    let lies_on = |one: &str| {
        let host = one.strip_suffix('/').unwrap_or(one);
        let path = wanted.strip_prefix(host);
        path.is_some_and(|path| path.starts_with('/') && !path.contains('#'))
    };
    let same = known.iter().find(|one| *one == wanted);
    same.or_else(|| known.iter().find(|one| whole_host(one) && lies_on(one)))
}

impl App {
    /// What it calls itself.
    pub fn client_id(&self) -> &str {
        self.document.as_deref().unwrap_or_else(|| self.id.as_str())
    }

    /// The command line as an app: every tenant has it from its beginning.
    pub fn command_line(tenant: TenantId, now: i64) -> Self {
        let words = "openid profile email organization offline_access account:read";
        Self {
            id: AppId(COMMAND_LINE.into()),
            tenant,
            name: "Laneway CLI".into(),
            state: AppState::Active,
            registration: Registration {
                redirect_uris: ["127.0.0.1", "[::1]"]
                    .map(|host| format!("http://{host}/callback"))
                    .into(),
                grant_types: vec![GrantType::Code, GrantType::Refresh, GrantType::Device],
                token_endpoint_auth_method: AuthMethod::None,
                scope: Scope::parse(words).unwrap_or_default(),
                first_party: true,
                ..Registration::default()
            },
            trust: Trust::Tenant,
            document: None,
            tokens_from: 0,
            version: 1,
            created_at: now,
        }
    }

    /// Does it belong to the product, so that nobody can register it anew?
    pub fn is_built_in(&self) -> bool {
        self.id.as_str() == COMMAND_LINE
    }

    /// Whom its tokens may be for: what is registered, and for what is built in our own API too.
    pub fn audiences(&self, issuer: &str) -> Vec<String> {
        let own = self.is_built_in().then(|| issuer.to_owned());
        own.into_iter()
            .chain(self.registration.audiences.iter().cloned())
            .collect()
    }

    /// Can it not keep a secret?
    pub fn is_public(&self) -> bool {
        self.registration.token_endpoint_auth_method == AuthMethod::None
    }

    /// Does it prove itself by a secret that we made?
    pub fn has_secret(&self) -> bool {
        let method = self.registration.token_endpoint_auth_method;
        matches!(method, AuthMethod::Basic | AuthMethod::Post)
    }

    /// May it bring this?
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.registration.grant_types.contains(&grant)
    }

    /// Is this address one of its own?
    pub fn answers_at(&self, uri: &str) -> bool {
        let all = &self.registration.redirect_uris;
        all.iter().any(|own| redirect_uri::matches(own, uri))
    }

    /// May a browser go there after signing out?
    pub fn may_end_at(&self, uri: &str) -> bool {
        let all = &self.registration.post_logout_redirect_uris;
        all.iter().any(|own| redirect_uri::matches(own, uri))
    }
}

impl Registration {
    /// What has to hold whoever registers.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Problem> {
        addresses("/redirect_uris", &self.redirect_uris)?;
        addresses(
            "/post_logout_redirect_uris",
            &self.post_logout_redirect_uris,
        )?;
        self.check_grants()?;
        self.check_keys()?;
        self.check_audiences()?;
        let public = self.token_endpoint_auth_method == AuthMethod::None;
        if public && !self.require_pkce {
            return Err(Problem::field(
                "/require_pkce",
                "invalid",
                "An app without a secret always needs PKCE.",
            ));
        }
        if !(60..=LONGEST_TOKEN_S).contains(&self.access_token_lifetime) {
            return Err(Problem::field(
                "/access_token_lifetime",
                "invalid",
                "Use 60 to 900 seconds.",
            ));
        }
        for (pointer, url) in [
            ("/client_uri", &self.client_uri),
            ("/policy_uri", &self.policy_uri),
            ("/tos_uri", &self.tos_uri),
        ] {
            if url
                .as_ref()
                .is_some_and(|url| !matches!(url.scheme(), "https" | "http"))
            {
                return Err(Problem::field(
                    pointer,
                    "invalid",
                    "Use an address of the web.",
                ));
            }
        }
        self.check_calls()
    }

    /// Addresses that are called, or that people are sent to.
    fn check_calls(&self) -> Result<(), Problem> {
        let refused = |pointer: &str, detail: &str| Problem::field(pointer, "invalid", detail);
        if let Some(url) = &self.backchannel_logout_uri {
            // Plain http only where nobody listens on the way.
            let loopback = url.host_str().is_some_and(is_loopback_name);
            let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
            if !scheme || url.fragment().is_some() || !url.username().is_empty() {
                let words = "Use an https address without `#` and without a name in it.";
                return Err(refused("/backchannel_logout_uri", words));
            }
        }
        match &self.initiate_login_uri {
            Some(url) if url.scheme() != "https" => {
                Err(refused("/initiate_login_uri", "Use an https address."))
            }
            _ => Ok(()),
        }
    }

    fn check_grants(&self) -> Result<(), Problem> {
        let refused = |detail: &str| Err(Problem::field("/grant_types", "invalid", detail));
        let has = |grant| self.grant_types.contains(&grant);
        if self.grant_types.is_empty() {
            return refused("Name at least one.");
        }
        if has(GrantType::Refresh) && !has(GrantType::Code) && !has(GrantType::Device) {
            return refused("Refresh tokens come from codes: name authorization_code too.");
        }
        let public = self.token_endpoint_auth_method == AuthMethod::None;
        if (has(GrantType::Client) || has(GrantType::Exchange)) && public {
            return refused("An app that cannot prove who it is gets nothing in its own name.");
        }
        if has(GrantType::Code) && self.redirect_uris.is_empty() {
            return Err(Problem::field(
                "/redirect_uris",
                "required",
                "Name at least one address where answers go.",
            ));
        }
        Ok(())
    }

    /// Whoever proves itself by a key says where its public half is: here or there.
    fn check_keys(&self) -> Result<(), Problem> {
        let own = self.token_endpoint_auth_method == AuthMethod::PrivateKey;
        match (&self.jwks, &self.jwks_uri) {
            (Some(_), Some(_)) => Err(Problem::field(
                "/jwks_uri",
                "invalid",
                "Give the keys, or where they are, not both.",
            )),
            (None, None) if own => Err(Problem::field(
                "/jwks",
                "required",
                "Give the public keys that the app signs with, or where they are.",
            )),
            (Some(set), None) => {
                jwk::check_set(set).map_err(|detail| Problem::field("/jwks", "invalid", detail))
            }
            (None, Some(url)) if !matches!(url.scheme(), "https" | "http") => Err(Problem::field(
                "/jwks_uri",
                "invalid",
                "Use an address of the web.",
            )),
            (None, _) => Ok(()),
        }
    }

    fn check_audiences(&self) -> Result<(), Problem> {
        if self.audiences.len() > MOST {
            return Err(too_many("/audiences"));
        }
        for (index, text) in self.audiences.iter().enumerate() {
            // RFC 8707 §2: an absolute address without a fragment.
            let ok = text.len() <= 255
                && text.bytes().all(|byte| byte.is_ascii_graphic())
                && Url::parse(text).is_ok_and(|url| url.fragment().is_none());
            if !ok {
                return Err(Problem::field(
                    &format!("/audiences/{index}"),
                    "invalid",
                    "An audience is an absolute address without `#`.",
                ));
            }
        }
        Ok(())
    }
}

fn addresses(pointer: &str, all: &[String]) -> Result<(), Problem> {
    if all.len() > MOST {
        return Err(too_many(pointer));
    }
    for (index, text) in all.iter().enumerate() {
        redirect_uri::check(text)
            .map_err(|detail| Problem::field(&format!("{pointer}/{index}"), "invalid", detail))?;
    }
    Ok(())
}

fn too_many(pointer: &str) -> Problem {
    Problem::field(pointer, "invalid", "These are too many.")
}
