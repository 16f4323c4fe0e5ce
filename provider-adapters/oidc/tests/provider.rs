//! A scripted provider behind the engine's HTTP client: discovery, keys, tokens, userinfo.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use laneway_contract::{
    BeginRedirect, Callback, Clock, Env, HttpClient, HttpError, LoginStep, ProviderError,
    RedirectLogin as _, RedirectTo, UpstreamIdentity,
};
use laneway_fake::{ManualClock, SeededRandom};
use laneway_oidc::{OidcConfig, OidcProvider};
use serde_json::{Map, Value, json};
use url::Url;

use crate::signer::Signer;

pub const ISSUER: &str = "https://idp.example/realm";
pub const NOW_S: i64 = 1_800_000_000;
pub const REDIRECT: &str = "https://us.example/federation/callback/idp";

/// What one endpoint answers.
#[derive(Clone)]
pub enum Reply {
    Json(u16, Value),
    Raw(u16, &'static str, String),
    Down,
}

pub struct Script {
    pub discovery: Value,
    pub discovery_down: bool,
    pub keys: Vec<Value>,
    pub keys_down: bool,
    pub id_token: Option<String>,
    pub token: Option<Reply>,
    pub userinfo: Option<Reply>,
    pub introspection: Option<Reply>,
    pub revocation: Option<Reply>,
    pub authorize: Option<Reply>,
    pub requests: Vec<Request<Bytes>>,
}

pub struct Op(pub Mutex<Script>);

impl Op {
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    pub fn count(&self, path: &str) -> usize {
        self.script()
            .requests
            .iter()
            .filter(|r| r.uri().path().ends_with(path))
            .count()
    }

    pub fn last(&self, path: &str) -> Request<Bytes> {
        let script = self.script();
        script
            .requests
            .iter()
            .rev()
            .find(|r| r.uri().path().ends_with(path))
            .unwrap()
            .clone()
    }
}

#[async_trait]
impl HttpClient for Op {
    fn judge(&self, _: &url::Url) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let reply = {
            let mut script = self.script();
            script.requests.push(request.clone());
            script.reply(request.uri().path())
        };
        tokio::task::yield_now().await;
        match reply {
            Reply::Down => Err(HttpError::Unreachable("idp.example".into())),
            Reply::Json(status, body) => Ok(answer(status, "application/json", body.to_string())),
            Reply::Raw(status, kind, body) => Ok(answer(status, kind, body)),
        }
    }
}

fn answer(status: u16, kind: &str, body: String) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .body(Bytes::from(body))
        .unwrap()
}

impl Script {
    fn reply(&self, path: &str) -> Reply {
        match path {
            "/realm/.well-known/openid-configuration" if self.discovery_down => Reply::Down,
            "/realm/.well-known/openid-configuration" => Reply::Json(200, self.discovery.clone()),
            "/keys" if self.keys_down => Reply::Down,
            "/keys" => Reply::Json(200, json!({"keys": self.keys})),
            "/token" => self
                .token
                .clone()
                .unwrap_or_else(|| Reply::Json(200, self.tokens())),
            "/userinfo" => self
                .userinfo
                .clone()
                .unwrap_or_else(|| Reply::Json(200, json!({"sub": "s-1"}))),
            "/authorize" => {
                self.authorize
                    .clone()
                    .unwrap_or(Reply::Raw(302, "text/html", String::new()))
            }
            "/introspect" => self.introspection.clone().unwrap_or(Reply::Down),
            "/revoke" => self.revocation.clone().unwrap_or(Reply::Down),
            _ => Reply::Raw(404, "text/html", "no such page".into()),
        }
    }

    fn tokens(&self) -> Value {
        json!({"access_token": "at-1", "token_type": "Bearer", "expires_in": 300,
            "refresh_token": "rt-1", "scope": "openid", "id_token": self.id_token})
    }
}

/// The engine, its provider and the hands on both.
pub struct Rig {
    pub op: Arc<Op>,
    pub clock: Arc<ManualClock>,
    pub rp: OidcProvider,
    pub signer: Signer,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(json!({}))
    }

    pub fn with(options: Value) -> Self {
        Self::build(options, Signer::rsa(jsonwebtoken::Algorithm::RS256, "k1"))
    }

    pub fn build(options: Value, signer: Signer) -> Self {
        let op = Arc::new(Op(Mutex::new(Script {
            discovery: discovery(),
            discovery_down: false,
            keys: vec![signer.jwk()],
            keys_down: false,
            id_token: None,
            token: None,
            userinfo: None,
            introspection: None,
            revocation: None,
            authorize: None,
            requests: vec![],
        })));
        let clock = ManualClock::at(NOW_S * 1000);
        let env = Env {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(SeededRandom::new(7)),
            http: Arc::clone(&op) as Arc<dyn HttpClient>,
        };
        let rp = OidcProvider::new(config(options), env).unwrap();
        Self {
            op,
            clock,
            rp,
            signer,
        }
    }

    pub async fn begin(&self) -> RedirectTo {
        self.rp.begin(request()).await.unwrap()
    }

    /// Claims of a good ID token for this login.
    pub fn claims(&self, begun: &RedirectTo) -> Value {
        let now = self.clock.now_ms() / 1000;
        json!({"iss": ISSUER, "aud": "laneway", "sub": "s-1", "exp": now + 300, "iat": now,
            "auth_time": now - 5, "nonce": query(&begun.url, "nonce").unwrap()})
    }

    /// Goes the whole way with this ID token.
    pub async fn finish(
        &self,
        begun: &RedirectTo,
        id_token: String,
    ) -> Result<LoginStep, ProviderError> {
        self.op.script().id_token = Some(id_token);
        self.complete(begun, &good_answer()).await
    }

    pub async fn complete(
        &self,
        begun: &RedirectTo,
        params: &[(&str, &str)],
    ) -> Result<LoginStep, ProviderError> {
        self.rp.complete(&begun.state, callback(params)).await
    }

    /// A whole login whose good claims were changed first.
    pub async fn login_with(
        &self,
        change: impl FnOnce(&mut Value),
    ) -> Result<LoginStep, ProviderError> {
        let begun = self.begin().await;
        let mut claims = self.claims(&begun);
        change(&mut claims);
        let token = self.signer.sign(&claims);
        self.finish(&begun, token).await
    }

    pub async fn login(&self) -> UpstreamIdentity {
        identity(self.login_with(|_| {}).await)
    }
}

pub fn identity(step: Result<LoginStep, ProviderError>) -> UpstreamIdentity {
    match step {
        Ok(LoginStep::Authenticated(identity)) => *identity,
        other => panic!("not signed in: {other:?}"),
    }
}

/// The text of an `InvalidResponse`; anything else fails the test.
pub fn invalid(step: Result<LoginStep, ProviderError>) -> String {
    match step {
        Err(ProviderError::InvalidResponse(text)) => text,
        other => panic!("not refused as invalid: {other:?}"),
    }
}

pub fn good_answer() -> [(&'static str, &'static str); 3] {
    [("code", "c-1"), ("state", "st-1"), ("iss", ISSUER)]
}

pub fn callback(params: &[(&str, &str)]) -> Callback {
    Callback {
        redirect_uri: Url::parse(REDIRECT).unwrap(),
        params: params
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
    }
}

pub fn request() -> BeginRedirect {
    BeginRedirect {
        redirect_uri: Url::parse(REDIRECT).unwrap(),
        state: "st-1".into(),
        login_hint: None,
        prompt: None,
        acr: None,
        max_age: None,
        ui_locales: None,
    }
}

pub fn config(options: Value) -> OidcConfig {
    OidcConfig {
        issuer: ISSUER.into(),
        client_id: "laneway".into(),
        client_secret: Some("s3cret&+ü".into()),
        scopes: vec!["email".into(), "profile".into()],
        options: serde_json::from_value(options).unwrap(),
    }
}

pub fn discovery() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://idp.example/authorize?ui=1",
        "token_endpoint": "https://idp.example/token",
        "jwks_uri": "https://idp.example/keys",
        "userinfo_endpoint": "https://idp.example/userinfo",
        "end_session_endpoint": "https://idp.example/logout",
        "authorization_response_iss_parameter_supported": true,
        "id_token_signing_alg_values_supported":
            ["none", "HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"],
    })
}

pub fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub fn form(request: &Request<Bytes>) -> Map<String, Value> {
    url::form_urlencoded::parse(request.body())
        .map(|(k, v)| (k.into_owned(), Value::String(v.into_owned())))
        .collect()
}
