//! A customer's organization with a connection that a live Keycloak speaks to.
//!
//! Owns: its calls, test logins and sign-ins. Must not know: what any test proves.

use serde_json::{Value, json};

use super::customer::real_time;
use super::realms::Realms;
use super::{Browser, Call, Reply, TestApp};
use crate::suite::web;

/// Name of the upstream.
pub const UPSTREAM: &str = "kc";

/// An organization with a connection.
pub struct BrokeredCustomer {
    /// The program, on the machine's clock: the provider uses it too.
    pub app: TestApp,
    /// The realms.
    pub realms: Realms,
    /// The instance owner's token.
    pub token: String,
    /// The organization's id.
    pub org: String,
    /// The connection as it was made.
    pub made: Value,
    /// Its id.
    pub id: String,
}

impl BrokeredCustomer {
    /// With a tenant that signs in at Keycloak, and no connection yet; `None` where none runs.
    pub async fn tenant() -> Option<Self> {
        Self::tenant_of(TestApp::sqlite_with(real_time()).await).await
    }

    pub async fn tenant_of(app: TestApp) -> Option<Self> {
        let realms = Realms::new().await?;
        let token = app.operator().await;
        let mut one = Self {
            app,
            realms,
            token,
            org: String::new(),
            made: Value::Null,
            id: String::new(),
        };
        let body = one.realms.bootstrap(UPSTREAM).await;
        let made = one.call("POST", "/v1/admin/upstreams", &body).await;
        let path = format!(
            "/v1/admin/upstreams/{}",
            text(&made.expect(201).json()["id"])
        );
        one.call("PATCH", &path, &json!({ "role": "primary" }))
            .await
            .expect(200);
        let body = json!({ "slug": "acme", "name": "Acme" });
        let org = one.call("POST", "/v1/organizations", &body).await;
        one.org = text(&org.expect(201).json()["id"]);
        Some(one)
    }

    /// With an OpenID Connect connection, registered at the customer's.
    pub async fn oidc() -> Option<Self> {
        let mut one = Self::tenant().await?;
        one.add_oidc().await;
        Some(one)
    }

    pub async fn add_oidc(&mut self) {
        // The customer needs the address first, and the address the connection.
        let config = self.realms.oidc_config("https://not.yet.test/").await;
        let body = json!({ "protocol": "oidc", "name": "Acme SSO", "broker": "upstream",
            "config": config });
        let made = self.call("POST", &self.path("connections"), &body).await;
        self.keep(made);
        self.register_oidc(&text(&config["client_id"])).await;
    }

    /// Registers the connection's redirect URI with a client of the customer's.
    pub async fn register_oidc(&self, client_id: &str) {
        let path = format!("/{}/clients", self.realms.customer);
        let found = self
            .realms
            .send(
                reqwest::Method::GET,
                &format!("{path}?clientId={client_id}"),
                None,
            )
            .await;
        let path = format!("{path}/{}", text(&found[0]["id"]));
        let body = json!({ "clientId": client_id, "redirectUris": [self.made["redirect_uri"]] });
        self.realms
            .send(reqwest::Method::PUT, &path, Some(body))
            .await;
    }

    /// With a SAML connection, registered at the customer's.
    pub async fn saml() -> Option<Self> {
        let mut one = Self::tenant().await?;
        let metadata = one
            .realms
            .at(&one.realms.customer, "/protocol/saml/descriptor");
        // Nobody has to choose: it is the usual way.
        let body = json!({ "protocol": "saml", "name": "Acme SSO",
            "config": { "metadata_url": metadata } });
        let made = one.call("POST", &one.path("connections"), &body).await;
        one.keep(made);
        one.realms
            .register_saml(&text(&one.made["sp_metadata_url"]))
            .await;
        Some(one)
    }

    fn keep(&mut self, made: Reply) {
        self.made = made.expect(201).json();
        self.id = text(&self.made["id"]);
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
        let body = json!({ "mode": "full_sync", "rules": rules });
        self.call("PUT", &self.at("role-mappings"), &body)
            .await
            .expect(200);
    }

    /// A test login that has been begun: where its trace is, its browser, where it was sent.
    pub async fn begin_test(&self) -> (String, Browser, String) {
        let made = self.call("POST", &self.at("tests"), &json!({})).await;
        let made = made.expect(201);
        let mut browser = self.app.browser();
        let start = browser.get(&text(&made.json()["url"])).await.expect(303);
        (
            made.location().to_owned(),
            browser,
            start.location().to_owned(),
        )
    }

    /// A test login by somebody; the trace.
    pub async fn test(&self, login: &str) -> Value {
        let begun = self.begin_test().await;
        self.end_test(begun, login).await
    }

    pub async fn end_test(
        &self,
        (trace, mut browser, there): (String, Browser, String),
        login: &str,
    ) -> Value {
        let back = self
            .realms
            .walk(&mut web::Browser::new(), &there, login)
            .await;
        browser.get(&back).await.expect(200);
        let call = Call::new("GET", &trace).bearer(&self.token);
        self.app.browser().send(call).await.expect(200).json()
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

    /// Where a sign-in begun in this browser is sent.
    pub async fn begin(&self, browser: &mut Browser) -> Reply {
        let start = format!("/federation/{}/start?return_to=/account", self.id);
        browser.get(&start).await
    }

    /// The address that somebody is sent back to.
    pub async fn way_back(&self, browser: &mut Browser, login: &str) -> String {
        let start = self.begin(browser).await.expect(303);
        self.realms
            .walk(&mut web::Browser::new(), start.location(), login)
            .await
    }

    /// The answer of our callback to a sign-in by somebody.
    pub async fn sign_in(&self, browser: &mut Browser, login: &str) -> Reply {
        let back = self.way_back(browser, login).await;
        browser.get(&back).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
