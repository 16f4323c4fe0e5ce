//! Access while somebody is away (OpenID Connect Core §11): a session of the app's own.

use serde_json::{Value, json};

use super::client::{Client, claims, refused};
use crate::harness::{Browser, Call, LOGIN, TestApp, both};

const DAY_S: i64 = 86_400;

fn refresh_of(tokens: &Value) -> String {
    tokens["refresh_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

async fn next(app: &TestApp, client: &Client, tokens: &Value) -> Value {
    let call = client.refreshes(&refresh_of(tokens));
    app.browser().send(call).await.expect(200).json()
}

async fn over(app: &TestApp, client: &Client, tokens: &Value) {
    let call = client.refreshes(&refresh_of(tokens));
    refused(&app.browser().send(call).await, 400, "invalid_grant");
    refused(
        &app.userinfo(&tokens["access_token"]).await,
        401,
        "invalid_token",
    );
}

async fn sessions(browser: &mut Browser) -> Vec<Value> {
    let all = browser
        .get(&format!("{LOGIN}/v1/me/sessions"))
        .await
        .expect(200)
        .json();
    all["items"].as_array().expect("items").clone()
}

both! {
    async fn what_is_kept_outlives_the_browser_and_its_idle_limit(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let me = browser.me().await;
        let mut tokens = app.tokens(&mut browser, &client).await;
        let sid = claims(tokens["access_token"].as_str().expect("a token"))["sid"].clone();
        // The access token names the session that it ends with, the ID token the sign-in in the
        // browser, whose end the app is told.
        assert_ne!(sid, me["sid"]);
        assert_eq!(claims(tokens["id_token"].as_str().expect("a token"))["sid"], me["sid"]);
        let all = sessions(&mut browser).await;
        let kept = all.iter().find(|session| session["id"] == sid).expect("it is listed");
        assert_eq!(kept["app"], json!({ "client_id": client.id, "name": "Planner" }));
        assert_eq!((&kept["hosts"], &kept["current"], &kept["acr"]), (&json!([]), &json!(false), &me["acr"]));
        let own = all.iter().find(|session| session["id"] == me["sid"]).expect("it is listed");
        assert_eq!(own["app"], Value::Null);
        let page = browser.get(&format!("{LOGIN}/account")).await.expect(200);
        assert!(page.text().contains("Planner"));
        // Signing out in the browser is not signing out the app (OpenID Back-Channel Logout §2.7).
        browser.post("/bff/logout", json!({})).await.expect(200);
        tokens = next(&app, &client, &tokens).await;
        app.userinfo(&tokens["access_token"]).await.expect(200);
        // Each use moves its own idle limit, up to its own end.
        for _ in 0..4 {
            app.clock.advance_s(20 * DAY_S);
            app.core().sessions.flush().await.expect("flushed");
            tokens = next(&app, &client, &tokens).await;
            assert_eq!(claims(tokens["access_token"].as_str().expect("a token"))["sid"], sid);
        }
        app.clock.advance_s(11 * DAY_S);
        over(&app, &client, &tokens).await;
    }

    async fn unused_it_is_over_after_its_idle_limit(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let tokens = app.tokens(&mut browser, &client).await;
        app.clock.advance_s(30 * DAY_S + 1);
        over(&app, &client, &tokens).await;
    }

    async fn without_the_scope_it_ends_with_the_browser(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let code = app.code(&mut browser, &client, &[("scope", "openid")]).await;
        let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
        let me = browser.me().await;
        assert_eq!(claims(tokens["access_token"].as_str().expect("a token"))["sid"], me["sid"]);
        assert_eq!(sessions(&mut browser).await.len(), 1);
        browser.post("/bff/logout", json!({})).await.expect(200);
        over(&app, &client, &tokens).await;
    }

    async fn it_ends_by_whatever_ends_it(app: TestApp) {
        for way in ["own", "others", "everywhere", "given back", "app off", "app deleted", "person off", "reused", "operator", "upstream"] {
            let client = app.client(json!({})).await;
            let email = format!("{}@x.test", way.replace(' ', "-"));
            let mut browser = app.signup(&email).await;
            let user = browser.me().await["sub"].as_str().expect("a sub").to_owned();
            let first = app.tokens(&mut browser, &client).await;
            let tokens = next(&app, &client, &first).await;
            let sid = claims(tokens["access_token"].as_str().expect("a token"))["sid"].as_str().expect("a sid").to_owned();
            let (path, person) = (format!("/v1/admin/apps/{}", client.id), format!("/v1/admin/users/{user}"));
            match way {
                "own" => { browser.send(Call::api("DELETE", &format!("{LOGIN}/v1/me/sessions/{sid}"), &json!({}))).await.expect(204); }
                "others" => { browser.send(Call::api("DELETE", &format!("{LOGIN}/v1/me/sessions"), &json!({}))).await.expect(204); }
                "everywhere" => { browser.post("/bff/logout", json!({ "everywhere": true })).await.expect(200); }
                "given back" => { app.browser().send(client.form("/oauth/revoke", &[("token", &refresh_of(&tokens))])).await.expect(200); }
                "app off" => { app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200); }
                "app deleted" => { app.admin("DELETE", &path, json!({})).await.expect(204); }
                "person off" => { app.admin("PATCH", &person, json!({ "state": "disabled" })).await.expect(200); }
                "operator" => { app.admin("DELETE", &format!("/v1/admin/sessions/{sid}"), json!({})).await.expect(204); }
                "upstream" => {
                    let all = app.admin("GET", "/v1/admin/upstreams", json!({})).await.expect(200).json();
                    let id = all["items"][0]["id"].as_str().expect("an id").to_owned();
                    app.admin("DELETE", &format!("/v1/admin/sessions?upstream={id}"), json!({})).await.expect(204);
                }
                _ => {
                    app.clock.advance_s(11);
                    refused(&app.browser().send(client.refreshes(&refresh_of(&first))).await, 400, "invalid_grant");
                }
            }
            if way.starts_with("app") {
                refused(&app.browser().send(client.refreshes(&refresh_of(&tokens))).await, 401, "invalid_client");
                refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
            } else {
                over(&app, &client, &tokens).await;
            }
            // No row of a session stays behind that nothing hangs on.
            let left = app.admin("GET", &format!("/v1/admin/users/{user}/sessions"), json!({})).await.expect(200).json();
            let left = left["items"].as_array().expect("items");
            assert!(left.iter().all(|session| session["id"] != sid), "{way}: {left:?}");
        }
    }

    async fn browserless_clients_refresh_with_their_token_alone(app: TestApp) {
        let public = app.client(json!({ "token_endpoint_auth_method": "none" })).await;
        let secret = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        let url = format!("{LOGIN}/auth/refresh");
        let tokens = app.tokens(&mut browser, &public).await;
        let body = json!({ "refresh_token": refresh_of(&tokens) });
        let tokens = app.browser().send(Call::api("POST", &url, &body)).await.expect(200).json();
        let call = Call::form(&url, &[("refresh_token", &refresh_of(&tokens)), ("scope", "openid")]);
        let less = app.browser().send(call).await.expect(200).json();
        assert_eq!(less["scope"], "openid");
        let kept = app.tokens(&mut browser, &secret).await;
        let bare = Call::form(&url, &[("refresh_token", &refresh_of(&kept))]);
        refused(&app.browser().send(bare).await, 401, "invalid_client");
        app.browser().send(secret.form("/auth/refresh", &[("refresh_token", &refresh_of(&kept))])).await.expect(200);
        for (body, status, error) in [
            (json!({}), 400, "invalid_request"), (json!([]), 400, "invalid_request"), (json!({ "refresh_token": 1 }), 400, "invalid_request"),
            (json!({ "refresh_token": "lw_rt_x" }), 401, "invalid_client"), (json!({ "refresh_token": "lw_rt_x", "client_id": public.id }), 400, "invalid_grant"),
        ] {
            refused(&app.browser().send(Call::api("POST", &url, &body)).await, status, error);
        }
    }

    async fn a_token_that_is_over_is_told_from_one_that_never_counted(app: TestApp) {
        let scope = "openid account:read offline_access";
        let client = app.client(json!({ "audiences": [LOGIN], "scope": scope })).await;
        let mut browser = app.signup("ana@x.test").await;
        let code = app.code(&mut browser, &client, &[("scope", scope)]).await;
        let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
        let access = tokens["access_token"].as_str().expect("a token").to_owned();
        app.clock.advance_s(301);
        for (method, path) in [("GET", "/v1/me"), ("GET", "/bff/user"), ("GET", "/v1/me/sessions"), ("GET", "/v1/organizations"), ("GET", "/v1/admin/users")] {
            for host in [LOGIN, crate::harness::APP] {
                // These rooms are not on the hosts of applications.
                if host != LOGIN && (path.starts_with("/v1/admin") || path == "/v1/organizations") {
                    continue;
                }
                let call = Call::new(method, &format!("{host}{path}")).bearer(&access);
                let reply = app.browser().send(call).await;
                assert_eq!((reply.code(), reply.problem().as_str()), (401, "token_expired"), "{host}{path}");
            }
        }
        let proxied = Call::new("GET", &format!("{}/api/echo/x", crate::harness::APP)).bearer(&access);
        app.browser().send(proxied).await.refused(401, "token_expired");
        // In the words of RFC 6750 where those are spoken.
        refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
        let next = next(&app, &client, &tokens).await;
        let call = Call::new("GET", &format!("{LOGIN}/v1/me")).bearer(next["access_token"].as_str().expect("a token"));
        app.browser().send(call).await.expect(200);
    }

    async fn a_token_of_it_opens_our_own_api_and_no_page(app: TestApp) {
        let scope = "openid account:read offline_access";
        let client = app.client(json!({ "audiences": [LOGIN], "scope": scope })).await;
        let mut browser = app.signup("ana@x.test").await;
        let code = app.code(&mut browser, &client, &[("scope", scope)]).await;
        let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
        let access = tokens["access_token"].as_str().expect("a token");
        let own = app.browser().send(Call::new("GET", &format!("{LOGIN}/v1/me/sessions")).bearer(access)).await.expect(200).json();
        let current = own["items"].as_array().expect("items").iter().find(|one| one["current"] == true).expect("itself");
        assert_eq!(current["app"]["client_id"], json!(client.id));
        let page = Call::new("GET", &format!("{LOGIN}/account")).bearer(access);
        assert_eq!(app.browser().send(page).await.expect(303).location(), "/login?return_to=/account");
    }
}

#[tokio::test]
async fn a_proxy_hears_that_a_token_is_over() {
    let app = crate::forward::rig().await;
    let client = app.client(json!({ "audiences": [LOGIN] })).await;
    let mut browser = app.signup("ana@x.test").await;
    let tokens = app.tokens(&mut browser, &client).await;
    let access = tokens["access_token"].as_str().expect("a token");
    let asks = || crate::forward::nginx("https://wiki.test/", "").bearer(access);
    // One for our own API opens no application.
    let fresh = crate::forward::proxy(&app).send(asks()).await;
    fresh.refused(403, "forbidden");
    app.clock.advance_s(301);
    let no = crate::forward::proxy(&app).send(asks()).await;
    no.refused(401, "token_expired");
}
