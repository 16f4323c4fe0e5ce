//! A customer's organization with a connection at a live provider.
//!
//! Owns: its calls, test logins and sign-ins. Must not know: what any test proves.

use serde_json::{Value, json};

use super::app::Options;
use super::idp::Idp;
use super::{Browser, Call, Reply, TestApp};

/// An organization with a connection at a live provider.
pub struct Customer {
    /// The program, on the machine's clock: the provider uses it too.
    pub app: TestApp,
    /// The provider.
    pub idp: Idp,
    /// The instance owner's token.
    pub token: String,
    /// The organization's id.
    pub org: String,
    /// The connection's id.
    pub id: String,
    /// As it was sent.
    pub config: Value,
}

pub fn real_time() -> Options {
    Options {
        real_time: true,
        ..Options::default()
    }
}

impl Customer {
    /// `None` where no provider runs.
    pub async fn new() -> Option<Self> {
        let idp = Idp::new().await?;
        let config = idp.config();
        Some(Self::with(idp, config).await)
    }

    pub async fn with(idp: Idp, config: Value) -> Self {
        let app = TestApp::sqlite_with(real_time()).await;
        Self::in_app(app, idp, config).await
    }

    pub async fn in_app(app: TestApp, idp: Idp, config: Value) -> Self {
        let token = app.operator().await;
        let mut one = Self {
            app,
            idp,
            token,
            org: String::new(),
            id: String::new(),
            config,
        };
        let body = json!({ "slug": "acme", "name": "Acme" });
        let made = one
            .call("POST", "/v1/organizations", &body)
            .await
            .expect(201);
        made.json()["id"]
            .as_str()
            .expect("an id")
            .clone_into(&mut one.org);
        let body = json!({ "protocol": "oidc", "name": "Acme SSO", "config": one.config });
        let made = one
            .call("POST", &one.path("connections"), &body)
            .await
            .expect(201)
            .json();
        made["id"].as_str().expect("an id").clone_into(&mut one.id);
        let back = made["redirect_uri"].as_str().expect("a redirect URI");
        one.idp.register(&one.config, back).await;
        one
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}/{rest}", self.org)
    }

    pub fn at(&self, rest: &str) -> String {
        let slash = if rest.is_empty() { "" } else { "/" };
        self.path(&format!("connections/{}{slash}{rest}", self.id))
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let call = Call::api(method, path, body).bearer(&self.token);
        self.app.browser().send(call).await
    }

    pub async fn get(&self, rest: &str) -> Value {
        let call = Call::new("GET", &self.at(rest)).bearer(&self.token);
        self.app.browser().send(call).await.expect(200).json()
    }

    pub async fn put_rules(&self, rules: &Value) {
        let body = json!({ "rules": rules });
        self.call("PUT", &self.at("role-mappings"), &body)
            .await
            .expect(200);
    }

    /// A test login by somebody, in a browser; the trace.
    pub async fn test_in(&self, browser: &mut Browser, login: &str) -> Value {
        let made = self
            .call("POST", &self.at("tests"), &json!({}))
            .await
            .expect(201);
        let test = made.json();
        assert_eq!(test["state"], "waiting");
        let start = browser
            .get(test["url"].as_str().expect("an address"))
            .await
            .expect(303);
        let back = self.idp.sign_in(start.location(), login).await.address();
        browser.get(&back).await.expect(200);
        let call = Call::new("GET", made.location()).bearer(&self.token);
        self.app.browser().send(call).await.expect(200).json()
    }

    pub async fn test(&self, login: &str) -> Value {
        self.test_in(&mut self.app.browser(), login).await
    }

    /// Tested by somebody, live, and open to all.
    pub async fn go_live(&self, login: &str) {
        let trace = self.test(login).await;
        assert_eq!(trace["state"], "passed", "{trace}");
        let body = json!({ "hash": trace["hash"] });
        self.call("POST", &self.at("activate"), &body)
            .await
            .expect(200);
        self.call("PATCH", &self.at(""), &json!({ "rollout": "all" }))
            .await
            .expect(200);
    }

    /// The answer of our callback to a sign-in by somebody.
    pub async fn sign_in(&self, browser: &mut Browser, login: &str) -> Reply {
        let back = self.way_back(browser, login).await;
        browser.get(&back).await
    }

    /// The address that the provider sends somebody back to.
    pub async fn way_back(&self, browser: &mut Browser, login: &str) -> String {
        let start = browser
            .get(&format!("/federation/{}/start?return_to=/account", self.id))
            .await
            .expect(303);
        self.idp.sign_in(start.location(), login).await.address()
    }
}
