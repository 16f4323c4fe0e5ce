//! The Admin REST API, as much of it as is needed: sign in, then read and write JSON.
//!
//! Owns: its errors by reaction. Must not know: what the documents mean.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response, StatusCode};
use laneway_contract::{Env, HttpClient, ProviderError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::AdminCredential;
use crate::realm::Realm;

/// The code of an account that may not do what is asked of it.
pub(crate) const MISSING_RIGHT: &str = "missing_right";

/// A signed-in administrator of one realm. The token lives a minute at least: long enough
/// for one plan.
#[derive(Clone)]
pub(crate) struct Admin {
    http: Arc<dyn HttpClient>,
    realm: Realm,
    token: SecretString,
    lives_s: i64,
}

/// A person as the administration sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// There, and may sign in.
    In,
    /// There, and switched off.
    Off,
    /// Not there any more.
    Gone,
    /// Not for us to see.
    Not,
}

/// One call of the administration.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<&'a Value>,
}

impl Admin {
    pub(crate) async fn sign_in(
        realm: &Realm,
        credential: &AdminCredential,
        env: &Env,
    ) -> Result<Self, ProviderError> {
        let (home, fields) = sign_in_form(credential);
        let url = realm
            .sibling(home)?
            .url(&["protocol", "openid-connect", "token"]);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(url.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(body));
        let response = env.http.send(request.map_err(unsendable)?).await?;
        if response.status() != StatusCode::OK {
            return Err(not_signed_in(&response, home));
        }
        let answer = json(&response).unwrap_or_default();
        let token = answer["access_token"].as_str().map(SecretString::from);
        let none = || invalid("the administrator's sign-in brought no token");
        Ok(Self {
            http: Arc::clone(&env.http),
            realm: realm.clone(),
            token: token.ok_or_else(none)?,
            lives_s: answer["expires_in"].as_i64().unwrap_or_default(),
        })
    }

    /// How long the token lives.
    pub(crate) fn lives_ms(&self) -> i64 {
        self.lives_s.saturating_mul(1000)
    }

    /// When Keycloak says that it made the token. Its answers bear no `Date`, so this is its
    /// clock; nothing is trusted by it.
    pub(crate) fn issued_ms(&self) -> Option<i64> {
        self.claims()["iat"]
            .as_i64()
            .map(|at| at.saturating_mul(1000))
    }

    /// Whose token it is, as Keycloak says; nothing is trusted by it.
    pub(crate) fn subject(&self) -> Option<String> {
        self.claims()["sub"].as_str().map(str::to_owned)
    }

    /// The roles in this realm that the token carries, as Keycloak says; nothing is trusted by it.
    pub(crate) fn roles(&self) -> Vec<String> {
        let claims = self.claims();
        let roles = claims["resource_access"]["realm-management"]["roles"].as_array();
        let roles = roles.into_iter().flatten().filter_map(Value::as_str);
        roles.map(str::to_owned).collect()
    }

    fn claims(&self) -> Value {
        let claims = self.token.expose_secret().split('.').nth(1);
        claims
            .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok())
            .and_then(|claims| serde_json::from_slice(&claims).ok())
            .unwrap_or_default()
    }

    /// The document there; `None` if there is none.
    pub(crate) async fn get(&self, path: &[&str]) -> Result<Option<Value>, ProviderError> {
        self.query(path, &[]).await
    }

    pub(crate) async fn query(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Value>, ProviderError> {
        let mut url = self.realm.admin_url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let response = self.send(Method::GET, &url, None).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => json(&response)
                .map(Some)
                .ok_or_else(|| invalid("the administration's answer is not JSON")),
            _ => Err(refused(&response, &url)),
        }
    }

    /// What the server says of itself: of its version only to administrators.
    pub(crate) async fn server(&self) -> Result<Value, ProviderError> {
        let url = self.realm.server_url();
        let response = self.send(Method::GET, &url, None).await?;
        if response.status() != StatusCode::OK {
            return Err(refused(&response, &url));
        }
        json(&response).ok_or_else(|| invalid("the administration's answer is not JSON"))
    }

    /// Creates; the new id stands at the end of `Location`.
    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> Result<String, ProviderError> {
        created(&self.write(Method::POST, path, Some(body)).await?)
    }

    /// Creates a realm. Signed in before, one has no rights in it yet.
    pub(crate) async fn create_realm(&self, body: &Value) -> Result<(), ProviderError> {
        let url = self.realm.all_url();
        let response = self.send(Method::POST, &url, Some(body)).await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(refused(&response, &url))
    }

    /// Creates where nothing is named after it.
    pub(crate) async fn give(&self, path: &[&str], body: &Value) -> Result<(), ProviderError> {
        self.write(Method::POST, path, Some(body)).await.map(drop)
    }

    pub(crate) async fn put(&self, path: &[&str], body: &Value) -> Result<(), ProviderError> {
        self.write(Method::PUT, path, Some(body)).await.map(drop)
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> Result<(), ProviderError> {
        self.write(Method::DELETE, path, None).await.map(drop)
    }

    /// Is a person there? `GrantRevoked`: the token counts no more. Only Keycloak's own words say
    /// that somebody is gone: a proxy that hides the administration answers 404 as well.
    pub(crate) async fn seen(&self, subject: &str) -> Result<Seen, ProviderError> {
        let url = self.realm.admin_url(&["users", subject]);
        let response = self.send(Method::GET, &url, None).await?;
        match response.status().as_u16() {
            200 => Ok(
                match json(&response).unwrap_or_default()["enabled"].as_bool() {
                    Some(true) => Seen::In,
                    Some(false) => Seen::Off,
                    None => Seen::Not,
                },
            ),
            401 => Err(ProviderError::GrantRevoked),
            404 if reason(&response) == "User not found" => Ok(Seen::Gone),
            status @ 500.. => Err(ProviderError::Unreachable(format!(
                "Keycloak answers {status}"
            ))),
            _ => Ok(Seen::Not),
        }
    }

    /// Any call, with whatever it is answered.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Response<Bytes>, ProviderError> {
        let mut url = self.realm.admin_url(call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        self.send(call.method.clone(), &url, call.body).await
    }

    async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Response<Bytes>, ProviderError> {
        let url = self.realm.admin_url(path);
        let response = self.send(method, &url, body).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refused(&response, &url))
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Response<Bytes>, ProviderError> {
        let bearer = format!("Bearer {}", self.token.expose_secret());
        // Without `Accept` its errors are HTML pages.
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        Ok(self
            .http
            .send(request.body(bytes).map_err(unsendable)?)
            .await?)
    }
}

/// The id of what was created.
pub(crate) fn created(response: &Response<Bytes>) -> Result<String, ProviderError> {
    response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| location.rsplit('/').next())
        .map(str::to_owned)
        .ok_or_else(|| invalid("the administration did not name what it created"))
}

fn sign_in_form(credential: &AdminCredential) -> (&str, Vec<(&'static str, &str)>) {
    match credential {
        AdminCredential::Password {
            realm,
            username,
            password,
        } => {
            let fields = vec![
                ("grant_type", "password"),
                ("client_id", "admin-cli"),
                ("username", username),
                ("password", password.expose_secret()),
            ];
            (realm, fields)
        }
        AdminCredential::Client {
            realm,
            client_id,
            client_secret,
        } => {
            let fields = vec![
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_secret", client_secret.expose_secret()),
            ];
            (realm, fields)
        }
    }
}

fn not_signed_in(response: &Response<Bytes>, home: &str) -> ProviderError {
    match response.status().as_u16() {
        404 => ProviderError::Misconfigured(format!("there is no realm `{home}` to sign in to")),
        status @ 500.. => ProviderError::Unreachable(format!("Keycloak answers {status}")),
        _ if reason(response) == "Client not enabled to retrieve service account" => {
            ProviderError::Misconfigured(format!("the client has no account [{MISSING_RIGHT}]"))
        }
        _ => ProviderError::Misconfigured(
            "Keycloak does not accept the administrator's credentials".into(),
        ),
    }
}

/// What a call says that was not answered with success.
pub(crate) fn refused(response: &Response<Bytes>, url: &Url) -> ProviderError {
    let status = response.status().as_u16();
    let path = url.path();
    match status {
        401 | 403 => ProviderError::Misconfigured(format!(
            "the administrator may not call {path}: give the account the role realm-admin of the client realm-management [{MISSING_RIGHT}]"
        )),
        404 => ProviderError::NotFound,
        409 => ProviderError::Conflict,
        429 => ProviderError::RateLimited { retry_after: None },
        502..=504 => ProviderError::Unreachable(format!("Keycloak answers {status}")),
        _ => ProviderError::Misconfigured(format!("{path} answers {status}: {}", reason(response))),
    }
}

/// Keycloak's own words, from any of its error shapes.
pub(crate) fn reason(response: &Response<Bytes>) -> String {
    let answer = json(response).unwrap_or_default();
    let text = ["errorMessage", "error_description", "error"]
        .iter()
        .find_map(|name| answer.get(name)?.as_str())
        .unwrap_or("no reason given");
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect()
}

pub(crate) fn json(response: &Response<Bytes>) -> Option<Value> {
    serde_json::from_slice(response.body()).ok()
}

fn invalid(text: &str) -> ProviderError {
    ProviderError::InvalidResponse(text.into())
}

fn unsendable(_: http::Error) -> ProviderError {
    ProviderError::Misconfigured("the address cannot be called".into())
}
