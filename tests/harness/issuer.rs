//! An issuer of access tokens that does what a test wants: a real server on loopback that signs
//! with real keys, and faults.
//!
//! Owns: what it publishes and how often it was asked. Must not know: what any test proves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use laneway_contract::Clock as _;
use laneway_fake::ManualClock;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::TestApp;

/// What it calls us as a resource.
pub const AUDIENCE: &str = "https://api.test/";

/// A signing key.
pub struct Key {
    pub kid: &'static str,
    key: EncodingKey,
}

impl Key {
    pub fn new(kid: &'static str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        Self {
            kid,
            key: EncodingKey::from_ec_der(der.expect("a key").as_ref()),
        }
    }

    pub fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).expect("a key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as("at+jwt", claims)
    }

    pub fn sign_as(&self, typ: &str, claims: &Value) -> String {
        let head = json!({ "alg": "ES256", "kid": self.kid, "typ": typ });
        let message = format!("{}.{}", part(&head), part(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::ES256);
        format!("{message}.{}", signature.expect("a signature"))
    }
}

/// One part of a token.
pub fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[derive(Default)]
struct Script {
    answers: HashMap<String, ResponseTemplate>,
    asked: HashMap<String, usize>,
}

/// The issuer.
pub struct Issuer {
    server: MockServer,
    script: Arc<Mutex<Script>>,
    clock: Arc<ManualClock>,
    /// What it signs with at first.
    pub key: Key,
}

impl Issuer {
    pub async fn new(app: &TestApp) -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let server = MockServer::start().await;
        let answering = Arc::clone(&script);
        let answer = move |request: &Request| {
            let mut script = answering.lock().expect("the script");
            let path = request.url.path().to_owned();
            *script.asked.entry(path.clone()).or_default() += 1;
            let known = script.answers.get(&path).cloned();
            known.unwrap_or_else(|| ResponseTemplate::new(404))
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let issuer = Self {
            server,
            script,
            clock: Arc::clone(&app.clock),
            key: Key::new("k1"),
        };
        let base = issuer.url();
        issuer.says(
            "/.well-known/openid-configuration",
            json!({
                "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
                "introspection_endpoint": format!("{base}/introspect"),
            }),
        );
        issuer.publishes(&[&issuer.key]);
        issuer
    }

    /// Without a slash at the end.
    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// From now on a path answers this.
    pub fn answers(&self, path: &str, answer: ResponseTemplate) {
        let mut script = self.script.lock().expect("the script");
        script.answers.insert(path.to_owned(), answer);
    }

    /// The same with a document.
    pub fn says(&self, path: &str, document: Value) {
        let answer = ResponseTemplate::new(200).set_body_json(document);
        self.answers(path, answer);
    }

    /// From now on these are its keys.
    pub fn publishes(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        self.says("/keys", json!({ "keys": keys }));
    }

    /// From now on it says this about every token.
    pub fn tells(&self, about: Value) {
        self.says("/introspect", about);
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        let script = self.script.lock().expect("the script");
        script.asked.get(path).copied().unwrap_or_default()
    }

    /// Claims of a token of access that counts.
    pub fn claims(&self, subject: &str) -> Value {
        let now = self.clock.now_ms() / 1000;
        json!({
            "iss": self.url(), "aud": AUDIENCE, "sub": subject, "client_id": "cli",
            "iat": now, "exp": now + 3600, "jti": "j1", "scope": "read write",
        })
    }

    /// A token that counts.
    pub fn token(&self, subject: &str) -> String {
        self.key.sign(&self.claims(subject))
    }

    /// Makes it an upstream of the default tenant, with rules for its tokens; the id.
    pub async fn attach(&self, app: &TestApp, bearer: Value) -> String {
        let body = json!({
            "kind": "oidc", "name": "idp", "issuer": self.url(), "client_id": "ours",
            "client_secret": "a-secret-of-ours", "options": { "bearer": bearer },
        });
        let made = app.admin("POST", "/v1/admin/upstreams", body).await;
        let id = made.expect(201).json()["id"].clone();
        id.as_str().expect("an id").to_owned()
    }

    /// The same with nothing said but the audience.
    pub async fn attached(app: &TestApp) -> Self {
        let issuer = Self::new(app).await;
        issuer.attach(app, json!({ "audiences": [AUDIENCE] })).await;
        issuer
    }
}

/// Links a person to whom the issuer calls so.
pub async fn link(app: &TestApp, user: &str, subject: &str) {
    let path = format!("/v1/admin/users/{user}/identities");
    let body = json!({ "upstream": "idp", "subject": subject });
    let reply = app.admin("PUT", &path, body).await;
    assert!(reply.code() < 300, "{}", reply.text());
}

/// An answer that comes too late.
pub fn late() -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "keys": [] }))
        .set_delay(Duration::from_secs(20))
}

/// More than anybody reads.
pub fn huge() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string("x".repeat(12 * 1024 * 1024))
}
