//! What the authorization server refuses, and where it says so.

use laneway::http::{Access, ROUTES};
use serde_json::json;

use super::client::{API, CALLBACK, Client, VERIFIER, challenge, parameter, refused};
use crate::harness::{Call, LOGIN, TestApp, both};

/// Addresses that are not the registered one, in the ways that people try.
const BAD_REDIRECTS: &[&str] = &[
    "https://planner.test/cb/",
    "https://planner.test/cb?x=1",
    "https://planner.test/cb#x",
    "https://planner.test/CB",
    "https://planner.test/%63b",
    "https://planner.test:8443/cb",
    "http://planner.test/cb",
    "https://planner.test.evil.test/cb",
    "https://evil.test/cb",
    "https://planner.test@evil.test/cb",
    "https://planner.test/cb/../../evil",
    "//planner.test/cb",
    "https://planner.test\\@evil.test/cb",
    "javascript:alert(1)",
    "https://PLANNER.test/cb",
];

both! {
    async fn until_the_address_is_known_nothing_leaves(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        for uri in BAD_REDIRECTS {
            let asks = client.asks(&[("redirect_uri", uri)]);
            let page = browser.send(Call::new("GET", &asks).header("accept", "text/html")).await;
            assert_eq!((page.code(), page.location()), (400, ""), "{uri}");
            assert!(page.text().contains("redirect_uri is not registered"), "{uri}");
            assert!(!page.text().contains(&format!("href=\"{uri}")), "{uri}");
            let json = browser.get(&asks).await.refused(400, "invalid_request").json();
            assert_eq!(json["detail"], "redirect_uri is not registered for this app.");
        }
        for (changes, words) in [
            (("redirect_uri", ""), "redirect_uri is missing."), (("client_id", ""), "client_id is missing or not valid."),
            (("client_id", "0199aaaa-0000-7000-8000-000000000000"), "client_id is not registered here."),
            (("client_id", "'; --"), "client_id is missing or not valid."),
        ] {
            let refused = browser.get(&client.asks(&[changes])).await.refused(400, "invalid_request").json();
            assert_eq!(refused["detail"], words);
        }
        let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.test", client.asks(&[]));
        browser.get(&twice).await.refused(400, "invalid_request");
        app.admin("PATCH", &format!("/v1/admin/apps/{}", client.id), json!({ "state": "disabled" })).await.expect(200);
        let off = browser.get(&client.asks(&[])).await.refused(400, "invalid_request").json();
        assert_eq!(off["detail"], "This app is switched off.");
        assert!(app.events("authorization.granted").await.is_empty());
    }

    async fn afterwards_the_app_is_told(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let plain = VERIFIER;
        for (changes, error) in [
            (vec![("response_type", "token")], "unsupported_response_type"), (vec![("response_type", "")], "invalid_request"),
            (vec![("response_type", "code id_token")], "unsupported_response_type"),
            (vec![("response_mode", "fragment")], "invalid_request"), (vec![("scope", "")], "invalid_scope"),
            (vec![("scope", "admin root")], "invalid_scope"), (vec![("prompt", "none login")], "invalid_request"),
            (vec![("prompt", "create")], "invalid_request"), (vec![("max_age", "-1")], "invalid_request"), (vec![("max_age", "x")], "invalid_request"),
            (vec![("resource", "https://other.test/")], "invalid_target"), (vec![("id_token_hint", "x.y.z")], "invalid_request"),
            (vec![("request", "eyJhbGciOiJub25lIn0.e30.")], "request_not_supported"),
            (vec![("request_uri", "https://evil.test/r")], "request_uri_not_supported"),
            // PKCE: never without, never plain.
            (vec![("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge_method", "")], "invalid_request"), (vec![("code_challenge_method", "plain"), ("code_challenge", plain)], "invalid_request"),
            (vec![("code_challenge", "short")], "invalid_request"),
        ] {
            let reply = browser.get(&client.asks(&changes)).await.expect(303);
            assert!(reply.location().starts_with(CALLBACK), "{changes:?}");
            assert_eq!(parameter(&reply, "error"), error, "{changes:?}");
            assert_eq!((parameter(&reply, "state").as_str(), parameter(&reply, "iss").as_str()), ("s t&te", LOGIN), "{changes:?}");
            assert!(parameter(&reply, "code").is_empty());
        }
        let twice = format!("{}&nonce=x&nonce=y", client.asks(&[]));
        assert_eq!(parameter(&browser.get(&twice).await.expect(303), "error"), "invalid_request");
    }

    async fn pkce_is_not_left_out_on_either_side(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let public = app.client(json!({ "token_endpoint_auth_method": "none" })).await;
        let exempt = app.client(json!({ "require_pkce": false })).await;
        let redeem = |client: &Client, code: &str, verifier: Option<&str>| {
            let mut fields = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
            fields.extend(verifier.map(|verifier| ("code_verifier", verifier)));
            client.form("/oauth/token", &fields)
        };
        for client in [&public, &exempt] {
            for verifier in [None, Some("x"), Some("another-verifier-of-at-least-forty-three-characters"), Some(challenge().as_str())] {
                let code = app.code(&mut browser, client, &[]).await;
                refused(&app.browser().send(redeem(client, &code, verifier)).await, 400, "invalid_grant");
                // A code that went wrong once is not tried again.
                refused(&app.browser().send(client.redeems(&code)).await, 400, "invalid_grant");
            }
        }
        let bare = [("code_challenge", ""), ("code_challenge_method", "")];
        let reply = browser.get(&public.asks(&bare)).await.expect(303);
        assert_eq!(parameter(&reply, "error"), "invalid_request", "public apps always need it");
        // A confidential app may be let off; then a verifier belongs to no request of its own.
        let code = app.code(&mut browser, &exempt, &bare).await;
        app.browser().send(redeem(&exempt, &code, None)).await.expect(200);
        let code = app.code(&mut browser, &exempt, &bare).await;
        refused(&app.browser().send(redeem(&exempt, &code, Some(VERIFIER))).await, 400, "invalid_grant");
    }

    async fn a_code_is_for_its_app_its_address_and_one_minute(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let (client, other) = (app.client(json!({})).await, app.client(json!({})).await);
        let code = app.code(&mut browser, &client, &[]).await;
        refused(&app.browser().send(other.redeems(&code)).await, 400, "invalid_grant");
        app.browser().send(client.redeems(&code)).await.expect(200);
        let code = app.code(&mut browser, &client, &[]).await;
        let elsewhere = Client { redirect: "https://planner.test/other".into(), ..client.clone() };
        refused(&app.browser().send(elsewhere.redeems(&code)).await, 400, "invalid_grant");
        let code = app.code(&mut browser, &client, &[]).await;
        app.clock.advance_s(61);
        refused(&app.browser().send(client.redeems(&code)).await, 400, "invalid_grant");
        refused(&app.browser().send(client.redeems("never-was")).await, 400, "invalid_grant");
        // Values of one kind are none of another.
        let tokens = app.tokens(&mut browser, &client).await;
        let text = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let code = app.code(&mut browser, &client, &[]).await;
        refused(&app.browser().send(client.redeems(&text("refresh_token"))).await, 400, "invalid_grant");
        for wrong in [&code, &text("access_token"), &text("id_token")] {
            refused(&app.browser().send(client.refreshes(wrong)).await, 400, "invalid_grant");
        }
        refused(&app.browser().send(other.refreshes(&text("refresh_token"))).await, 400, "invalid_grant");
        let more = client.form("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &text("refresh_token")), ("scope", "openid plans:read")]);
        refused(&app.browser().send(more).await, 400, "invalid_scope");
        let target = client.form("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &text("refresh_token")), ("resource", "https://other.test/")]);
        refused(&app.browser().send(target).await, 400, "invalid_target");
        // Neither refusal has used it up.
        app.browser().send(client.refreshes(&text("refresh_token"))).await.expect(200);
    }

    async fn an_app_proves_itself_as_it_is_registered(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let post = app.client(json!({ "token_endpoint_auth_method": "client_secret_post" })).await;
        let public = app.client(json!({ "token_endpoint_auth_method": "none" })).await;
        let code = app.code(&mut browser, &client, &[]).await;
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        let with = |more: &[(&str, &str)]| {
            let mut all = fields.to_vec();
            all.extend_from_slice(more);
            Call::form(&format!("{LOGIN}/oauth/token"), &all)
        };
        let secret = client.secret.clone().expect("a secret");
        let wrong = Client { secret: Some("lw_app_wrong".into()), ..client.clone() };
        for (call, status, error) in [
            (with(&[]), 401, "invalid_client"), (with(&[("client_id", &client.id)]), 401, "invalid_client"),
            (with(&[("client_id", &client.id), ("client_secret", &secret)]), 401, "invalid_client"),
            (with(&[]).header("authorization", &wrong.basic()), 401, "invalid_client"),
            (with(&[]).header("authorization", "Basic %%%"), 401, "invalid_client"),
            (with(&[]).bearer("x"), 401, "invalid_client"),
            (with(&[("client_secret", &secret)]).header("authorization", &client.basic()), 400, "invalid_request"),
            (with(&[("client_id", &post.id)]).header("authorization", &client.basic()), 400, "invalid_request"),
            (with(&[("code", "x")]).header("authorization", &client.basic()), 400, "invalid_request"),
            (with(&[("client_id", &public.id), ("client_secret", "x")]), 401, "invalid_client"),
        ] {
            let reply = app.browser().send(call).await;
            refused(&reply, status, error);
            assert!(status != 401 || reply.header("www-authenticate").starts_with("Basic"), "RFC 6749 §5.2");
        }
        let bad = client.form("/oauth/token", &[("grant_type", "password"), ("username", "a"), ("password", "b")]);
        refused(&app.browser().send(bad).await, 400, "unsupported_grant_type");
        let only = app.client(json!({ "grant_types": ["authorization_code"] })).await;
        refused(&app.browser().send(only.refreshes("x")).await, 400, "unauthorized_client");
        let in_address = Call::new("POST", &format!("{LOGIN}/oauth/token?grant_type=authorization_code&code={code}"));
        refused(&app.browser().send(in_address.header("authorization", &client.basic())).await, 400, "invalid_request");
        app.browser().send(client.redeems(&code)).await.expect(200);
        let code = app.code(&mut browser, &post, &[]).await;
        let own = [("client_id", post.id.as_str()), ("client_secret", post.secret.as_deref().expect("a secret"))];
        let mut all = vec![("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        all.extend(own);
        app.browser().send(Call::form(&format!("{LOGIN}/oauth/token"), &all)).await.expect(200);
        // A new secret is the only one.
        let again = app.admin("POST", &format!("/v1/admin/apps/{}/secret", client.id), json!({})).await.expect(201).json();
        let code = app.code(&mut browser, &client, &[]).await;
        refused(&app.browser().send(client.redeems(&code)).await, 401, "invalid_client");
        let renewed = Client { secret: again["client_secret"].as_str().map(str::to_owned), ..client };
        app.browser().send(renewed.redeems(&code)).await.expect(200);
    }

    async fn userinfo_wants_an_access_token_of_its_own(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let tokens = app.tokens(&mut browser, &client).await;
        let ask = |token: &str| Call::new("GET", &format!("{LOGIN}/oauth/userinfo")).bearer(token);
        let text = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let admin = app.operator().await;
        for wrong in [text("id_token"), text("refresh_token"), admin, "x".into(), format!("{}x", text("access_token"))] {
            let reply = app.browser().send(ask(&wrong)).await;
            refused(&reply, 401, "invalid_token");
            assert!(reply.header("www-authenticate").contains("invalid_token"));
        }
        // A cookie is nobody here.
        refused(&browser.get(&format!("{LOGIN}/oauth/userinfo")).await, 401, "invalid_token");
        let code = app.code(&mut browser, &client, &[("scope", "email")]).await;
        let bare = app.browser().send(client.redeems(&code)).await.expect(200).json();
        assert!(bare.get("id_token").is_none());
        refused(&app.userinfo(&bare["access_token"]).await, 403, "insufficient_scope");
        app.clock.advance_s(301);
        refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
    }

    async fn another_tenant_knows_nothing_of_it(app: TestApp) {
        let other = "https://other.test";
        let tenant = json!({ "slug": "other", "name": "Other", "public_url": other, "signup": "open" });
        app.admin("POST", "/v1/admin/tenants", tenant).await.expect(201);
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let code = app.code(&mut browser, &client, &[]).await;
        let tokens = app.tokens(&mut browser, &client).await;
        let there = |call: Call| call.at_host(other);
        browser.get(&client.asks(&[]).replace(LOGIN, other)).await.refused(400, "invalid_request");
        refused(&app.browser().send(there(client.redeems(&code))).await, 401, "invalid_client");
        let refresh = tokens["refresh_token"].as_str().expect("a token");
        refused(&app.browser().send(there(client.refreshes(refresh))).await, 401, "invalid_client");
        let access = tokens["access_token"].as_str().expect("a token");
        let ask = Call::new("GET", &format!("{other}/oauth/userinfo")).bearer(access);
        refused(&app.browser().send(ask).await, 401, "invalid_token");
        app.browser().send(client.redeems(&code)).await.expect(200);
    }
}

#[tokio::test]
async fn strangers_are_refused_wherever_an_app_is_wanted() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    for (method, path, access) in ROUTES {
        if *access != Access::App {
            continue;
        }
        let url = format!("{LOGIN}{path}");
        let form = Call::form(
            &url,
            &[
                ("token", "x"),
                ("grant_type", "refresh_token"),
                ("resource", API),
            ],
        );
        let calls = [
            Some(Call::new(method, &url)),
            (*method == "POST").then_some(form),
        ];
        for call in calls.into_iter().flatten() {
            let reply = browser.send(call).await;
            assert!(
                matches!(reply.code(), 400 | 401),
                "{method} {path}: {}",
                reply.text()
            );
            assert!(reply.json()["error"].is_string(), "{method} {path}");
        }
    }
}
