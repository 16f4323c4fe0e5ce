//! The authorization server: an app gets tokens in the name of whoever signs in, for as long as
//! what they hang on holds, and nobody else does.

mod accounts;
mod applications;
mod assertion;
pub mod client;
pub mod developer;
mod device;
mod documents;
mod dpop;
mod ending;
mod exchange;
mod grants;
mod keys;
mod library;
mod logout;
mod machine;
mod offline;
mod profile;
mod pushed;
mod refusals;
mod registering;
mod rotation;

use client::{API, CALLBACK, claims, head, parameter, refused, submit};
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Call, LOGIN, Reply, TestApp, both};

both! {
    async fn an_app_gets_tokens_in_the_name_of_whoever_is_signed_in(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let me = browser.me().await;
        let reply = browser.get(&client.asks(&[("response_mode", "query")])).await.expect(303);
        // RFC 9207, and the state as it was sent.
        assert_eq!((parameter(&reply, "iss").as_str(), parameter(&reply, "state").as_str()), (LOGIN, "s t&te"));
        let tokens = app.browser().send(client.redeems(&parameter(&reply, "code"))).await.expect(200);
        assert_eq!(tokens.header("cache-control"), "no-store");
        let tokens = tokens.json();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(300)));
        assert_eq!(tokens["scope"], "email offline_access openid profile");
        let access = tokens["access_token"].as_str().expect("a token");
        assert_eq!((&head(access)["alg"], &head(access)["typ"]), (&json!("ES256"), &json!("at+jwt")));
        let said = claims(access);
        for (name, value) in [
            ("iss", json!(LOGIN)), ("sub", me["sub"].clone()), ("aud", json!(API)), ("client_id", json!(client.id)),
            ("scope", tokens["scope"].clone()), ("acr", me["acr"].clone()),
            ("org_id", Value::Null), ("org_roles", json!([])), ("token_use", json!("oauth")),
        ] {
            assert_eq!(said[name], value, "{name}");
        }
        assert_eq!(said["exp"].as_i64().expect("exp") - said["iat"].as_i64().expect("iat"), 300);
        let id = tokens["id_token"].as_str().expect("an ID token");
        assert_eq!((&head(id)["alg"], &head(id)["typ"]), (&json!("RS256"), &json!("JWT")));
        let said = claims(id);
        assert_eq!((&said["aud"], &said["nonce"], &said["sub"], &said["sid"]), (&json!(client.id), &json!("n-1"), &me["sub"], &me["sid"]));
        assert!(said["auth_time"].is_i64() && said.get("email").is_none(), "{said}");
        let mut known = app.userinfo(&tokens["access_token"]).await.expect(200).json();
        assert!(known.as_object_mut().expect("an object").remove("updated_at").is_some_and(|at| at.is_i64()));
        assert_eq!(known, json!({ "sub": me["sub"], "name": "ana", "email": "ana@x.test", "email_verified": true }));
        let posted = Call::form(&format!("{LOGIN}/oauth/userinfo"), &[("access_token", access)]);
        let mut again = app.browser().send(posted).await.expect(200).json();
        again.as_object_mut().expect("an object").remove("updated_at");
        assert_eq!(again, known);
        let set = app.browser().get(&format!("{LOGIN}/.well-known/jwks.json")).await.expect(200).json();
        let keys = set["keys"].as_array().expect("keys");
        for token in [access, id] {
            assert!(keys.iter().any(|key| key["kid"] == head(token)["kid"] && key["alg"] == head(token)["alg"]));
        }
        assert!(keys.iter().all(|key| key.get("d").is_none() && key.get("p").is_none()), "no private part");
        assert_eq!(app.events("authorization.granted").await.len(), 1);
        // An ID token of the other kind, where the app asks for it.
        let curve = app.client(json!({ "id_token_signed_response_alg": "ES256" })).await;
        let tokens = app.tokens(&mut browser, &curve).await;
        assert_eq!(head(tokens["id_token"].as_str().expect("an ID token"))["alg"], "ES256");
    }

    async fn what_is_published_is_what_is_there(app: TestApp) {
        let mut browser = app.browser();
        let one = browser.get(&format!("{LOGIN}/.well-known/openid-configuration")).await.expect(200);
        let two = browser.get(&format!("{LOGIN}/.well-known/oauth-authorization-server")).await.expect(200);
        let document = one.json();
        assert_eq!(document, two.json());
        assert_eq!((&document["issuer"], &document["response_types_supported"]), (&json!(LOGIN), &json!(["code"])));
        for name in [
            "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "revocation_endpoint",
            "introspection_endpoint", "end_session_endpoint",
        ] {
            let url = document[name].as_str().expect("an address");
            let post = ["token_endpoint", "revocation_endpoint", "introspection_endpoint"].contains(&name);
            let method = if post { "POST" } else { "GET" };
            let reply = browser.send(Call::new(method, url)).await;
            assert!(!matches!(reply.code(), 404 | 405), "{name}");
            let origin = Call::new(method, url).header("origin", "https://listed.example");
            assert!(browser.send(origin).await.header("access-control-allow-origin").is_empty(), "{name}");
        }
        assert!(document["code_challenge_methods_supported"] == json!(["S256"]));
        // Frontends have this address for themselves.
        let theirs = browser.get("https://app.test/.well-known/openid-configuration").await;
        assert!(theirs.text().contains("the application"));
    }

    async fn somebody_signs_in_on_plain_pages_and_comes_back_by_itself(app: TestApp) {
        let client = app.client(json!({ "first_party": false })).await;
        app.signup("ana@x.test").await;
        let mut browser = app.browser();
        app.clock.advance_s(5);
        let asks = client.asks(&[("login_hint", "ana@x.test")]);
        let reply = browser.get(&asks).await.expect(303);
        let (page, at) = browser.follow(reply, asks).await;
        assert!(at.contains("/login?"), "{at}");
        // The form may lead on to the app: browsers apply the rule to every hop.
        assert!(page.header("content-security-policy").contains("https://planner.test"), "{}", page.header("content-security-policy"));
        assert!(page.text().contains("ana@x.test"), "the hint");
        let reply = submit(&mut browser, &page, "/login", &[("kind", "identify"), ("username", "ana@x.test")]).await.expect(303);
        let (page, _) = browser.follow(reply, format!("{LOGIN}/login")).await;
        let code = app.code_for("ana@x.test").await;
        let mut reply = submit(&mut browser, &page, "/login", &[("kind", "email-code"), ("code", &code)]).await.expect(303);
        if !reply.location().starts_with("/consent") {
            // A passkey is offered, and need not be.
            let (page, _) = browser.follow(reply, format!("{LOGIN}/login")).await;
            reply = submit(&mut browser, &page, "/login", &[("kind", "enrol"), ("skip", "1")]).await.expect(303);
        }
        let (page, at) = browser.follow(reply, format!("{LOGIN}/login")).await;
        assert!(at.contains("/consent?request="), "{at}");
        let html = page.expect(200);
        for words in ["Planner", "ana@x.test", "planner.test", "Keep access while you are away"] {
            assert!(html.text().contains(words), "{words}");
        }
        assert!(html.header("content-security-policy").contains("https://planner.test"));
        assert_eq!((html.header("referrer-policy"), html.header("x-frame-options")), ("no-referrer", "DENY"));
        let back = submit(&mut browser, &html, "/consent", &[("answer", "allow")]).await.expect(303);
        let code = parameter(&back, "code");
        app.browser().send(client.redeems(&code)).await.expect(200);
        assert_eq!(app.events("consent.granted").await.len(), 1);
        // Remembered: the second time nobody is asked, unless the app wants it, or wants more.
        app.code(&mut browser, &client, &[]).await;
        for more in [("prompt", "consent"), ("scope", "openid profile email offline_access plans:read")] {
            let reply = browser.get(&client.asks(&[more])).await.expect(303);
            assert!(reply.location().starts_with("/consent"), "{more:?}");
            let silent = browser.get(&client.asks(&[("scope", "openid plans:read"), ("prompt", "none")])).await.expect(303);
            assert_eq!(parameter(&silent, "error"), "consent_required");
        }
    }

    async fn whoever_says_no_is_heard(app: TestApp) {
        let client = app.client(json!({ "first_party": false })).await;
        let mut browser = app.signup("ana@x.test").await;
        let asks = client.asks(&[]);
        let reply = browser.get(&asks).await.expect(303);
        let (page, at) = browser.follow(reply, asks).await;
        let other = submit(&mut app.browser(), &page, "/consent", &[("answer", "allow")]).await;
        assert_eq!(other.code(), 410, "another browser");
        let forged = submit(&mut browser, &page, "/consent", &[("answer", "allow"), ("csrf", "x")]).await;
        forged.refused(403, "csrf_required");
        let mut eve = app.signup("eve@x.test").await;
        eve.get(&at).await.expect(410);
        let back = submit(&mut browser, &page, "/consent", &[("answer", "deny")]).await.expect(303);
        assert_eq!((parameter(&back, "error").as_str(), parameter(&back, "iss").as_str()), ("access_denied", LOGIN));
        assert!(parameter(&back, "code").is_empty() && parameter(&back, "state") == "s t&te");
        // Over is over.
        submit(&mut browser, &page, "/consent", &[("answer", "allow")]).await.refused(410, "expired");
        assert_eq!((app.events("consent.refused").await.len(), app.events("authorization.granted").await.len()), (1, 0));
    }

    async fn prompts_and_ages_are_kept(app: TestApp) {
        let client = app.client(json!({})).await;
        let stranger = app.browser().get(&client.asks(&[("prompt", "none")])).await.expect(303);
        assert_eq!(parameter(&stranger, "error"), "login_required");
        let mut browser = app.signup("ana@x.test").await;
        // One sign-in for all apps of the tenant.
        let second = app.client(json!({ "redirect_uris": ["https://board.test/cb"] })).await;
        app.code(&mut browser, &second, &[("prompt", "none")]).await;
        app.clock.advance_s(100);
        app.code(&mut browser, &client, &[("max_age", "100")]).await;
        for stale in [("max_age", "99"), ("max_age", "0"), ("prompt", "login"), ("prompt", "select_account")] {
            let reply = browser.get(&client.asks(&[stale])).await.expect(303);
            assert!(reply.location().starts_with("/consent"), "{stale:?}: {}", reply.location());
        }
        let silent = browser.get(&client.asks(&[("max_age", "99"), ("prompt", "none")])).await.expect(303);
        assert_eq!(parameter(&silent, "error"), "login_required");
        // A rung that this person cannot reach is no reason to turn them away.
        app.code(&mut browser, &client, &[("acr_values", "phr unknown")]).await;
        // Signed in anew, in the same browser: that serves.
        let asks = client.asks(&[("prompt", "login")]);
        let reply = browser.get(&asks).await.expect(303);
        let waiting = reply.location().to_owned();
        let (_, at) = browser.follow(reply, asks).await;
        assert!(at.contains("/login"), "{at}");
        app.login_in(&mut browser, "ana@x.test").await;
        let back = browser.get(&waiting).await.expect(303);
        assert!(!parameter(&back, "code").is_empty(), "{}", back.location());
        // Whom the app means has to be there.
        let tokens = app.tokens(&mut browser, &client).await;
        let hint = tokens["id_token"].as_str().expect("an ID token").to_owned();
        app.clock.advance_s(3600);
        app.code(&mut browser, &client, &[("id_token_hint", &hint), ("prompt", "none")]).await;
        let mut eve = app.signup("eve@x.test").await;
        let other = eve.get(&client.asks(&[("id_token_hint", &hint), ("prompt", "none")])).await.expect(303);
        assert_eq!(parameter(&other, "error"), "login_required");
        let foreign = browser.get(&second.asks(&[("id_token_hint", &hint)])).await.expect(303);
        assert_eq!(parameter(&foreign, "error"), "invalid_request");
    }

    async fn an_answer_can_be_posted(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let asks = client.asks(&[("response_mode", "form_post")]);
        let (_, query) = asks.split_once('?').expect("a query");
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        // By GET and by POST alike.
        let get = browser.get(&asks).await.expect(200);
        let post = browser.send(Call::form(&format!("{LOGIN}/oauth/authorize"), &fields)).await.expect(303);
        let (post, _) = browser.follow(post, format!("{LOGIN}/oauth/authorize")).await;
        for page in [get, post] {
            let html = page.text();
            assert!(html.contains(&format!("action=\"{CALLBACK}\"")) && html.contains("method=\"post\""));
            for name in ["code", "state", "iss"] {
                assert!(html.contains(&format!("name=\"{name}\"")), "{name}");
            }
            let policy = page.header("content-security-policy");
            assert!(policy.contains("form-action 'self'") && policy.contains("https://planner.test"), "{policy}");
            assert_eq!(page.header("cache-control"), "no-store");
        }
        let error = browser.get(&client.asks(&[("response_mode", "form_post"), ("prompt", "wrong")])).await.expect(200);
        assert!(error.text().contains("name=\"error\"") && error.text().contains("invalid_request"));
    }

    async fn tokens_speak_of_one_organization(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let user = browser.me().await["sub"].as_str().expect("a sub").to_owned();
        let (acme, globex) = (app.organization("acme").await, app.organization("globex").await);
        app.organization("third").await;
        for org in [&acme, &globex] {
            app.grant(org, &user, &["admin"]).await.expect(200);
        }
        let scope = ("scope", "openid organization offline_access");
        let code = app.code(&mut browser, &client, &[scope, ("organization", "acme")]).await;
        let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
        let said = claims(tokens["access_token"].as_str().expect("a token"));
        assert_eq!((&said["org_id"], &said["org_slug"], &said["org_roles"]), (&json!(acme), &json!("acme"), &json!(["admin"])));
        assert_eq!(claims(tokens["id_token"].as_str().expect("a token"))["org_id"], json!(acme));
        assert_eq!(app.userinfo(&tokens["access_token"]).await.json()["org_roles"], json!(["admin"]));
        assert_eq!(browser.me().await["org"], Value::Null, "the session stays where it is");
        let code = app.code(&mut browser, &client, &[("org", &globex)]).await;
        let other = app.browser().send(client.redeems(&code)).await.expect(200).json();
        assert_eq!(claims(other["access_token"].as_str().expect("a token"))["org_slug"], "globex");
        let none = browser.get(&client.asks(&[("organization", "third")])).await.expect(303);
        assert_eq!(parameter(&none, "error"), "access_denied");
        // What they may do there now is what the next token says; without a place there is none.
        app.grant(&acme, &user, &["viewer"]).await.expect(200);
        let refresh = tokens["refresh_token"].as_str().expect("a token");
        let next = app.browser().send(client.refreshes(refresh)).await.expect(200).json();
        assert_eq!(claims(next["access_token"].as_str().expect("a token"))["org_roles"], json!(["viewer"]));
        let at = format!("/v1/organizations/{acme}/members/{user}");
        app.admin("DELETE", &at, json!({})).await.expect(204);
        let refresh = next["refresh_token"].as_str().expect("a token");
        refused(&app.browser().send(client.refreshes(refresh)).await, 400, "invalid_grant");
        refused(&app.userinfo(&next["access_token"]).await, 401, "invalid_token");
        app.userinfo(&other["access_token"]).await.expect(200);
        // An organization goes with what was given in it.
        app.admin("DELETE", &format!("/v1/organizations/{globex}"), json!({})).await.expect(204);
        refused(&app.userinfo(&other["access_token"]).await, 401, "invalid_token");
    }

    async fn refresh_tokens_rotate_and_a_repeat_gets_the_same(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let tokens = app.tokens(&mut browser, &client).await;
        let text = |value: &Value| value.as_str().expect("a token").to_owned();
        let first = text(&tokens["refresh_token"]);
        let once = app.browser().send(client.refreshes(&first)).await.expect(200).json();
        app.clock.advance_s(9);
        let again = app.browser().send(client.refreshes(&first)).await.expect(200).json();
        assert_eq!(once["refresh_token"], again["refresh_token"]);
        assert_ne!(once["access_token"], again["access_token"]);
        assert!(claims(&text(&once["id_token"])).get("nonce").is_none());
        let second = text(&once["refresh_token"]);
        let less = client.form("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &second), ("scope", "email")]);
        let less = app.browser().send(less).await.expect(200).json();
        assert_eq!((&less["scope"], less.get("id_token")), (&json!("email"), None));
        // The successor is in use: whoever still holds the first is somebody else.
        refused(&app.browser().send(client.refreshes(&first)).await, 400, "invalid_grant");
        for token in [&second, &text(&less["refresh_token"])] {
            refused(&app.browser().send(client.refreshes(token)).await, 400, "invalid_grant");
        }
        refused(&app.userinfo(&once["access_token"]).await, 401, "invalid_token");
        assert_eq!(app.events("token.reused").await.len(), 1);
        // Late is a reuse too.
        let tokens = app.tokens(&mut browser, &client).await;
        let first = text(&tokens["refresh_token"]);
        let next = text(&app.browser().send(client.refreshes(&first)).await.expect(200).json()["refresh_token"]);
        app.clock.advance_s(11);
        refused(&app.browser().send(client.refreshes(&first)).await, 400, "invalid_grant");
        refused(&app.browser().send(client.refreshes(&next)).await, 400, "invalid_grant");
    }

    async fn tokens_end_with_what_they_hang_on(app: TestApp) {
        for way in ["logout", "disable", "delete", "app off", "app deleted", "code again"] {
            let client = app.client(json!({})).await;
            let email = format!("{}@x.test", way.replace(' ', "-"));
            let mut browser = app.signup(&email).await;
            let user = browser.me().await["sub"].as_str().expect("a sub").to_owned();
            // With `offline_access` they outlive the browser: tests/oauth/offline.rs.
            let code = app.code(&mut browser, &client, &[("scope", "openid")]).await;
            let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
            let waiting = app.code(&mut browser, &client, &[]).await;
            let (path, person) = (format!("/v1/admin/apps/{}", client.id), format!("/v1/admin/users/{user}"));
            let error = if way.starts_with("app") { (401, "invalid_client") } else { (400, "invalid_grant") };
            match way {
                "logout" => { browser.post("/bff/logout", json!({})).await.expect(200); }
                "disable" => { app.admin("PATCH", &person, json!({ "state": "disabled" })).await.expect(200); }
                "delete" => { app.admin("DELETE", &person, json!({})).await.expect(204); }
                "app off" => { app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200); }
                "app deleted" => { app.admin("DELETE", &path, json!({})).await.expect(204); }
                _ => refused(&app.browser().send(client.redeems(&code)).await, 400, "invalid_grant"),
            }
            let refresh = tokens["refresh_token"].as_str().expect("a token");
            refused(&app.browser().send(client.refreshes(refresh)).await, error.0, error.1);
            refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
            if way != "code again" {
                refused(&app.browser().send(client.redeems(&waiting)).await, error.0, error.1);
            }
            if way == "app off" {
                app.admin("PATCH", &path, json!({ "state": "active" })).await.expect(200);
                refused(&app.browser().send(client.refreshes(refresh)).await, 400, "invalid_grant");
            }
        }
    }

    async fn refresh_tokens_are_for_those_who_may_have_them(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        for (changes, scope, has) in [
            (json!({}), "openid", true),
            (json!({ "grant_types": ["authorization_code"] }), "openid offline_access", false),
            (json!({ "first_party": false }), "openid", false),
            (json!({ "first_party": false }), "openid offline_access", true),
        ] {
            let client = app.client(changes.clone()).await;
            let asks = client.asks(&[("scope", scope)]);
            let reply = browser.get(&asks).await.expect(303);
            let code = if reply.location().starts_with("/consent") {
                let (page, _) = browser.follow(reply, asks).await;
                let back = submit(&mut browser, &page, "/consent", &[("answer", "allow")]).await;
                parameter(&back, "code")
            } else {
                parameter(&reply, "code")
            };
            let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
            assert_eq!(tokens.get("refresh_token").is_some(), has, "{changes} {scope}");
        }
    }

    async fn our_own_api_takes_an_apps_token_only_when_it_is_for_it(app: TestApp) {
        let scope = "openid account:read";
        let client = app.client(json!({ "audiences": [API, LOGIN], "scope": scope })).await;
        let mut browser = app.signup("ana@x.test").await;
        let read = |token: &Value| Call::new("GET", &format!("{LOGIN}/v1/me")).bearer(token.as_str().expect("a token"));
        let code = app.code(&mut browser, &client, &[("scope", scope), ("resource", LOGIN)]).await;
        let ours = app.browser().send(client.redeems(&code)).await.expect(200).json();
        app.browser().send(read(&ours["access_token"])).await.expect(200);
        let code = app.code(&mut browser, &client, &[("scope", scope), ("resource", API)]).await;
        let theirs = app.browser().send(client.redeems(&code)).await.expect(200).json();
        app.browser().send(read(&theirs["access_token"])).await.refused(401, "invalid_token");
        app.browser().send(read(&ours["id_token"])).await.refused(401, "invalid_token");
        // What an app lost it has lost here too.
        app.admin("PATCH", &format!("/v1/admin/apps/{}", client.id), json!({ "state": "disabled" })).await.expect(200);
        app.browser().send(read(&ours["access_token"])).await.refused(401, "invalid_token");
    }
}

/// Fifty who bring the same at once, over two nodes.
pub(crate) async fn stampede(nodes: [&TestApp; 2], call: impl Fn() -> Call) -> Vec<Reply> {
    let calls = (0..50).map(|index| {
        let (mut browser, call) = (nodes[index % 2].browser(), call());
        tokio::spawn(async move { browser.send(call).await })
    });
    let all = futures::future::join_all(calls).await;
    all.into_iter()
        .map(|reply| reply.expect("an answer"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_bring_a_code_or_a_refresh_token_at_once_one_gets_something() {
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let Some(first) = TestApp::postgres_with(options.clone()).await else {
        return;
    };
    let second = TestApp::on(&first.database, &options).await;
    let client = first.client(json!({})).await;
    let mut browser = first.signup("ana@x.test").await;
    let code = first.code(&mut browser, &client, &[]).await;
    let all = stampede([&first, &second], || client.redeems(&code)).await;
    let got = all.iter().filter(|reply| reply.code() == 200).count();
    assert_eq!(got, 1, "one code, one success");
    for reply in all.iter().filter(|reply| reply.code() != 200) {
        refused(reply, 400, "invalid_grant");
    }
    let tokens = first.tokens(&mut browser, &client).await;
    let refresh = tokens["refresh_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let all = stampede([&first, &second], || client.refreshes(&refresh)).await;
    let mut distinct = std::collections::BTreeSet::new();
    for reply in &all {
        assert_eq!(
            reply.code(),
            200,
            "within the grace everybody is the same app: {}",
            reply.text()
        );
        distinct.insert(reply.json()["refresh_token"].to_string());
    }
    assert_eq!(distinct.len(), 1, "one new token");
    let next = all[0].json()["refresh_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    second
        .browser()
        .send(client.refreshes(&next))
        .await
        .expect(200);
}
