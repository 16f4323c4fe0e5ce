//! A token endpoint that stalls: a real server on loopback whose refresh tokens may be used once.
//!
//! Owns: whose each token is, and two ways to keep a caller waiting: its door is shut, so that
//! nothing of a request is read, or it has taken the request and does not answer.
//! Must not know: what any test proves.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use laneway::outbound::SystemClock;
use laneway_contract::Clock as _;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::harness::issuer::Key;

/// The first access token lives so long: it is renewed at the first request, and dead soon.
const FIRST_S: i64 = 2;
const RENEWED_S: i64 = 300;

#[derive(Default)]
struct Script {
    /// Connections that came while the door was shut.
    held: Option<Vec<TcpStream>>,
    /// Renewals are taken, and not answered.
    stalls: bool,
    /// A refresh token that is brought again ends its grant; else it is taken once more.
    strict: bool,
    codes: HashMap<String, (String, String)>,
    access: BTreeMap<String, String>,
    /// Refresh tokens: whose.
    refresh: BTreeMap<String, String>,
    spent: BTreeSet<String>,
    renewed: usize,
    reused: usize,
    count: usize,
}

struct Inside {
    base: String,
    tokens: String,
    key: Key,
    script: Mutex<Script>,
}

impl Inside {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The provider.
pub struct Provider {
    inside: Arc<Inside>,
    _servers: JoinSet<()>,
}

impl Provider {
    /// The token endpoint listens apart from the rest, so that its door can be shut alone.
    pub async fn start() -> Self {
        laneway::cli::install_crypto();
        let bind = || TcpListener::bind("127.0.0.1:0");
        let (rest, tokens) = (bind().await.expect("a port"), bind().await.expect("a port"));
        let url = |of: &TcpListener| format!("http://{}", of.local_addr().expect("an address"));
        let inside = Arc::new(Inside {
            base: url(&rest),
            tokens: url(&tokens),
            key: Key::new("k1"),
            script: Mutex::default(),
        });
        let pages = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&inside));
        let issues = Router::new()
            .route("/token", post(token))
            .with_state(Arc::clone(&inside));
        let door = Door(tokens, Arc::clone(&inside));
        let mut servers = JoinSet::new();
        servers.spawn(async move { axum::serve(rest, pages).await.expect("a server") });
        servers.spawn(async move { axum::serve(door, issues).await.expect("a server") });
        Self {
            inside,
            _servers: servers,
        }
    }

    pub fn url(&self) -> &str {
        &self.inside.base
    }

    /// Somebody has signed in there; the code that the browser brings.
    pub fn code(&self, subject: &str, nonce: &str) -> String {
        let mut script = self.inside.script();
        let code = script.next("code");
        let asked = (subject.to_owned(), nonce.to_owned());
        script.codes.insert(code.clone(), asked);
        code
    }

    /// From now on nothing is read at the token endpoint.
    pub fn shut(&self) {
        self.inside.script().held = Some(Vec::new());
    }

    /// How many wait before the shut door.
    pub fn waiting(&self) -> usize {
        self.inside.script().held.as_ref().map_or(0, Vec::len)
    }

    /// From now on a renewal is taken, and its answer never comes.
    pub fn stall(&self) {
        self.inside.script().stalls = true;
    }

    /// All is well again. Whoever waited is not heard.
    pub fn recover(&self) {
        let mut script = self.inside.script();
        (script.held, script.stalls) = (None, false);
    }

    pub fn punishes_reuse(&self, strict: bool) {
        self.inside.script().strict = strict;
    }

    /// How many renewals it was asked for, and how many of them with a spent token; counts anew.
    pub fn renewals(&self) -> (usize, usize) {
        let mut script = self.inside.script();
        let counted = (script.renewed, script.reused);
        (script.renewed, script.reused) = (0, 0);
        counted
    }

    /// How many renewals it was asked for so far.
    pub fn asked(&self) -> usize {
        self.inside.script().renewed
    }

    pub fn owner_of(&self, access: &str) -> Option<String> {
        self.inside.script().access.get(access).cloned()
    }
}

impl Script {
    fn next(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}-{}", self.count)
    }

    fn pair(&mut self, subject: &str, lives: i64) -> Value {
        let (access, refresh) = (self.next("at"), self.next("rt"));
        self.access.insert(access.clone(), subject.to_owned());
        self.refresh.insert(refresh.clone(), subject.to_owned());
        json!({
            "access_token": access, "refresh_token": refresh,
            "token_type": "Bearer", "expires_in": lives,
        })
    }

    fn renew(&mut self, token: &str) -> Option<Value> {
        self.renewed += 1;
        let subject = self.refresh.get(token)?.clone();
        if !self.spent.insert(token.to_owned()) {
            self.reused += 1;
            if self.strict {
                self.refresh.retain(|_, of| *of != subject);
                return None;
            }
        }
        Some(self.pair(&subject, RENEWED_S))
    }
}

/// Hands connections on, unless it is shut.
struct Door(TcpListener, Arc<Inside>);

impl axum::serve::Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, from) = self.0.accept().await.expect("a connection");
            match &mut self.1.script().held {
                Some(held) => held.push(stream),
                None => return (stream, from),
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

async fn discovery(State(inside): State<Arc<Inside>>) -> Json<Value> {
    let base = &inside.base;
    Json(json!({
        "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{}/token", inside.tokens), "jwks_uri": format!("{base}/keys"),
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(inside): State<Arc<Inside>>) -> Json<Value> {
    Json(json!({ "keys": [inside.key.jwk()] }))
}

/// No connection is kept: each request comes to the door anew.
async fn token(
    State(inside): State<Arc<Inside>>,
    Form(asked): Form<HashMap<String, String>>,
) -> Response {
    let said = match asked.get("grant_type").map(String::as_str) {
        Some("authorization_code") => first(&inside, &asked),
        Some("refresh_token") => renewed(&inside, &asked).await,
        _ => None,
    };
    let (status, said) = match said {
        Some(said) => (StatusCode::OK, said),
        None => (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
    };
    let mut reply = (status, Json(said)).into_response();
    let close = HeaderValue::from_static("close");
    reply.headers_mut().insert(header::CONNECTION, close);
    reply
}

fn first(inside: &Inside, asked: &HashMap<String, String>) -> Option<Value> {
    let mut script = inside.script();
    let (subject, nonce) = script.codes.remove(asked.get("code")?)?;
    let mut said = script.pair(&subject, FIRST_S);
    let now = SystemClock.now_ms() / 1000;
    let claims = json!({
        "iss": inside.base, "aud": "ours", "sub": subject, "nonce": nonce,
        "iat": now, "exp": now + 300,
    });
    said["id_token"] = json!(inside.key.sign_as("JWT", &claims));
    Some(said)
}

async fn renewed(inside: &Inside, asked: &HashMap<String, String>) -> Option<Value> {
    let said = inside.script().renew(asked.get("refresh_token")?);
    if inside.script().stalls {
        // Longer than any of the tests.
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    said
}
