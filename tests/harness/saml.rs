//! A customer whose provider speaks SAML and says what a test wants.
//!
//! Owns: its calls, test logins and sign-ins. Must not know: what any test proves.

use laneway_contract::Clock as _;
use laneway_fake::saml_idp::{Said, SamlIdp};
use serde_json::{Value, json};
use url::Url;

use super::{Browser, Call, Reply, TestApp};

/// An organization with a SAML connection.
pub struct SamlCustomer {
    /// The program.
    pub app: TestApp,
    /// The provider.
    pub idp: SamlIdp,
    /// The instance owner's token.
    pub token: String,
    /// The organization's id.
    pub org: String,
    /// The connection as it was made.
    pub made: Value,
    /// Its id.
    pub id: String,
}

impl SamlCustomer {
    pub async fn new() -> Self {
        Self::with(&json!({})).await
    }

    /// With more in its config.
    pub async fn with(more: &Value) -> Self {
        Self::in_app(TestApp::sqlite().await, more).await
    }

    pub async fn in_app(app: TestApp, more: &Value) -> Self {
        let idp = SamlIdp::new(
            "https://idp.acme.test/meta",
            "https://idp.acme.test/sso?t=1",
        );
        let mut one = Self {
            token: app.operator().await,
            app,
            idp,
            org: String::new(),
            made: Value::Null,
            id: String::new(),
        };
        let body = json!({ "slug": "acme", "name": "Acme" });
        let org = one.call("POST", "/v1/organizations", &body).await;
        one.org = text(&org.expect(201).json()["id"]);
        let mut config = json!({ "metadata_xml": one.idp.metadata() });
        for (name, value) in more.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        let body = json!({ "protocol": "saml", "name": "Acme SSO", "config": config });
        let made = one.call("POST", &one.path("connections"), &body).await;
        one.made = made.expect(201).json();
        one.id = text(&one.made["id"]);
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

    /// What the provider says to the request in this address, about somebody.
    pub fn says(&self, address: &str, name_id: &str, groups: &[&str]) -> (Said, String) {
        let request = self.idp.read(&Url::parse(address).expect("an address"));
        let mut said = self.idp.says(&request, name_id, self.app.clock.now_ms());
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        said.attributes = vec![
            ("email".into(), vec![format!("{name_id}@acme.test")]),
            ("displayName".into(), vec![format!("The {name_id}")]),
            ("groups".into(), groups),
        ];
        (said, request.relay_state)
    }

    /// Posts an answer as a browser does across sites: without any cookie.
    pub async fn posts(&self, response: &str, relay_state: &str) -> Reply {
        let fields = [("SAMLResponse", response), ("RelayState", relay_state)];
        let place = text(&self.made["acs_url"]);
        let call = Call::form(&place, &fields).bare();
        let call = call.header("origin", "https://idp.acme.test");
        self.app
            .browser()
            .send(call.header("sec-fetch-site", "cross-site"))
            .await
    }

    /// A test login in a browser; the trace.
    pub async fn test_with(&self, browser: &mut Browser, change: impl FnOnce(&mut Said)) -> Value {
        let made = self.call("POST", &self.at("tests"), &json!({})).await;
        let made = made.expect(201);
        let start = browser.get(&text(&made.json()["url"])).await.expect(303);
        let (mut said, relay) = self.says(start.location(), "mona", &["staff"]);
        change(&mut said);
        let kept = self
            .posts(&self.idp.posted(&said), &relay)
            .await
            .expect(303);
        browser.get(kept.location()).await.expect(200);
        let call = Call::new("GET", made.location()).bearer(&self.token);
        self.app.browser().send(call).await.expect(200).json()
    }

    /// Tested, live, and open to all.
    pub async fn go_live(&self) {
        let trace = self.test_with(&mut self.app.browser(), |_| {}).await;
        assert_eq!(trace["state"], "passed", "{trace}");
        let body = json!({ "hash": trace["hash"] });
        let path = self.at("activate");
        self.call("POST", &path, &body).await.expect(200);
        let all = json!({ "rollout": "all" });
        self.call("PATCH", &self.at(""), &all).await.expect(200);
    }

    /// The address at the provider to which a sign-in begun in this browser leads.
    pub async fn begin(&self, browser: &mut Browser) -> String {
        let path = format!("/federation/{}/start?return_to=/account", self.id);
        browser.get(&path).await.expect(303).location().to_owned()
    }

    /// Signs somebody in; the answer of the last step.
    pub async fn sign_in(&self, browser: &mut Browser, who: &str, groups: &[&str]) -> Reply {
        let address = self.begin(browser).await;
        let (said, relay) = self.says(&address, who, groups);
        let kept = self
            .posts(&self.idp.posted(&said), &relay)
            .await
            .expect(303);
        browser.get(kept.location()).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
