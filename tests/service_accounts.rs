//! Service accounts of organizations: their roles, their keys, and nobody above themselves.

use serde_json::{Value, json};

use crate::api_tokens::{get, text};
use crate::forward::{nginx, options, proxy};
use crate::harness::{APP, Browser, Call, Reply, TestApp, both};

pub struct Acme {
    pub app: TestApp,
    org: String,
    place: String,
}

impl Acme {
    pub async fn new(app: TestApp) -> Self {
        let body = json!({ "slug": "acme", "name": "Acme" });
        let made = app.admin("POST", "/v1/organizations", body).await;
        let org = text(&made.expect(201).json()["id"]);
        let place = format!("/v1/organizations/{org}/service-accounts");
        Self { app, org, place }
    }

    /// Somebody with a role in the organization.
    pub async fn person(&self, name: &str, role: &str) -> Browser {
        let mut browser = self.app.signup(&format!("{name}@x.test")).await;
        let user = text(&browser.me().await["sub"]);
        let path = format!("/v1/organizations/{}/members/{user}", self.org);
        let body = json!({ "roles": [role] });
        self.app.admin("PUT", &path, body).await.expect(200);
        browser
    }

    /// An account with a key; its address, and the key.
    pub async fn account(&self, by: &mut Browser, role: &str) -> (String, Value) {
        let body = json!({ "name": "CI", "roles": [role] });
        let made = by.post(&self.place, body).await.expect(201);
        let path = made.location().to_owned();
        let key = by
            .post(&format!("{path}/keys"), json!({ "name": "one" }))
            .await;
        (path, key.expect(201).json())
    }

    /// Where accounts are made.
    pub fn place(&self) -> &str {
        &self.place
    }

    pub fn members(&self) -> String {
        format!("/v1/organizations/{}/members", self.org)
    }
}

async fn send(browser: &mut Browser, method: &str, path: &str, body: Value) -> Reply {
    browser.send(Call::api(method, path, &body)).await
}

both! {
    async fn an_admin_runs_service_accounts_and_swaps_their_keys_without_a_gap(app: TestApp) {
        let acme = Acme::new(app).await;
        let app = &acme.app;
        let mut ana = acme.person("ana", "admin").await;
        let (path, one) = acme.account(&mut ana, "viewer").await;
        let old = text(&one["token"]);
        assert!(old.starts_with("lw_svc_") && one["scopes"].is_null(), "{one}");
        get(app, &old, &acme.members()).await.expect(200);
        app.clock.advance_s(1);
        let two = json!({ "name": "two", "scopes": ["members:read"], "expires_in": 600 });
        let two = ana.post(&format!("{path}/keys"), two).await.expect(201).json();
        let new = text(&two["token"]);
        for key in [&old, &new] {
            get(app, key, &acme.members()).await.expect(200);
        }
        get(app, &old, &format!("/v1/organizations/{}", acme.org)).await.expect(200);
        get(app, &new, &format!("/v1/organizations/{}", acme.org)).await.refused(403, "forbidden");
        app.core().sessions.flush().await.expect("written");
        let keys = ana.get(&format!("{path}/keys")).await.expect(200).json();
        let uses: Vec<&Value> = keys["items"].as_array().expect("a list").iter().map(|key| &key["uses"]).collect();
        assert_eq!(uses, [&json!(2), &json!(3)], "newest first");
        assert!(!keys.to_string().contains(&old));
        send(&mut ana, "DELETE", &format!("{path}/keys/{}", text(&one["id"])), json!({})).await.expect(204);
        get(app, &old, &acme.members()).await.refused(401, "invalid_token");
        get(app, &new, &acme.members()).await.expect(200);
        // Switched off, on again, with another role, and gone.
        send(&mut ana, "PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        get(app, &new, &acme.members()).await.refused(401, "invalid_token");
        send(&mut ana, "PATCH", &path, json!({ "state": "active" })).await.expect(200);
        get(app, &new, &acme.members()).await.expect(200);
        send(&mut ana, "PATCH", &path, json!({ "roles": [], "name": "Idle" })).await.expect(200);
        get(app, &new, &acme.members()).await.refused(403, "forbidden");
        let read = ana.get(&path).await.expect(200);
        assert_eq!((read.json()["name"].clone(), read.header("etag")), (json!("Idle"), "\"4\""));
        send(&mut ana, "DELETE", &path, json!({})).await.expect(204);
        get(app, &new, &acme.members()).await.refused(401, "invalid_token");
        ana.get(&path).await.expect(404);
        let events = app.events("service_account.updated").await;
        assert_eq!(events.len(), 3);
    }

    async fn nobody_makes_or_touches_an_account_above_themselves(app: TestApp) {
        let acme = Acme::new(app).await;
        let (mut owner, mut admin) = (acme.person("owner", "owner").await, acme.person("admin", "admin").await);
        let mut viewer = acme.person("viewer", "viewer").await;
        let wanted = |role: &str| json!({ "name": "CI", "roles": [role] });
        admin.post(&acme.place, wanted("owner")).await.refused(403, "forbidden");
        admin.post(&acme.place, wanted("nothing")).await.refused(422, "invalid_field");
        viewer.post(&acme.place, wanted("viewer")).await.refused(403, "forbidden");
        viewer.get(&acme.place).await.expect(200);
        let (path, key) = acme.account(&mut owner, "owner").await;
        for (method, at, body) in [
            ("POST", "/keys".to_owned(), json!({ "name": "mine" })),
            ("PATCH", String::new(), json!({ "roles": ["viewer"] })),
            ("DELETE", String::new(), json!({})),
            ("DELETE", format!("/keys/{}", text(&key["id"])), json!({})),
        ] {
            send(&mut admin, method, &format!("{path}{at}"), body).await.refused(403, "forbidden");
        }
        let (own, key) = acme.account(&mut admin, "admin").await;
        send(&mut admin, "PATCH", &own, json!({ "roles": ["owner"] })).await.refused(403, "forbidden");
        // Nor does a key: it is an admin and no more.
        let key = text(&key["token"]);
        let make = |role: &str| Call::api("POST", &acme.place, &wanted(role)).bearer(&key);
        acme.app.browser().send(make("viewer")).await.expect(201);
        acme.app.browser().send(make("owner")).await.refused(403, "forbidden");
        get(&acme.app, &key, "/v1/me").await.refused(403, "forbidden");
        get(&acme.app, &key, "/v1/admin/users").await.refused(403, "forbidden");
        acme.app.admin("DELETE", "/v1/admin/roles/owner", json!({})).await.refused(409, "conflict");
    }

    async fn a_service_account_is_known_in_its_organization_only(app: TestApp) {
        let acme = Acme::new(app).await;
        let mut ana = acme.person("ana", "admin").await;
        let (path, key) = acme.account(&mut ana, "admin").await;
        let key_path = format!("{path}/keys/{}", text(&key["id"]));
        let made = acme.app.admin("POST", "/v1/organizations", json!({ "slug": "globex", "name": "G" })).await;
        let globex = text(&made.expect(201).json()["id"]);
        for there in [&path, &key_path] {
            let elsewhere = there.replace(&acme.org, &globex);
            let method = if there == &path { "GET" } else { "DELETE" };
            acme.app.admin(method, &elsewhere, json!({})).await.refused(404, "not_found");
            send(&mut ana, method, &elsewhere, json!({})).await.refused(403, "forbidden");
            app_stranger(&acme.app, method, there).await;
        }
        let value = text(&key["token"]);
        get(&acme.app, &value, &format!("/v1/organizations/{globex}/members")).await.refused(403, "forbidden");
        acme.app.admin("PATCH", &format!("/v1/organizations/{}", acme.org), json!({ "state": "disabled" })).await.expect(200);
        get(&acme.app, &value, &acme.members()).await.refused(401, "invalid_token");
        acme.app.admin("DELETE", &format!("/v1/organizations/{}", acme.org), json!({})).await.expect(204);
        get(&acme.app, &value, &acme.members()).await.refused(401, "invalid_token");
    }

    async fn applications_see_a_service_account_as_itself(app: TestApp) {
        let acme = Acme::new(app.restarted(&options()).await.expect("it starts")).await;
        let app = &acme.app;
        let mut ana = acme.person("ana", "admin").await;
        let (path, key) = acme.account(&mut ana, "viewer").await;
        let (value, id) = (text(&key["token"]), path.rsplit('/').next().expect("an id"));
        let yes = proxy(app).send(nginx("https://wiki.test/x", "?role=viewer&org=acme").bearer(&value)).await.expect(200);
        for (name, want) in [
            ("x-laneway-user", id), ("x-laneway-name", "CI"), ("x-laneway-email", ""), ("x-laneway-org", acme.org.as_str()),
            ("x-laneway-roles", "viewer"), ("x-auth-request-groups", "viewer"),
        ] {
            assert_eq!(yes.header(name), want, "{name}");
        }
        proxy(app).send(nginx("https://wiki.test/x", "?acr=aal2").bearer(&value)).await.expect(403);
        send(&mut ana, "PATCH", &path, json!({ "roles": ["admin"] })).await.expect(200);
        let yes = proxy(app).send(nginx("https://wiki.test/x", "").bearer(&value)).await.expect(200);
        assert_eq!(yes.header("x-laneway-roles"), "admin");
    }

    async fn a_service_account_calls_backends(app: TestApp) {
        let acme = Acme::new(app).await;
        let mut ana = acme.person("ana", "admin").await;
        let (_, key) = acme.account(&mut ana, "viewer").await;
        let call = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-api-key", &text(&key["token"]));
        let told = acme.app.browser().send(call).await.expect(200).text();
        assert!(told.contains("Bearer ") && !told.contains("lw_svc_"), "{told}");
        let scoped = json!({ "name": "narrow", "scopes": ["members:read"] });
        let (path, _) = acme.account(&mut ana, "viewer").await;
        let narrow = ana.post(&format!("{path}/keys"), scoped).await.expect(201).json();
        let call = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&text(&narrow["token"]));
        acme.app.browser().send(call).await.refused(403, "forbidden");
    }
}

async fn app_stranger(app: &TestApp, method: &str, path: &str) {
    let call = Call::api(method, path, &json!({}));
    app.browser()
        .send(call)
        .await
        .refused(401, "unauthenticated");
}
