//! What people and operators do over and over: sign up, sign in, enrol, administer.
//!
//! Owns: the happy ways through the API, each step checked.

use laneway::core::hash_token;
use laneway::lane_a::mail::{self, Message};
use laneway::store::api_tokens::{self, AdminToken};
use laneway::store::audit::{self, EventRow, Filter};
use laneway_fake::SoftAuthenticator;
use serde_json::{Value, json};

use super::{Browser, Call, LOGIN, Reply, TestApp};

impl TestApp {
    /// All mails to an address, oldest first.
    pub async fn mails_to(&self, email: &str) -> Vec<Message> {
        let all = mail::kept(self.core()).await.expect("the outbox opens");
        all.into_iter()
            .filter(|message| message.to == email)
            .collect()
    }

    /// The newest code that was sent to an address.
    pub async fn code_for(&self, email: &str) -> String {
        let mails = self.mails_to(email).await;
        mails
            .iter()
            .rev()
            .find_map(|message| message.code.clone())
            .expect("a code was sent")
    }

    /// Begins a flow; its document. A second passes: ids sort by time.
    pub async fn begin(&self, browser: &mut Browser, body: Value) -> Value {
        self.clock.advance_s(1);
        browser
            .post("/v1/auth/flows", body)
            .await
            .expect(201)
            .json()
    }

    /// Begins a flow and asks for a code; the flow's id and the code.
    pub async fn asked_for_code(
        &self,
        browser: &mut Browser,
        purpose: &str,
        email: &str,
    ) -> (String, String) {
        let flow = self
            .begin(browser, json!({ "purpose": purpose, "username": email }))
            .await;
        let id = flow["id"].as_str().expect("an id").to_owned();
        answer(browser, &id, "email-code", json!({}))
            .await
            .expect(200);
        (id, self.code_for(email).await)
    }

    /// A new account, signed in on the login host. Its name is the part before the `@`.
    pub async fn signup(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let (flow, code) = self.asked_for_code(&mut browser, "signup", email).await;
        let reply = answer(&mut browser, &flow, "email-code", json!({ "code": code }))
            .await
            .expect(200);
        assert_eq!(reply.json()["step"]["kind"], "profile");
        let name = email.split('@').next().expect("a name");
        answer(&mut browser, &flow, "profile", json!({ "name": name }))
            .await
            .expect(200);
        let reply = answer(&mut browser, &flow, "enrol", json!({ "skip": true }))
            .await
            .expect(200);
        assert_eq!(reply.json()["state"], "done");
        browser
    }

    /// Signs in by code.
    pub async fn login(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        self.login_in(&mut browser, email).await;
        browser
    }

    /// Signs in by code in a browser that exists.
    pub async fn login_in(&self, browser: &mut Browser, email: &str) {
        let (flow, code) = self.asked_for_code(browser, "login", email).await;
        let reply = answer(browser, &flow, "email-code", json!({ "code": code }))
            .await
            .expect(200);
        assert_eq!(reply.json()["state"], "done");
    }

    /// Adds a passkey to the account of a browser that has just signed in.
    pub async fn enrol(&self, browser: &mut Browser, keys: &SoftAuthenticator) -> String {
        let begun = browser
            .post("/v1/me/passkeys", json!({ "label": "key" }))
            .await
            .expect(201)
            .json();
        let credential = keys
            .create(&begun["public_key"], LOGIN)
            .expect("a passkey is made");
        let path = format!("/v1/me/passkeys/{}", begun["id"].as_str().expect("an id"));
        let stored = browser
            .post(&path, json!({ "credential": credential }))
            .await
            .expect(201)
            .json();
        stored["id"].as_str().expect("an id").to_owned()
    }

    /// An owner's token, as `laneway admin token` makes it.
    pub async fn operator(&self) -> String {
        let core = self.core();
        let (secret, _) = core.new_token();
        let plain = format!("lw_adm_{}", secret.expose());
        let mut write = core.begin().await.expect("a transaction");
        let now = write.now();
        let expires_at = now + 90 * 86_400_000;
        let row = AdminToken::owner(core.new_id(), &plain, expires_at);
        api_tokens::create(&mut write.tx, &row, &hash_token(&plain), now)
            .await
            .expect("a token");
        core.commit(write).await.expect("a commit");
        plain
    }

    /// One call of a fresh operator.
    pub async fn admin(&self, method: &str, path: &str, body: Value) -> Reply {
        let token = self.operator().await;
        self.browser()
            .send(Call::api(method, path, &body).bearer(&token))
            .await
    }

    /// Events of a type in the default tenant, newest first.
    pub async fn events(&self, kind: &str) -> Vec<EventRow> {
        let filter = Filter {
            kind: kind.to_owned(),
            to: i64::MAX,
            ..Filter::default()
        };
        let tenant = self.tenant().await.id;
        audit::list(&self.core().db, &tenant, &filter, "", 200)
            .await
            .expect("events")
    }

    /// A browser that is signed in on the login host gets its own cookie on an app host.
    pub async fn enter(&self, browser: &mut Browser, origin: &str) {
        let start = format!("{origin}/.laneway/start?rd=/");
        let reply = browser.get(&start).await;
        let (_, at) = browser.follow(reply, start).await;
        assert_eq!(at, format!("{origin}/"));
        assert!(
            browser.cookie(origin, "__Host-lw").is_some(),
            "a cookie of {origin}"
        );
    }

    /// A sign-in at the provider `corp` by somebody whom the fake knows; the answer of our
    /// callback.
    pub async fn redirect_login(&self, browser: &mut Browser, subject: &str) -> Reply {
        self.clock.advance_s(1);
        let start = browser
            .get("/federation/corp/start?return_to=/account")
            .await
            .expect(303);
        self.come_back(browser, subject, start.location()).await
    }

    /// The provider sends the browser back from where it was sent to.
    pub async fn come_back(&self, browser: &mut Browser, subject: &str, authorize: &str) -> Reply {
        let authorize = authorize.parse().expect("the provider's address");
        let params = self.fake.callback_params(subject, &authorize);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish();
        browser
            .get(&format!("/federation/callback/corp?{query}"))
            .await
    }

    /// A connection of an organization at the fake provider, tested and live twice; its id and a
    /// test's.
    pub async fn add_connection(&self, token: &str, origin: &str, org: &str) -> (String, String) {
        let place = format!("/v1/organizations/{org}/connections");
        self.add_connection_at(token, origin, &place).await
    }

    /// The same at any place for connections.
    pub async fn add_connection_at(
        &self,
        token: &str,
        origin: &str,
        place: &str,
    ) -> (String, String) {
        self.fake
            .put(laneway_fake::Person::new("cust", "cust@acme.test"));
        let path = format!("{origin}{place}");
        let config =
            json!({ "issuer": "https://fake.test", "client_id": "c", "client_secret": "s" });
        let body = json!({ "protocol": "oidc", "name": "Own", "config": config });
        let call = |method, path: &str, body: &Value| Call::api(method, path, body).bearer(token);
        let made = self
            .browser()
            .send(call("POST", &path, &body))
            .await
            .expect(201)
            .json();
        let id = made["id"].as_str().expect("an id").to_owned();
        let path = format!("{path}/{id}");
        let mut test = String::new();
        for client in ["c", "d"] {
            let body = json!({ "config": { "client_id": client } });
            self.browser()
                .send(call("PATCH", &path, &body))
                .await
                .expect(200);
            let tests = format!("{path}/tests");
            let made = self
                .browser()
                .send(call("POST", &tests, &json!({})))
                .await
                .expect(201)
                .json();
            let mut browser = self.browser();
            let url = made["url"].as_str().expect("an address");
            let start = browser.get(url).await.expect(303);
            let authorize = start.location().parse().expect("an address");
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(self.fake.callback_params("cust", &authorize))
                .finish();
            let back = format!("{origin}/federation/callback/{id}?{query}");
            browser.get(&back).await.expect(200);
            self.clock.advance_s(1);
            let hash = json!({ "hash": made["hash"] });
            let activate = format!("{path}/activate");
            self.browser()
                .send(call("POST", &activate, &hash))
                .await
                .expect(200);
            test = made["id"].as_str().expect("an id").to_owned();
        }
        (id, test)
    }

    /// The upstream `fake`, not active yet; its id.
    pub async fn add_fake(&self) -> String {
        let body = json!({
            "kind": "fake", "name": "corp", "issuer": "https://fake.test", "client_id": "laneway",
        });
        let made = self
            .admin("POST", "/v1/admin/upstreams", body)
            .await
            .expect(201)
            .json();
        made["id"].as_str().expect("an id").to_owned()
    }
}

impl Browser {
    /// `/bff/user` on a host.
    pub async fn user(&mut self, origin: &str) -> Reply {
        self.get(&format!("{origin}/bff/user")).await
    }

    /// Who is signed in on the login host.
    pub async fn me(&mut self) -> Value {
        self.user(LOGIN).await.expect(200).json()
    }
}

/// Answers a step of a flow.
pub async fn answer(browser: &mut Browser, flow: &str, kind: &str, body: Value) -> Reply {
    browser
        .post(&format!("/v1/auth/flows/{flow}/{kind}"), body)
        .await
}
