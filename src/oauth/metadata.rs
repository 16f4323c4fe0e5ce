//! What an app says of itself when it registers (RFC 7591 §2): wrong types are refused, what is
//! not known is ignored, and what only operators give is never taken.

use serde_json::{Map, Value};
use url::Url;

use super::Fault;
use crate::domain::Problem;
use crate::domain::app::{App, AuthMethod, GrantType, IdTokenAlg, Registration};
use crate::domain::scope::Scope;

/// All that an app may give itself: what speaks of the person who allows it.
const SAFE: &str = "openid profile email address phone organization offline_access";
/// What an app may give itself of what leads to tokens.
const GRANTS: &[GrantType] = &[GrantType::Code, GrantType::Refresh];

/// How an app is called that does not say.
const NAMELESS: &str = "App";

/// A description in JSON.
pub(super) struct Said<'a>(pub(super) &'a Map<String, Value>);

impl Said<'_> {
    /// Its name, and its registration. What operators have given to one that is there stays.
    ///
    /// # Errors
    /// `invalid_client_metadata`, `invalid_redirect_uri`.
    pub(super) fn registration(&self, old: Option<&App>) -> Result<(String, Registration), Fault> {
        let usual = Registration::default();
        let grant_types = self.words("grant_types", GrantType::parse)?;
        let grant_types = grant_types.unwrap_or(usual.grant_types);
        if grant_types.iter().any(|grant| !GRANTS.contains(grant)) {
            return Err(bad("grant_types"));
        }
        let answers = self.list("response_types")?.unwrap_or_default();
        if answers.iter().any(|one| one != "code") {
            return Err(bad("response_types"));
        }
        let held = old.map(|app| &app.registration);
        let scope = self.scope(held, &grant_types)?;
        let registration = Registration {
            redirect_uris: self.addresses("redirect_uris")?,
            post_logout_redirect_uris: self.addresses("post_logout_redirect_uris")?,
            grant_types,
            token_endpoint_auth_method: self
                .word("token_endpoint_auth_method", AuthMethod::parse)?
                .unwrap_or(usual.token_endpoint_auth_method),
            scope,
            id_token_signed_response_alg: self
                .word("id_token_signed_response_alg", IdTokenAlg::parse)?
                .unwrap_or(usual.id_token_signed_response_alg),
            jwks: self.get("jwks").cloned(),
            jwks_uri: self.address("jwks_uri")?,
            require_pushed_authorization_requests: self
                .flag("require_pushed_authorization_requests")?,
            dpop_bound_access_tokens: self.flag("dpop_bound_access_tokens")?,
            client_uri: self.address("client_uri")?,
            policy_uri: self.address("policy_uri")?,
            tos_uri: self.address("tos_uri")?,
            backchannel_logout_uri: self.address("backchannel_logout_uri")?,
            backchannel_logout_session_required: self
                .flag("backchannel_logout_session_required")?,
            initiate_login_uri: self.address("initiate_login_uri")?,
            audiences: held.map(|held| held.audiences.clone()).unwrap_or_default(),
            access_token_lifetime: held.map_or(usual.access_token_lifetime, |held| {
                held.access_token_lifetime
            }),
            first_party: held.is_some_and(|held| held.first_party),
            require_pkce: true,
        };
        registration.check().map_err(|problem| refused(&problem))?;
        let name = self.text("client_name")?;
        Ok((name.unwrap_or_else(|| NAMELESS.into()), registration))
    }

    fn scope(&self, held: Option<&Registration>, grants: &[GrantType]) -> Result<Scope, Fault> {
        let safe = Scope::parse(SAFE).unwrap_or_default();
        let most = held.map_or(safe.clone(), |held| safe.or(&held.scope));
        let wanted = match self.text("scope")? {
            Some(text) => Scope::parse(&text).ok_or_else(|| bad("scope"))?,
            None if grants.contains(&GrantType::Refresh) => most.without("organization"),
            None => Registration::default().scope,
        };
        let scope = wanted.and(&held.map_or(safe.clone(), |held| safe.or(&held.scope)));
        if scope.is_empty() {
            return Err(bad("scope"));
        }
        Ok(scope)
    }

    /// RFC 7591 §2: a member that is `null` is one that is not there.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Fault> {
        let read = |value: &Value| value.as_str().map(str::to_owned);
        self.read(name, read)
    }

    fn read<T>(
        &self,
        name: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| bad(name))
    }

    fn flag(&self, name: &'static str) -> Result<bool, Fault> {
        Ok(self.read(name, Value::as_bool)?.unwrap_or_default())
    }

    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, Fault> {
        self.read(name, |value| {
            let all = value.as_array()?.iter();
            all.map(|one| one.as_str().map(str::to_owned)).collect()
        })
    }

    fn addresses(&self, name: &'static str) -> Result<Vec<String>, Fault> {
        let wrong = |_| {
            Fault::new(
                "invalid_redirect_uri",
                format!("{name} is not a list of texts"),
            )
        };
        Ok(self.list(name).map_err(wrong)?.unwrap_or_default())
    }

    fn address(&self, name: &'static str) -> Result<Option<Url>, Fault> {
        self.read(name, |value| Url::parse(value.as_str()?).ok())
    }

    fn word<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        self.read(name, |value| parse(value.as_str()?))
    }

    fn words<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Fault> {
        self.read(name, |value| {
            let all = value.as_array()?.iter();
            all.map(|one| parse(one.as_str()?)).collect()
        })
    }
}

pub(super) fn bad(name: &str) -> Fault {
    Fault::new(
        "invalid_client_metadata",
        format!("{name} is not what it may be here"),
    )
}

/// A fault of the registration in the words of RFC 7591 §3.2.2.
pub(super) fn refused(problem: &Problem) -> Fault {
    let Some(first) = problem.errors.first() else {
        return Fault::new("invalid_client_metadata", problem.detail.clone());
    };
    let error = if first.pointer.contains("redirect_uris") {
        "invalid_redirect_uri"
    } else {
        "invalid_client_metadata"
    };
    Fault::new(error, format!("{}: {}", first.pointer, first.detail))
}
