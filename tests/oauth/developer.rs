//! A registered app at the real program, over the network: its tokens, and the keys that sign them.
//!
//! Owns: requests that work, and reading what comes back.
//! Must not know: what any test proves.

use reqwest::Client;
use serde_json::{Value, json};

use super::client::{CALLBACK, VERIFIER, challenge, encoded};
use crate::harness::Node;
use crate::harness::node::patient_client;

/// The app, and an operator who registered it.
#[derive(Clone)]
pub struct Developer {
    client: Client,
    base: String,
    operator: String,
    id: String,
    secret: String,
}

/// A status and what came with it.
pub type Answer = Result<(u16, Value), String>;

impl Developer {
    /// Registers an app that may refresh its tokens.
    pub async fn at(node: &Node) -> Self {
        let operator = node.run("admin token --role owner --ttl 12h");
        let mut new = Self {
            client: patient_client(60),
            base: node.url(),
            operator: operator.expect("a token"),
            id: String::new(),
            secret: String::new(),
        };
        let body = json!({
            "client_name": "Planner", "redirect_uris": [CALLBACK], "first_party": true,
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile email offline_access",
        });
        let (status, made) = new.operates("/v1/admin/apps", &body).await.expect("made");
        assert_eq!(status, 201, "{made}");
        let text = |name: &str| made[name].as_str().expect("text").to_owned();
        (new.id, new.secret) = (text("client_id"), text("client_secret"));
        new
    }

    /// A call of the operator.
    pub async fn operates(&self, path: &str, body: &Value) -> Answer {
        let call = self.client.post(format!("{}{path}", self.base));
        let call = call.bearer_auth(&self.operator).json(body);
        read(call.header("x-csrf", "1")).await
    }

    /// A code for whoever has a session's cookie.
    pub async fn code(&self, cookie: &str) -> Result<String, String> {
        let challenge = challenge();
        let query = encoded(&[
            ("client_id", &self.id),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let call = self
            .client
            .get(format!("{}/oauth/authorize?{query}", self.base));
        let call = call.header("cookie", format!("__Host-lw={cookie}"));
        let reply = call.send().await.map_err(|error| error.to_string())?;
        let to = reply.headers().get("location");
        let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
        let url = url::Url::parse(to).map_err(|_| format!("{} leads nowhere", reply.status()))?;
        let code = url.query_pairs().find(|(name, _)| name == "code");
        code.map(|(_, code)| code.into_owned())
            .ok_or_else(|| format!("no code: {url}"))
    }

    /// What a code is good for.
    pub async fn redeem(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.posts("/oauth/token", &fields).await
    }

    /// The next tokens.
    pub async fn refresh(&self, token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.posts("/oauth/token", &fields).await
    }

    /// Does a token count?
    pub async fn counts(&self, token: &str) -> Result<bool, String> {
        let (_, said) = self.posts("/oauth/introspect", &[("token", token)]).await?;
        Ok(said["active"] == true)
    }

    /// The names of all keys that are published.
    pub async fn published(&self) -> Result<Vec<Value>, String> {
        let call = self
            .client
            .get(format!("{}/.well-known/jwks.json", self.base));
        let (_, set) = read(call).await?;
        let keys = set["keys"].as_array().ok_or("no keys")?;
        Ok(keys.iter().map(|key| key["kid"].clone()).collect())
    }

    async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let call = self.client.post(format!("{}{path}", self.base));
        let call = call.basic_auth(&self.id, Some(&self.secret));
        read(call.form(fields)).await
    }
}

async fn read(call: reqwest::RequestBuilder) -> Answer {
    let reply = call.send().await.map_err(|error| error.to_string())?;
    let status = reply.status().as_u16();
    if status == 503 && !reply.headers().contains_key("retry-after") {
        return Err("told to come back, and not when".to_owned());
    }
    let body = reply.text().await.map_err(|error| error.to_string())?;
    Ok((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
}
