//! A tenant with a connection of its own at a stand-in.
//!
//! Owns: its calls, test logins and sign-ins. Must not know: what any test proves.

use serde_json::{Value, json};

use super::social::{Kind, Said, Social};
use super::{Browser, Call, LOGIN, Reply, TestApp};

/// Every stand-in.
pub const ALL: [Kind; 4] = [Kind::Google, Kind::GitHub, Kind::Microsoft, Kind::Apple];

/// A tenant with a connection of its own.
pub struct Stage {
    pub app: TestApp,
    pub token: String,
    pub idp: Social,
    pub id: String,
    pub slug: String,
}

impl Stage {
    pub async fn new(kind: Kind) -> Self {
        Self::in_app(TestApp::sqlite().await, kind, &json!({})).await
    }

    /// Tested and live.
    pub async fn live(kind: Kind) -> Self {
        let stage = Self::new(kind).await;
        stage.go_live().await;
        stage
    }

    pub async fn in_app(app: TestApp, kind: Kind, more: &Value) -> Self {
        let idp = Social::new(kind, &app.clock).await;
        let mut config = idp.config();
        for (name, value) in more.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        let mut stage = Self {
            token: app.operator().await,
            app,
            idp,
            id: String::new(),
            slug: String::new(),
        };
        let body = json!({ "protocol": "oidc", "name": format!("{kind:?}"), "config": config });
        let made = stage.call("POST", "/v1/admin/connections", &body).await;
        let made = made.expect(201).json();
        stage.id = text(&made["id"]);
        stage.slug = text(&made["slug"]);
        stage
    }

    pub fn at(&self, rest: &str) -> String {
        format!("/v1/admin/connections/{}{rest}", self.id)
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let call = Call::api(method, path, body).bearer(&self.token);
        self.app.browser().send(call).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let call = Call::new("GET", path).bearer(&self.token);
        self.app.browser().send(call).await.expect(200).json()
    }

    /// A test login; the trace.
    pub async fn test(&self, change: impl FnOnce(&mut Said)) -> Value {
        let made = self.call("POST", &self.at("/tests"), &json!({})).await;
        let made = made.expect(201);
        let mut browser = self.app.browser();
        let start = browser.get(&text(&made.json()["url"])).await.expect(303);
        let mut said = self.idp.says(start.location(), "77");
        change(&mut said);
        self.answer(&mut browser, &said).await.expect(200);
        self.get(made.location()).await
    }

    pub async fn go_live(&self) {
        let trace = self.test(|_| {}).await;
        assert_eq!(trace["state"], "passed", "{trace}");
        let hash = json!({ "hash": trace["hash"] });
        let live = self.call("POST", &self.at("/activate"), &hash).await;
        assert_eq!(live.expect(200).json()["state"], "active");
    }

    /// The browser comes back from the provider as it sends people back.
    pub async fn answer(&self, browser: &mut Browser, said: &Said) -> Reply {
        let params = self.idp.code(said);
        self.back_at(browser, &self.id, &params).await
    }

    pub async fn back_at(
        &self,
        browser: &mut Browser,
        connection: &str,
        params: &[(String, String)],
    ) -> Reply {
        let path = format!("/federation/callback/{connection}");
        if self.idp.kind != Kind::Apple {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(params)
                .finish();
            return browser.get(&format!("{path}?{query}")).await;
        }
        let fields: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let posted = Call::form(&path, &fields).bare();
        let posted = posted.header("origin", "https://appleid.apple.com");
        let posted = posted.header("sec-fetch-site", "cross-site");
        let kept = self.app.browser().send(posted).await;
        if kept.code() != 303 {
            return kept;
        }
        browser.get(kept.location()).await
    }

    /// Where a sign-in begins at the provider.
    pub async fn begin(&self, browser: &mut Browser) -> String {
        let path = format!("/federation/{}/start?return_to=/account", self.slug);
        browser.get(&path).await.expect(303).location().to_owned()
    }

    pub async fn sign_in(
        &self,
        browser: &mut Browser,
        subject: &str,
        change: impl FnOnce(&mut Said),
    ) -> Reply {
        let address = self.begin(browser).await;
        let mut said = self.idp.says(&address, subject);
        change(&mut said);
        self.answer(browser, &said).await
    }

    /// Somebody who has signed in; their account.
    pub async fn person(&self, subject: &str, change: impl FnOnce(&mut Said)) -> (Browser, Value) {
        let mut browser = self.app.browser();
        let done = self.sign_in(&mut browser, subject, change).await;
        assert_eq!(done.expect(303).location(), "/account");
        let me = browser.me().await;
        (browser, me)
    }

    pub async fn refuses(&self, what: &str, change: impl FnOnce(&mut Said)) -> Reply {
        let mut browser = self.app.browser();
        let reply = self.sign_in(&mut browser, "5", change).await;
        assert!(reply.code() >= 400, "{what}: {}", reply.text());
        browser.user(LOGIN).await.refused(401, "unauthenticated");
        reply
    }
}

/// A text in an answer.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
