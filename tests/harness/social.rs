//! Stand-ins for providers that anybody may have an account at: real servers on loopback that
//! answer in the providers' shapes and sign with real keys.
//!
//! Owns: what each of them says and checks. Must not know: what any test proves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use laneway_contract::Clock as _;
use laneway_fake::ManualClock;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

/// A directory at the provider that has many.
pub const DIRECTORY: &str = "7f3c0000-0000-4000-8000-00000000aaaa";
const SECRET: &str = "a-secret-of-ours";

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Google,
    GitHub,
    Microsoft,
    Apple,
}

/// What one sign-in has to come to.
struct Grant {
    client: String,
    redirect_uri: String,
    challenge: String,
    claims: Value,
    emails: Value,
}

#[derive(Default)]
struct Script {
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, (Value, Value)>,
    made: usize,
    key_issuer: Option<String>,
    refuses_us: bool,
}

/// A running provider.
pub struct Social {
    pub kind: Kind,
    /// Without a slash at the end.
    pub base: String,
    inner: Arc<Inner>,
    task: tokio::task::JoinHandle<()>,
}

struct Inner {
    kind: Kind,
    base: String,
    clock: Arc<ManualClock>,
    script: Mutex<Script>,
    /// The key that we sign client secrets with at the one that wants that.
    client_key: Vec<u8>,
}

impl Drop for Social {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn rsa() -> &'static EncodingKey {
    static KEY: OnceLock<EncodingKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der = pair.as_der().expect("a form");
        // PKCS #8 wraps the PKCS #1 key that the signer wants in 26 bytes.
        EncodingKey::from_rsa_der(&der.as_ref()[26..])
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Social {
    pub async fn new(kind: Kind, clock: &Arc<ManualClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let random = aws_lc_rs::rand::SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let inner = Arc::new(Inner {
            kind,
            base: base.clone(),
            clock: Arc::clone(clock),
            script: Mutex::default(),
            client_key: key.expect("a key").as_ref().to_vec(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route(
                "/{directory}/v2.0/.well-known/openid-configuration",
                get(discovery),
            )
            .route("/authorize", get(|| async { "who are you?" }))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .route("/user", get(user))
            .route("/user/emails", get(emails))
            .with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Self {
            kind,
            base,
            inner,
            task,
        }
    }

    /// A config for a connection there.
    pub fn config(&self) -> Value {
        let base = &self.base;
        match self.kind {
            Kind::Google => json!({
                "provider": "google", "issuer": base, "client_id": "ours", "client_secret": SECRET,
            }),
            Kind::GitHub => json!({
                "provider": "github", "client_id": "ours", "client_secret": SECRET,
                "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"),
                "userinfo_endpoint": format!("{base}/user"),
            }),
            Kind::Microsoft => json!({
                "provider": "microsoft", "issuer": format!("{base}/common/v2.0"),
                "client_id": "ours", "client_secret": SECRET, "tenants": [DIRECTORY],
            }),
            Kind::Apple => json!({
                "provider": "apple", "issuer": base, "client_id": "ours",
                "team_id": "TEAM123456", "key_id": "KEY1234567",
                "client_secret": pem(&self.inner.client_key),
            }),
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.inner.script.lock().expect("the script")
    }

    /// From now on our client secret is not the right one.
    pub fn refuses_us(&self) {
        self.script().refuses_us = true;
    }

    /// From now on the signing key says that it is for this issuer.
    pub fn key_is_for(&self, issuer: &str) {
        self.script().key_issuer = Some(issuer.to_owned());
    }

    /// What the provider says about somebody who signs in at `authorize`.
    pub fn says(&self, authorize: &str, subject: &str) -> Said {
        let url = Url::parse(authorize).expect("an address");
        assert!(authorize.starts_with(&self.base), "{authorize}");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let now = self.inner.clock.now_ms() / 1000;
        let email = format!("{subject}@mail.test");
        let mut claims = json!({
            "iss": self.base, "aud": "ours", "sub": subject, "iat": now, "exp": now + 3600,
            "nonce": asked.get("nonce"), "email": email, "name": format!("The {subject}"),
        });
        let mut emails = Value::Null;
        match self.kind {
            Kind::Google => {
                claims["email"] = json!(format!("{subject}@gmail.com"));
                claims["email_verified"] = json!(true);
            }
            Kind::Microsoft => {
                claims["iss"] = json!(format!("{}/{DIRECTORY}/v2.0", self.base));
                claims["tid"] = json!(DIRECTORY);
                claims["oid"] = json!("o-1");
                claims["ver"] = json!("2.0");
            }
            Kind::Apple => {
                claims["email_verified"] = json!("true");
                claims["is_private_email"] = json!("true");
                claims["name"] = Value::Null;
                assert_eq!(asked["response_mode"], "form_post");
            }
            Kind::GitHub => {
                claims = json!({
                    "id": subject.parse::<u64>().unwrap_or(1), "login": format!("hub-{subject}"),
                    "name": null, "email": "shown@public.test", "type": "User",
                });
                emails = json!([
                    { "email": "old@mail.test", "primary": false, "verified": true, "visibility": null },
                    { "email": email, "primary": true, "verified": true, "visibility": "private" },
                ]);
                assert!(!asked["scope"].contains("openid"), "{authorize}");
            }
        }
        Said {
            asked,
            claims,
            emails,
            name: None,
        }
    }

    /// Gives a code for it: the parameters of the way back.
    pub fn code(&self, said: &Said) -> Vec<(String, String)> {
        let mut script = self.script();
        script.made += 1;
        let code = format!("code-{}", script.made);
        let asked = |name: &str| said.asked.get(name).cloned().unwrap_or_default();
        assert_eq!(asked("code_challenge_method"), "S256");
        let grant = Grant {
            client: asked("client_id"),
            redirect_uri: asked("redirect_uri"),
            challenge: asked("code_challenge"),
            claims: said.claims.clone(),
            emails: said.emails.clone(),
        };
        script.codes.insert(code.clone(), grant);
        let mut all = vec![("code".to_owned(), code), ("state".into(), asked("state"))];
        if let Some(name) = &said.name {
            all.push(("user".into(), name.to_string()));
        }
        all
    }
}

/// What a provider is about to say.
pub struct Said {
    pub asked: HashMap<String, String>,
    pub claims: Value,
    pub emails: Value,
    /// A member of a posted answer, the first time only.
    pub name: Option<Value>,
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    )
}

type At = State<Arc<Inner>>;

async fn discovery(State(at): At, directory: Option<Path<String>>) -> Json<Value> {
    let base = &at.base;
    let issuer = match directory {
        Some(Path(name)) if name == "common" => format!("{base}/{{tenantid}}/v2.0"),
        Some(Path(name)) => format!("{base}/{name}/v2.0"),
        None => base.clone(),
    };
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }))
}

async fn keys(State(at): At) -> Json<Value> {
    let jwk = Jwk::from_encoding_key(rsa(), Algorithm::RS256).expect("a key");
    let mut jwk = serde_json::to_value(jwk).expect("JSON");
    jwk["kid"] = json!("k1");
    jwk["use"] = json!("sig");
    let named = at.script.lock().expect("the script").key_issuer.clone();
    if let Some(issuer) = named {
        jwk["issuer"] = json!(issuer);
    }
    Json(json!({ "keys": [jwk] }))
}

fn refused(at: &Inner, code: &str) -> Response {
    // One of them refuses with the status of a success, and in words of its own.
    let (status, code) = match (at.kind, code) {
        (Kind::GitHub, "invalid_grant") => (StatusCode::OK, "bad_verification_code"),
        (Kind::GitHub, _) => (StatusCode::OK, "incorrect_client_credentials"),
        _ => (StatusCode::BAD_REQUEST, code),
    };
    let body = json!({ "error": code, "error_description": "no", "error_uri": "https://x.test" });
    (status, Json(body)).into_response()
}

/// Is this our client secret?
fn knows(at: &Inner, secret: &str) -> bool {
    if at.kind != Kind::Apple {
        return secret == SECRET;
    }
    let parts: Vec<&str> = secret.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return false;
    };
    let read = |text: &str| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let key = EncodingKey::from_ec_der(&at.client_key);
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key");
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a key");
    let message = format!("{header}.{claims}");
    let good = crypto::verify(signature, message.as_bytes(), &key, Algorithm::ES256);
    let (header, claims, now) = (read(header), read(claims), at.clock.now_ms() / 1000);
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    good.expect("a verdict")
        && header == json!({ "alg": "ES256", "kid": "KEY1234567" })
        && claims["iss"] == "TEAM123456"
        && claims["sub"] == "ours"
        && claims["aud"] == at.base.as_str()
        && claims["exp"].as_i64() > Some(now)
        && life <= 15_777_000
}

/// Client id and secret of an `Authorization` header, as members of the form.
fn basic(headers: &HeaderMap) -> Option<[(String, String); 2]> {
    let text = headers.get("authorization")?.to_str().ok()?;
    let pair = STANDARD.decode(text.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some([
        ("client_id".to_owned(), id.to_owned()),
        ("client_secret".to_owned(), secret.to_owned()),
    ])
}

async fn token(
    State(at): At,
    headers: HeaderMap,
    Form(mut form): Form<HashMap<String, String>>,
) -> Response {
    form.extend(basic(&headers).into_iter().flatten());
    let sent = |name: &str| form.get(name).cloned().unwrap_or_default();
    let refuses = at.script.lock().expect("the script").refuses_us;
    if refuses || sent("client_id") != "ours" || !knows(&at, &sent("client_secret")) {
        return refused(&at, "invalid_client");
    }
    let mut script = at.script.lock().expect("the script");
    let Some(grant) = script.codes.remove(&sent("code")) else {
        return refused(&at, "invalid_grant");
    };
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(sent("code_verifier")));
    let fits = grant.client == "ours"
        && grant.redirect_uri == sent("redirect_uri")
        && grant.challenge == proof;
    if !fits {
        return refused(&at, "invalid_grant");
    }
    script.made += 1;
    let access = format!("access-{}", script.made);
    let mut body = json!({ "access_token": access, "token_type": "bearer" });
    if at.kind == Kind::GitHub {
        body["scope"] = json!("read:user,user:email");
    } else {
        body["expires_in"] = json!(3600);
        body["id_token"] = json!(signed(&grant.claims));
    }
    let about = (grant.claims, grant.emails);
    script.tokens.insert(access, about);
    Json(body).into_response()
}

fn signed(claims: &Value) -> String {
    let head = json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" });
    let message = format!("{}.{}", part(&head), part(claims));
    let signature = crypto::sign(message.as_bytes(), rsa(), Algorithm::RS256);
    format!("{message}.{}", signature.expect("a signature"))
}

fn owner(at: &Inner, headers: &HeaderMap) -> Option<(Value, Value)> {
    let named = headers.get("user-agent")?.to_str().ok()?;
    let token = headers.get("authorization")?.to_str().ok()?;
    let token = token
        .strip_prefix("Bearer ")
        .filter(|_| !named.is_empty())?;
    let script = at.script.lock().expect("the script");
    script.tokens.get(token).cloned()
}

async fn user(State(at): At, headers: HeaderMap) -> Response {
    match owner(&at, &headers) {
        Some((person, _)) => Json(person).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn emails(State(at): At, headers: HeaderMap) -> Response {
    match owner(&at, &headers) {
        Some((_, list)) => Json(list).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}
