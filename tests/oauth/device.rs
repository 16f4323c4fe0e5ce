//! A device without a browser is allowed by somebody in theirs (RFC 8628, RFC 10027).

use serde_json::{Value, json};

use super::client::{API, Client, claims, refused, submit};
use super::stampede;
use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An app that may ask for device codes.
async fn terminal(app: &TestApp, more: Value) -> Client {
    let mut what = json!({
        "client_name": "Terminal", "token_endpoint_auth_method": "none", "redirect_uris": [],
        "grant_types": [GRANT, "refresh_token"],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        what[name] = value.clone();
    }
    app.client(what).await
}

async fn begun(app: &TestApp, client: &Client, more: &[(&str, &str)]) -> Value {
    let call = client.form("/oauth/device_authorization", more);
    app.browser().send(call).await.expect(200).json()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().expect("a text").to_owned()
}

fn polls(client: &Client, codes: &Value) -> Call {
    let code = text(codes, "device_code");
    client.form(
        "/oauth/token",
        &[("grant_type", GRANT), ("device_code", &code)],
    )
}

async fn asks(app: &TestApp, client: &Client, codes: &Value) -> Reply {
    app.browser().send(polls(client, codes)).await
}

async fn enters(browser: &mut Browser, code: &str) -> Reply {
    let page = browser.get(&format!("{LOGIN}/device")).await.expect(200);
    submit(browser, &page, "/device", &[("user_code", code)]).await
}

async fn answers(browser: &mut Browser, codes: &Value, answer: &str) -> Reply {
    let page = enters(browser, &text(codes, "user_code")).await.expect(200);
    submit(browser, &page, "/device", &[("answer", answer)]).await
}

both! {
    async fn a_device_gets_its_tokens_once_somebody_has_allowed_it(app: TestApp) {
        let client = terminal(&app, json!({ "first_party": false })).await;
        let codes = begun(&app, &client, &[("scope", "openid plans:read offline_access")]).await;
        assert_eq!((&codes["expires_in"], &codes["interval"]), (&json!(600), &json!(5)));
        assert!(text(&codes, "device_code").len() >= 43, "256 bits");
        let typed = text(&codes, "user_code");
        assert_eq!((typed.len(), typed.find('-')), (9, Some(4)));
        assert_eq!(codes["verification_uri"], format!("{LOGIN}/device"));
        let complete = text(&codes, "verification_uri_complete");
        assert_eq!(complete, format!("{LOGIN}/device?user_code={typed}"));
        refused(&asks(&app, &client, &codes).await, 400, "authorization_pending");
        // Whoever is not signed in signs in first, and comes back by itself with the code.
        let stranger = app.browser().get(&complete).await.expect(303);
        assert!(stranger.location().starts_with("/login?return_to=%2Fdevice%3Fuser_code%3D"), "{}", stranger.location());
        let mut browser = app.signup("ana@x.test").await;
        // The code in the address is filled in, and it is asked all the same.
        let page = browser.get(&complete).await.expect(200);
        assert!(page.text().contains(&format!("value=\"{typed}\"")));
        let page = submit(&mut browser, &page, "/device", &[("user_code", &typed.replace('-', "").to_lowercase())]).await.expect(200);
        for words in ["Terminal", &typed, "Use plans:read", API, "Keep access while you are away", "192.0.2", "ana@x.test", "Not mine"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        assert_eq!((page.header("x-frame-options"), page.header("cache-control")), ("DENY", "no-store"));
        refused(&asks(&app, &client, &codes).await, 400, "slow_down");
        let done = submit(&mut browser, &page, "/device", &[("answer", "allow")]).await.expect(200);
        assert!(done.text().contains("Your device is signed in"));
        let tokens = asks(&app, &client, &codes).await.expect(200).json();
        let said = claims(&text(&tokens, "access_token"));
        let me = browser.me().await;
        assert_eq!((&said["sub"], &said["aud"], &said["client_id"]), (&me["sub"], &json!(API), &json!(client.id)));
        assert_eq!(tokens["scope"], "offline_access openid plans:read");
        assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
        app.userinfo(&tokens["access_token"]).await.expect(200);
        // Once, and the question is over too.
        refused(&asks(&app, &client, &codes).await, 400, "invalid_grant");
        submit(&mut browser, &page, "/device", &[("answer", "deny")]).await.expect(422);
        app.userinfo(&tokens["access_token"]).await.expect(200);
        assert_eq!((app.events("authorization.granted").await.len(), app.events("consent.refused").await.len()), (1, 0));
    }

    async fn whoever_says_that_it_is_not_theirs_is_heard(app: TestApp) {
        let client = terminal(&app, json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let codes = begun(&app, &client, &[("scope", "openid")]).await;
        let done = answers(&mut browser, &codes, "deny").await.expect(200);
        assert!(done.text().contains("was not signed in"));
        refused(&asks(&app, &client, &codes).await, 400, "access_denied");
        assert_eq!(app.events("consent.refused").await.len(), 1);
    }

    async fn a_device_that_asks_too_often_is_slowed_down_by_five_seconds(app: TestApp) {
        let client = terminal(&app, json!({})).await;
        let codes = begun(&app, &client, &[("scope", "openid")]).await;
        let error = async |seconds: i64, error: &str| {
            app.clock.advance_s(seconds);
            refused(&asks(&app, &client, &codes).await, 400, error);
        };
        error(0, "authorization_pending").await;
        error(5, "authorization_pending").await;
        error(4, "slow_down").await;
        error(9, "slow_down").await;
        error(15, "authorization_pending").await;
        error(567, "expired_token").await;
    }

    async fn an_approval_belongs_to_the_session_that_entered_the_code(app: TestApp) {
        let client = terminal(&app, json!({})).await;
        let codes = begun(&app, &client, &[("scope", "openid")]).await;
        let typed = text(&codes, "user_code");
        let mut eve = app.signup("eve@x.test").await;
        let page = enters(&mut eve, &typed).await.expect(200);
        // To all others it is a code that is not there, also when they have the form.
        let mut ana = app.signup("ana@x.test").await;
        let other = enters(&mut ana, &typed).await.expect(422);
        assert!(other.text().contains("No device waits with this code"));
        let own = ana.get(&format!("{LOGIN}/device")).await.expect(200);
        for answer in ["allow", "deny"] {
            submit(&mut ana, &own, "/device", &[("user_code", &typed), ("answer", answer)]).await.expect(422);
        }
        // A form without its hidden value, or another browser's, does nothing.
        let bare = Call::form(&format!("{LOGIN}/device"), &[("user_code", typed.as_str()), ("answer", "allow")]);
        eve.send(bare.clone()).await.refused(403, "csrf_required");
        assert_eq!(app.browser().send(bare).await.expect(303).location(), "/device");
        submit(&mut ana, &page, "/device", &[("answer", "allow")]).await.refused(403, "csrf_required");
        // Without having entered it nobody allows it.
        let fresh = begun(&app, &client, &[("scope", "openid")]).await;
        let unasked = [("user_code", &*text(&fresh, "user_code")), ("answer", "allow")];
        submit(&mut ana, &own, "/device", &unasked).await.expect(422);
        for codes in [&codes, &fresh] {
            refused(&asks(&app, &client, codes).await, 400, "authorization_pending");
        }
        submit(&mut eve, &page, "/device", &[("answer", "allow")]).await.expect(200);
        asks(&app, &client, &codes).await.expect(200);
    }

    async fn a_code_takes_five_entries_and_a_person_five_wrong_ones(app: TestApp) {
        let client = terminal(&app, json!({})).await;
        let codes = begun(&app, &client, &[("scope", "openid")]).await;
        let mut browser = app.signup("ana@x.test").await;
        for _ in 0..5 {
            enters(&mut browser, &text(&codes, "user_code")).await.expect(200);
        }
        enters(&mut browser, &text(&codes, "user_code")).await.expect(422);
        for wrong in ["BCDF-GHJK", "x", "", "BCDF-GHJ1"] {
            enters(&mut browser, wrong).await.expect(422);
        }
        let right = begun(&app, &client, &[("scope", "openid")]).await;
        enters(&mut browser, &text(&right, "user_code")).await.refused(429, "rate_limited");
        // Nobody else is held up, and they are not for long.
        let mut other = app.signup("bo@x.test").await;
        answers(&mut other, &right, "allow").await.expect(200);
        app.clock.advance_s(601);
        let late = begun(&app, &client, &[("scope", "openid")]).await;
        enters(&mut browser, &text(&late, "user_code")).await.expect(200);
    }

    async fn device_codes_are_for_those_who_may_have_them(app: TestApp) {
        let client = terminal(&app, json!({})).await;
        let plain = app.client(json!({})).await;
        let other = terminal(&app, json!({})).await;
        let begin = |client: &Client, more: &[(&str, &str)]| client.form("/oauth/device_authorization", more);
        // Off where nobody switched it on.
        refused(&app.browser().send(begin(&plain, &[("scope", "openid")])).await, 400, "unauthorized_client");
        for (more, error) in [
            (vec![("scope", "root")], "invalid_scope"), (vec![("scope", "openid"), ("resource", "https://other.test/")], "invalid_target"),
            (vec![("scope", "a"), ("scope", "b")], "invalid_request"),
        ] {
            refused(&app.browser().send(begin(&client, &more)).await, 400, error);
        }
        let nobody = Client { id: "0199aaaa-0000-7000-8000-000000000000".into(), ..client.clone() };
        refused(&app.browser().send(begin(&nobody, &[])).await, 401, "invalid_client");
        // Without a scope it is all that is registered.
        let codes = begun(&app, &client, &[]).await;
        let mut browser = app.signup("ana@x.test").await;
        answers(&mut browser, &codes, "allow").await.expect(200);
        refused(&asks(&app, &other, &codes).await, 400, "invalid_grant");
        refused(&asks(&app, &plain, &codes).await, 400, "unauthorized_client");
        let tokens = asks(&app, &client, &codes).await.expect(200).json();
        assert_eq!(tokens["scope"], "email offline_access openid organization plans:read profile");
        let made_up = json!({ "device_code": "A".repeat(43) });
        refused(&asks(&app, &client, &made_up).await, 400, "invalid_grant");
        // What ends in between ends it.
        for way in ["logout", "app off"] {
            let client = terminal(&app, json!({})).await;
            let codes = begun(&app, &client, &[("scope", "openid")]).await;
            let mut browser = app.login("ana@x.test").await;
            answers(&mut browser, &codes, "allow").await.expect(200);
            let path = format!("/v1/admin/apps/{}", client.id);
            if way == "logout" {
                browser.post("/bff/logout", json!({})).await.expect(200);
                refused(&asks(&app, &client, &codes).await, 400, "invalid_grant");
            } else {
                app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
                app.admin("PATCH", &path, json!({ "state": "active" })).await.expect(200);
                refused(&asks(&app, &client, &codes).await, 400, "invalid_grant");
            }
        }
    }

    async fn a_device_may_name_the_organization(app: TestApp) {
        let client = terminal(&app, json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let user = browser.me().await["sub"].as_str().expect("a sub").to_owned();
        let acme = app.organization("acme").await;
        app.organization("globex").await;
        app.grant(&acme, &user, &["admin"]).await.expect(200);
        let ask = |org| [("scope", "openid organization"), ("organization", org)];
        let codes = begun(&app, &client, &ask("acme")).await;
        let page = enters(&mut browser, &text(&codes, "user_code")).await.expect(200);
        assert!(page.text().to_lowercase().contains("acme"));
        submit(&mut browser, &page, "/device", &[("answer", "allow")]).await.expect(200);
        let tokens = asks(&app, &client, &codes).await.expect(200).json();
        let said = claims(&text(&tokens, "access_token"));
        assert_eq!((&said["org_slug"], &said["org_roles"]), (&json!("acme"), &json!(["admin"])));
        let codes = begun(&app, &client, &ask("globex")).await;
        enters(&mut browser, &text(&codes, "user_code")).await.refused(403, "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_bring_a_device_code_at_once_one_gets_something() {
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let Some(first) = TestApp::postgres_with(options.clone()).await else {
        return;
    };
    let second = TestApp::on(&first.database, &options).await;
    let client = terminal(&first, json!({})).await;
    let mut browser = first.signup("ana@x.test").await;
    let codes = begun(&first, &client, &[("scope", "openid")]).await;
    answers(&mut browser, &codes, "allow").await.expect(200);
    let all = stampede([&first, &second], || polls(&client, &codes)).await;
    let got = all.iter().filter(|reply| reply.code() == 200).count();
    assert_eq!(got, 1, "one code, one success");
    for reply in all.iter().filter(|reply| reply.code() != 200) {
        refused(reply, 400, "invalid_grant");
    }
}
