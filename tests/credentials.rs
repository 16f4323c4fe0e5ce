//! Passwords, authenticator apps and recovery codes through the whole program: every step
//! answered wrongly, rightly, again, empty and by another way.

use laneway_contract::Clock as _;
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, TestApp, answer, both};

pub(crate) const PASSWORD: &str = "seven brown kettles sing";
const OTHER: &str = "nine grey lanterns hum";

impl TestApp {
    /// Switches passwords on beside what is on already.
    pub(crate) async fn passwords_on(&self) {
        let all = ["passkey", "email-code", "password", "totp"];
        self.offer(&all).await;
    }

    /// Says what the embedded provider offers.
    pub(crate) async fn offer(&self, methods: &[&str]) {
        let listed = self
            .admin("GET", "/v1/admin/upstreams", json!({}))
            .await
            .expect(200)
            .json();
        let items = listed["items"].as_array().expect("a list").clone();
        let own = items
            .iter()
            .find(|item| item["kind"] == "embedded")
            .expect("embedded");
        let path = format!("/v1/admin/upstreams/{}", own["id"].as_str().expect("an id"));
        let options = json!({ "options": { "methods": methods } });
        self.admin("PATCH", &path, options).await.expect(200);
    }

    /// Somebody with a password, made by an operator.
    pub(crate) async fn person(&self, email: &str) {
        let body = json!({ "email": email, "name": "Ana", "password": PASSWORD });
        self.admin("POST", "/v1/admin/users", body)
            .await
            .expect(201);
    }

    /// A login flow for somebody; its id.
    pub(crate) async fn flow_of(
        &self,
        browser: &mut Browser,
        purpose: &str,
        email: &str,
    ) -> String {
        let body = json!({ "purpose": purpose, "username": email });
        let flow = self.begin(browser, body).await;
        flow["id"].as_str().expect("an id").to_owned()
    }

    /// Signs in by password; the last answer.
    pub(crate) async fn by_password(&self, browser: &mut Browser, email: &str) -> Value {
        let id = self.flow_of(browser, "login", email).await;
        let body = json!({ "password": PASSWORD });
        answer(browser, &id, "password", body)
            .await
            .expect(200)
            .json()
    }

    /// The code that an app shows now.
    pub(crate) fn shown_by(&self, app: &Totp) -> String {
        let seconds = u64::try_from(self.clock.now_ms() / 1000).expect("after 1970");
        app.generate(seconds).to_string()
    }

    /// Sets an app up for whoever is signed in; the app and the recovery codes.
    pub(crate) async fn set_up_app(&self, browser: &mut Browser) -> (Totp, Vec<String>) {
        let begun = browser
            .post("/v1/me/totp", json!({}))
            .await
            .expect(201)
            .json();
        let app =
            Totp::from_url(begun["otpauth_uri"].as_str().expect("an address")).expect("an app");
        let body = json!({ "code": self.shown_by(&app) });
        let done = browser
            .post("/v1/me/totp/confirm", body)
            .await
            .expect(200)
            .json();
        let codes = done["codes"].as_array().expect("codes").iter();
        let codes = codes
            .map(|code| code.as_str().expect("a code").to_owned())
            .collect();
        self.clock.advance_s(30);
        (app, codes)
    }
}

fn kinds(flow: &Value) -> Vec<String> {
    let all = flow["methods"].as_array().expect("methods").iter();
    all.map(|method| method["kind"].as_str().expect("a kind").to_owned())
        .collect()
}

both! {
    async fn a_password_signs_in_where_it_is_switched_on(app: TestApp) {
        app.person("ana@x.test").await;
        let mut browser = app.browser();
        let id = app.flow_of(&mut browser, "login", "ana@x.test").await;
        let body = json!({ "password": PASSWORD });
        answer(&mut browser, &id, "password", body.clone()).await.refused(409, "wrong_step");
        app.passwords_on().await;
        let flow = app.begin(&mut browser, json!({ "username": "ana@x.test" })).await;
        assert_eq!(kinds(&flow), ["passkey", "email-code", "password"], "a second factor is no first one");
        let id = flow["id"].as_str().expect("an id");
        let open = answer(&mut browser, id, "password", json!({})).await.expect(200).json();
        assert_eq!(open["step"], json!({ "kind": "password" }));
        for wrong in ["", "x", "Seven brown kettles sing"] {
            let reply = answer(&mut browser, id, "password", json!({ "password": wrong })).await;
            assert_eq!(reply.refused(422, "invalid_credentials").json()["flow"]["step"], json!({ "kind": "password" }));
        }
        answer(&mut browser, id, "totp", json!({ "code": "000000" })).await.refused(409, "wrong_step");
        answer(&mut browser, id, "new-password", body.clone()).await.refused(409, "wrong_step");
        let back = answer(&mut browser, id, "choose", json!({})).await.expect(200).json();
        assert_eq!(back["step"], json!({ "kind": "choose" }));
        let done = answer(&mut browser, id, "password", body.clone()).await.expect(200).json();
        assert_eq!(done["state"], "done");
        let me = browser.me().await;
        assert_eq!((&me["acr"], &me["amr"]), (&json!("aal1"), &json!(["pwd"])));
        answer(&mut browser, id, "password", body).await.refused(410, "expired");
    }

    async fn known_and_unknown_people_get_the_same(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut seen = Vec::new();
        for email in ["ana@x.test", "nobody@x.test", "no address at all"] {
            let mut browser = app.browser();
            let id = app.flow_of(&mut browser, "login", email).await;
            let mut all = Vec::new();
            for body in [json!({}), json!({ "password": "wrong" }), json!({ "password": "" })] {
                let reply = answer(&mut browser, &id, "password", body).await;
                let mut json = reply.json();
                json["id"] = json!(null);
                json["request_id"] = json!(null);
                json["flow"]["id"] = json!(null);
                all.push((reply.code(), json));
            }
            seen.push(all);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
        assert_eq!(app.events("login.failed").await.len(), 6);
    }

    async fn whoever_has_an_app_is_asked_for_it_whichever_way_they_come(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut browser = app.browser();
        app.by_password(&mut browser, "ana@x.test").await;
        let begun = browser.post("/v1/me/totp", json!({})).await.expect(201).json();
        assert_eq!(begun["secret"].as_str().map(str::len), Some(32));
        browser.post("/v1/me/totp/confirm", json!({ "code": "000000" })).await.refused(422, "invalid_credentials");
        let (shown, codes) = app.set_up_app(&mut browser).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(app.events("totp.enrolled").await.len(), 1);
        browser.post("/v1/me/totp", json!({})).await.refused(403, "step_up_required");

        let mut other = app.browser();
        let flow = app.by_password(&mut other, "ana@x.test").await;
        assert_eq!(flow["step"], json!({ "kind": "totp" }));
        assert_eq!(kinds(&flow), ["totp", "recovery-code"], "no address is proven yet");
        let id = flow["id"].as_str().expect("an id");
        other.user(LOGIN).await.refused(401, "unauthenticated");
        answer(&mut other, id, "totp", json!({})).await.expect(200);
        answer(&mut other, id, "password", json!({ "password": PASSWORD })).await.refused(409, "wrong_step");
        answer(&mut other, id, "totp", json!({ "code": "000000" })).await.refused(422, "invalid_credentials");
        let code = app.shown_by(&shown);
        let done = answer(&mut other, id, "totp", json!({ "code": code })).await.expect(200).json();
        assert_eq!(done["state"], "done");
        let me = other.me().await;
        assert_eq!((&me["acr"], &me["amr"]), (&json!("aal2"), &json!(["pwd", "otp", "mfa"])));

        let mut third = app.browser();
        let (id, mailed) = app.asked_for_code(&mut third, "login", "ana@x.test").await;
        let flow = answer(&mut third, &id, "email-code", json!({ "code": mailed })).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "totp" }), "all ways are as strong");
        answer(&mut third, &id, "totp", json!({ "code": code })).await.refused(422, "invalid_credentials");
        let flow = answer(&mut third, &id, "recovery-code", json!({})).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "recovery-code" }));
        answer(&mut third, &id, "recovery-code", json!({ "code": "nothing" })).await.refused(422, "invalid_credentials");
        let done = answer(&mut third, &id, "recovery-code", json!({ "code": codes[0] })).await.expect(200).json();
        assert_eq!(done["state"], "done");
        assert_eq!(app.events("recovery_code.used").await.len(), 1);
        let left = third.get("/v1/me/recovery-codes").await.expect(200).json();
        assert_eq!(left, json!({ "remaining": 9 }));
    }

    async fn a_lost_password_is_replaced_and_every_session_ends(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut old = app.browser();
        app.by_password(&mut old, "ana@x.test").await;
        let mut browser = app.browser();
        let (id, code) = app.asked_for_code(&mut browser, "recover", "ana@x.test").await;
        answer(&mut browser, &id, "new-password", json!({ "password": OTHER })).await.refused(409, "wrong_step");
        let flow = answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "new-password", "skippable": false }));
        answer(&mut browser, &id, "new-password", json!({ "skip": true })).await.refused(422, "invalid_field");
        for (bad, code) in [("short", "too_short"), ("1q2w3e4r5t6y7u8i9o0p", "common"), ("ana@x.test ana@x.test", "personal"), ("aaaaaaaaaaaaaaaaaa", "weak")] {
            let reply = answer(&mut browser, &id, "new-password", json!({ "password": bad })).await;
            assert_eq!(reply.refused(422, "invalid_field").json()["errors"][0]["code"], code);
        }
        old.me().await;
        let done = answer(&mut browser, &id, "new-password", json!({ "password": OTHER })).await.expect(200).json();
        assert_eq!(done["state"], "done");
        old.user(LOGIN).await.refused(401, "unauthenticated");
        assert_eq!(browser.me().await["amr"], json!(["email"]));
        assert_eq!(app.events("password.reset").await.len(), 1);
        let mut again = app.browser();
        let id = app.flow_of(&mut again, "login", "ana@x.test").await;
        answer(&mut again, &id, "password", json!({ "password": PASSWORD })).await.refused(422, "invalid_credentials");
        answer(&mut again, &id, "password", json!({ "password": OTHER })).await.expect(200);
    }

    async fn a_new_password_ends_sessions_though_the_way_is_not_walked_to_its_end(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut old = app.browser();
        app.by_password(&mut old, "ana@x.test").await;
        let user = old.me().await["sub"].as_str().expect("an id").to_owned();
        for slug in ["acme", "globex"] {
            let org = app.admin("POST", "/v1/organizations", json!({ "slug": slug, "name": slug })).await.expect(201).json();
            let path = format!("/v1/organizations/{}/members/{user}", org["id"].as_str().expect("an id"));
            app.admin("PUT", &path, json!({ "roles": ["member"] })).await.expect(200);
        }
        let mut browser = app.browser();
        let (id, code) = app.asked_for_code(&mut browser, "recover", "ana@x.test").await;
        answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200);
        let flow = answer(&mut browser, &id, "new-password", json!({ "password": OTHER })).await.expect(200).json();
        assert_eq!(flow["step"]["kind"], "organization", "one step is left");
        old.user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn recovery_keeps_the_second_factor_and_makes_nobody(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut browser = app.browser();
        app.by_password(&mut browser, "ana@x.test").await;
        let (shown, _) = app.set_up_app(&mut browser).await;
        let mut browser = app.browser();
        let (id, code) = app.asked_for_code(&mut browser, "recover", "ana@x.test").await;
        let flow = answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "totp" }));
        answer(&mut browser, &id, "new-password", json!({ "password": OTHER })).await.refused(409, "wrong_step");
        let body = json!({ "code": app.shown_by(&shown) });
        let flow = answer(&mut browser, &id, "totp", body).await.expect(200).json();
        assert_eq!(flow["step"]["kind"], "new-password");
        answer(&mut browser, &id, "new-password", json!({ "password": OTHER })).await.expect(200);
        assert_eq!(browser.me().await["acr"], "aal2");
        let mut again = app.browser();
        let id = app.flow_of(&mut again, "login", "ana@x.test").await;
        let flow = answer(&mut again, &id, "password", json!({ "password": OTHER })).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "totp" }), "reset keeps it");

        let mut stranger = app.browser();
        let id = app.flow_of(&mut stranger, "recover", "nobody@x.test").await;
        let flow = answer(&mut stranger, &id, "email-code", json!({})).await.expect(200).json();
        assert_eq!(flow["step"]["kind"], "email-code", "the same look");
        assert!(app.mails_to("nobody@x.test").await.is_empty());
    }

    async fn a_password_is_changed_by_the_old_one(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let (mut browser, mut other) = (app.browser(), app.browser());
        app.by_password(&mut browser, "ana@x.test").await;
        app.by_password(&mut other, "ana@x.test").await;
        let path = "/v1/me/password";
        let change = |current: &str, new: &str| json!({ "current": current, "new": new });
        browser.post(path, change("x", OTHER)).await.refused(422, "invalid_credentials");
        browser.post(path, json!({ "new": OTHER })).await.refused(422, "invalid_credentials");
        let reply = browser.post(path, change(PASSWORD, "Password1")).await.refused(422, "invalid_field");
        assert_eq!(reply.json()["errors"][0]["pointer"], "/new");
        browser.post(path, change(PASSWORD, OTHER)).await.expect(204);
        browser.me().await;
        other.user(LOGIN).await.refused(401, "unauthenticated");
        assert_eq!(app.events("password.changed").await.len(), 1);
        app.clock.advance_s(301);
        let stale = browser.post(path, change(OTHER, PASSWORD)).await.refused(403, "step_up_required");
        assert_eq!(stale.json()["acr_values"], json!(["aal1"]));
        app.offer(&["passkey", "email-code"]).await;
        browser.post(path, change(OTHER, PASSWORD)).await.refused(409, "not_supported_by_upstream");
        browser.post("/v1/me/totp", json!({})).await.refused(409, "not_supported_by_upstream");
    }

    async fn password_and_code_are_two_steps_and_a_fresh_session_brings_one_along(app: TestApp) {
        app.passwords_on().await;
        app.signup_with_password("ana@x.test").await;
        let mut browser = app.browser();
        app.by_password(&mut browser, "ana@x.test").await;
        assert_eq!(browser.me().await["acr"], "aal1");
        let refused = browser.post("/v1/me/totp", json!({})).await.refused(403, "step_up_required");
        assert_eq!(refused.json()["acr_values"], json!(["aal2"]));
        let (id, code) = app.asked_for_code(&mut browser, "step_up", "ana@x.test").await;
        let done = answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200).json();
        assert_eq!(done["state"], "done", "the password was typed a moment ago");
        assert_eq!(browser.me().await["acr"], "aal2");
        browser.post("/v1/me/totp", json!({})).await.expect(201);
        // The factor that was brought along grows old: it cannot be carried on from step to step.
        for passed in [100, 60] {
            app.clock.advance_s(passed);
            let (id, code) = app.asked_for_code(&mut browser, "step_up", "ana@x.test").await;
            let flow = answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200).json();
            assert_eq!(flow["state"] == "done", passed == 100, "{passed}");
        }
        app.clock.advance_s(400);
        let (id, code) = app.asked_for_code(&mut browser, "step_up", "ana@x.test").await;
        let flow = answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200).json();
        assert_eq!((&flow["state"], kinds(&flow)), (&json!("pending"), vec!["password".to_owned()]), "too long ago");
        answer(&mut browser, &id, "password", json!({ "password": PASSWORD })).await.expect(200);
        let me = browser.me().await;
        assert_eq!((&me["acr"], &me["amr"]), (&json!("aal2"), &json!(["email", "pwd", "mfa"])));
        let body = json!({ "purpose": "step_up", "acr_values": "phr" });
        browser.post("/v1/auth/flows", body).await.refused(409, "not_supported_by_upstream");
    }

    async fn the_second_answer_must_come_from_the_same_person(app: TestApp) {
        app.passwords_on().await;
        for email in ["ana@x.test", "ben@x.test"] {
            app.person(email).await;
        }
        let (mut ana, mut ben) = (app.browser(), app.browser());
        app.by_password(&mut ana, "ana@x.test").await;
        app.by_password(&mut ben, "ben@x.test").await;
        app.set_up_app(&mut ana).await;
        let (bens, codes) = app.set_up_app(&mut ben).await;
        let mut browser = app.browser();
        let flow = app.by_password(&mut browser, "ana@x.test").await;
        let id = flow["id"].as_str().expect("an id");
        for (kind, code) in [("totp", app.shown_by(&bens)), ("recovery-code", codes[0].clone())] {
            answer(&mut browser, id, kind, json!({ "code": code })).await.refused(422, "invalid_credentials");
        }
        browser.user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn removing_the_app_takes_its_codes_along(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut browser = app.browser();
        browser.get("/v1/me/recovery-codes").await.refused(401, "unauthenticated");
        app.by_password(&mut browser, "ana@x.test").await;
        browser.post("/v1/me/recovery-codes", json!({})).await.refused(409, "conflict");
        let remove = Call::api("DELETE", "/v1/me/totp", &json!({}));
        browser.send(remove.clone()).await.refused(404, "not_found");
        let (shown, _) = app.set_up_app(&mut browser).await;
        browser.post("/v1/me/recovery-codes", json!({})).await.refused(403, "step_up_required");
        let id = app.flow_of(&mut browser, "step_up", "ana@x.test").await;
        let refused = answer(&mut browser, &id, "recovery-code", json!({ "code": "x" })).await;
        refused.refused(422, "invalid_credentials");
        let body = json!({ "code": app.shown_by(&shown) });
        let done = answer(&mut browser, &id, "totp", body).await.expect(200).json();
        assert_eq!(done["state"], "done");
        let made = browser.post("/v1/me/recovery-codes", json!({})).await.expect(201).json();
        assert_eq!(made["codes"].as_array().map(Vec::len), Some(10));
        assert_eq!(browser.get("/v1/me/totp").await.expect(200).json()["set"], true);
        // An app is no passkey, whatever its id.
        let export = browser.get("/v1/me/export").await.expect(200).json();
        let all = export["factors"].as_array().expect("factors");
        for factor in all {
            let path = format!("/v1/me/passkeys/{}", factor["id"].as_str().expect("an id"));
            browser.send(Call::api("DELETE", &path, &json!({}))).await.refused(404, "not_found");
        }
        browser.send(remove.clone()).await.expect(204);
        assert_eq!(browser.get("/v1/me/totp").await.expect(200).json()["set"], false);
        let left = browser.get("/v1/me/recovery-codes").await.expect(200).json();
        assert_eq!(left, json!({ "remaining": 0 }));
        assert_eq!(app.events("totp.removed").await.len(), 1);
    }
}

impl TestApp {
    /// A new account with a password, chosen while signing up.
    pub(crate) async fn signup_with_password(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let (id, code) = self.asked_for_code(&mut browser, "signup", email).await;
        answer(&mut browser, &id, "email-code", json!({ "code": code }))
            .await
            .expect(200);
        answer(&mut browser, &id, "profile", json!({ "name": "Ana" }))
            .await
            .expect(200);
        let flow = answer(&mut browser, &id, "enrol", json!({ "skip": true }))
            .await
            .expect(200)
            .json();
        assert_eq!(
            flow["step"],
            json!({ "kind": "new-password", "skippable": true })
        );
        let body = json!({ "password": PASSWORD });
        let done = answer(&mut browser, &id, "new-password", body)
            .await
            .expect(200)
            .json();
        assert_eq!(done["state"], "done");
        browser
    }
}

#[tokio::test]
async fn what_the_operator_lists_as_leaked_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("leaked.txt");
    std::fs::write(&list, format!("{OTHER}\n")).expect("a list");
    let tables = format!("[passwords]\nbreached_list = \"{}\"", list.display());
    let app = TestApp::sqlite_with(Options {
        tables,
        ..Options::default()
    })
    .await;
    app.passwords_on().await;
    app.person("ana@x.test").await;
    let mut browser = app.browser();
    app.by_password(&mut browser, "ana@x.test").await;
    let body = json!({ "current": PASSWORD, "new": OTHER });
    let reply = browser.post("/v1/me/password", body).await;
    let reply = reply.refused(422, "invalid_field").json();
    assert_eq!(reply["errors"][0]["code"], "leaked");
}

#[tokio::test]
async fn beside_another_provider_embedded_adds_an_app_but_no_password() {
    let app = TestApp::sqlite().await;
    app.passwords_on().await;
    let id = app.add_fake().await;
    let path = format!("/v1/admin/upstreams/{id}");
    app.admin("PATCH", &path, json!({ "role": "primary" }))
        .await
        .expect(200);
    let listed = app
        .admin("GET", "/v1/admin/upstreams", json!({}))
        .await
        .expect(200)
        .json();
    let items = listed["items"].as_array().expect("a list").clone();
    let own = items
        .iter()
        .find(|item| item["kind"] == "embedded")
        .expect("embedded");
    let path = format!("/v1/admin/upstreams/{}", own["id"].as_str().expect("an id"));
    app.admin("PATCH", &path, json!({ "role": "companion" }))
        .await
        .expect(200);
    app.fake.put(laneway_fake::Person::new("s1", "ana@x.test"));
    let mut browser = app.browser();
    let flow = app
        .begin(&mut browser, json!({ "username": "ana@x.test" }))
        .await;
    assert_eq!(kinds(&flow), ["passkey", "email-code", "redirect"]);
    app.redirect_login(&mut browser, "s1").await.expect(303);
    assert_eq!(browser.me().await["acr"], "aal1");
    let (shown, _) = app.set_up_app(&mut browser).await;
    let refused = browser.post("/v1/me/recovery-codes", json!({})).await;
    let refused = refused.refused(403, "step_up_required");
    assert_eq!(refused.json()["acr_values"], json!(["aal2"]));
    let flow = app
        .begin(&mut browser, json!({ "purpose": "step_up" }))
        .await;
    let totp = json!({ "kind": "totp", "mode": "facade" });
    assert!(flow["methods"].as_array().expect("methods").contains(&totp));
    let id = flow["id"].as_str().expect("an id");
    let body = json!({ "code": app.shown_by(&shown) });
    let done = answer(&mut browser, id, "totp", body)
        .await
        .expect(200)
        .json();
    assert_eq!(done["state"], "done");
    let me = browser.me().await;
    assert_eq!(
        (&me["acr"], &me["upstream"]["id"]),
        (&json!("aal2"), &json!("corp"))
    );
    browser
        .post("/v1/me/recovery-codes", json!({}))
        .await
        .expect(201);
    // Signing in there is that provider's policy.
    let mut again = app.browser();
    app.redirect_login(&mut again, "s1").await.expect(303);
    assert_eq!(again.me().await["acr"], "aal1");
}
