//! A registered app as its developer knows it, and how it asks.
//!
//! Owns: requests that work, and reading what comes back.
//! Must not know: what any test proves.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Browser, Call, LOGIN, Reply, TestApp};

pub const CALLBACK: &str = "https://planner.test/cb";
pub const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
pub const API: &str = "https://api.test/";

/// A registered app, as its developer knows it.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub secret: Option<String>,
    pub redirect: String,
}

pub fn challenge() -> String {
    B64.encode(Sha256::digest(VERIFIER))
}

pub fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).finish()
}

/// Parameters of the address that an answer leads to.
pub fn parameters(reply: &Reply) -> Vec<(String, String)> {
    let url = url::Url::parse(reply.location()).expect("an absolute address");
    url.query_pairs().into_owned().collect()
}

pub fn parameter(reply: &Reply, name: &str) -> String {
    let all = parameters(reply);
    let found = all.into_iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// What a JWT says, whoever signed it.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&B64.decode(part).expect("base64url")).expect("JSON")
}

pub fn head(token: &str) -> Value {
    let part = token.split('.').next().expect("a part");
    serde_json::from_slice(&B64.decode(part).expect("base64url")).expect("JSON")
}

impl Client {
    /// The request that works, with changes: an empty value leaves a parameter out.
    pub fn asks(&self, changes: &[(&str, &str)]) -> String {
        let challenge = challenge();
        let mut all = vec![
            ("client_id", self.id.as_str()),
            ("redirect_uri", self.redirect.as_str()),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("state", "s t&te"),
            ("nonce", "n-1"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            all.retain(|(known, _)| known != name);
            if !value.is_empty() {
                all.push((name, value));
            }
        }
        format!("{LOGIN}/oauth/authorize?{}", encoded(&all))
    }

    pub fn basic(&self) -> String {
        let secret = self.secret.clone().unwrap_or_default();
        format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.id)))
    }

    /// A call of the app itself: with its secret if it has one.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        let mut all = fields.to_vec();
        if self.secret.is_none() {
            all.push(("client_id", self.id.as_str()));
        }
        let call = Call::form(&format!("{LOGIN}{path}"), &all);
        match &self.secret {
            Some(_) => call.header("authorization", &self.basic()),
            None => call,
        }
    }

    pub fn redeems(&self, code: &str) -> Call {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", VERIFIER),
        ];
        self.form("/oauth/token", &fields)
    }

    pub fn refreshes(&self, token: &str) -> Call {
        self.form(
            "/oauth/token",
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
        )
    }
}

impl TestApp {
    /// Registers an app of the tenant itself, with changes.
    pub async fn client(&self, changes: Value) -> Client {
        let mut body = json!({
            "client_name": "Planner", "redirect_uris": [CALLBACK], "first_party": true,
            "grant_types": ["authorization_code", "refresh_token"], "audiences": [API],
            "scope": "openid profile email offline_access organization plans:read",
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let made = self
            .admin("POST", "/v1/admin/apps", body)
            .await
            .expect(201)
            .json();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Client {
            id: text(&made["client_id"]).expect("an id"),
            secret: text(&made["client_secret"]),
            redirect: text(&made["redirect_uris"][0]).unwrap_or_default(),
        }
    }

    /// The test's instant as claims have it.
    pub fn clock_s(&self) -> i64 {
        self.core().now() / 1000
    }

    /// A code for whoever is signed in there.
    pub async fn code(
        &self,
        browser: &mut Browser,
        client: &Client,
        changes: &[(&str, &str)],
    ) -> String {
        let reply = browser.get(&client.asks(changes)).await.expect(303);
        assert!(
            reply.location().starts_with(&client.redirect),
            "{}",
            reply.location()
        );
        let code = parameter(&reply, "code");
        assert!(!code.is_empty(), "{}", reply.location());
        code
    }

    pub async fn tokens(&self, browser: &mut Browser, client: &Client) -> Value {
        let code = self.code(browser, client, &[]).await;
        self.browser()
            .send(client.redeems(&code))
            .await
            .expect(200)
            .json()
    }

    pub async fn userinfo(&self, token: &Value) -> Reply {
        let token = token.as_str().expect("a token");
        self.browser()
            .send(Call::new("GET", &format!("{LOGIN}/oauth/userinfo")).bearer(token))
            .await
    }
}

/// Fails unless it is this refusal in the form of OAuth.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, error: &str) {
    let body = reply.json();
    assert_eq!(
        (reply.code(), body["error"].as_str()),
        (status, Some(error)),
        "{}",
        reply.text()
    );
    assert!(body["error_description"].is_string());
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(reply.header("access-control-allow-origin").is_empty());
}

/// Posts a page's form with these fields changed or added.
pub async fn submit(
    browser: &mut Browser,
    page: &Reply,
    path: &str,
    fields: &[(&str, &str)],
) -> Reply {
    let html = page.text();
    let mut all: Vec<(String, String)> = Vec::new();
    for input in html
        .split("<input")
        .skip(1)
        .filter(|input| input.contains("type=\"hidden\""))
    {
        let attribute = |name: &str| {
            let rest = input.split(&format!(" {name}=\"")).nth(1)?;
            rest.split('"')
                .next()
                .map(|text| text.replace("&amp;", "&").replace("&#38;", "&"))
        };
        if let (Some(name), Some(value)) = (attribute("name"), attribute("value")) {
            // Several forms on a page share what is hidden.
            if all.iter().all(|(known, _)| *known != name) {
                all.push((name, value));
            }
        }
    }
    for (name, value) in fields {
        all.retain(|(known, _)| known != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser
        .send(Call::form(&format!("{LOGIN}{path}"), &all))
        .await
}
