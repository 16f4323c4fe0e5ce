//! Access tokens of apps at the applications that they are for: behind the question of a proxy and
//! behind `/api` (RFC 8707, RFC 9068 §4).

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{API, Client, claims};
use super::keys::Key;
use crate::forward::{NOTES, WIKI, envoy, nginx, options, proxy};
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, both};
use crate::proxy_streams::socket;

/// The wiki as it names itself, and as others may write it.
const WIKI_ITSELF: &str = "https://wiki.test/";
const ROUTE: &str = "https://app.test/api/echo";
const SCOPE: &str = "openid email organization offline_access members:read";

/// An app that may have tokens for these.
async fn app_for(app: &TestApp, audiences: &[&str]) -> Client {
    app.client(json!({ "audiences": audiences, "scope": SCOPE }))
        .await
}

/// All tokens that it gets for one of them, with changes to what it asks for.
async fn tokens(
    app: &TestApp,
    browser: &mut Browser,
    client: &Client,
    more: &[(&str, &str)],
) -> Value {
    let mut asked = vec![("scope", SCOPE)];
    asked.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    asked.extend_from_slice(more);
    let code = app.code(browser, client, &asked).await;
    let redeemed = app.browser().send(client.redeems(&code)).await;
    redeemed.expect(200).json()
}

async fn token(
    app: &TestApp,
    browser: &mut Browser,
    client: &Client,
    more: &[(&str, &str)],
) -> String {
    let all = tokens(app, browser, client, more).await;
    text(&all["access_token"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// At the wiki, as nginx asks.
async fn wiki(app: &TestApp, token: &str, query: &str) -> Reply {
    let asked = nginx(&format!("{WIKI}/page"), query).bearer(token);
    proxy(app).send(asked).await
}

async fn api(app: &TestApp, token: &str, path: &str) -> Reply {
    let call = Call::new("GET", &format!("{APP}/api/{path}")).bearer(token);
    app.browser().send(call).await
}

fn sent<'a>(echo: &'a Value, name: &str) -> Vec<&'a str> {
    let all = echo["headers"].as_array().expect("headers").iter();
    all.filter(|pair| pair[0] == name)
        .filter_map(|pair| pair[1].as_str())
        .collect()
}

/// A member of an organization, who is signed in.
async fn member(app: &TestApp, email: &str, role: &str) -> (Browser, String, String) {
    let mut browser = app.signup(email).await;
    let user = text(&browser.me().await["sub"]);
    let org = app.organization(&format!("o-{role}")).await;
    app.grant(&org, &user, &[role]).await.expect(200);
    (browser, user, org)
}

both! {
    async fn an_apps_token_opens_the_application_that_it_names(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut ana = app.signup("ana@x.test").await;
        let me = ana.me().await;
        for named in [WIKI, WIKI_ITSELF] {
            let client = app_for(&app, &[named]).await;
            let access = token(&app, &mut ana, &client, &[]).await;
            let said = claims(&access);
            for asked in [nginx(&format!("{WIKI}/page"), ""), envoy("POST", WIKI, "/page"), nginx(&format!("{WIKI}/"), "")] {
                let yes = proxy(&app).send(asked.bearer(&access)).await.expect(200);
                assert_eq!((yes.header("x-laneway-user"), yes.header("remote-email")), (me["sub"].as_str().expect("a sub"), "ana@x.test"));
                assert_eq!((yes.header("x-laneway-sid"), yes.header("x-laneway-org")), (said["sid"].as_str().expect("a sid"), ""));
                // What the application is given says whose word it is, and goes with it.
                let told = claims(yes.header("x-laneway-jwt"));
                for (name, value) in [
                    ("aud", json!(WIKI)), ("client_id", json!(client.id)), ("sub", said["sub"].clone()), ("sid", said["sid"].clone()),
                    ("scope", said["scope"].clone()), ("token_use", json!("oauth")), ("exp", said["exp"].clone()),
                ] {
                    assert_eq!(told[name], value, "{name}");
                }
                let family = |claims: &Value| text(&claims["jti"]).split('.').next().map(str::to_owned);
                assert_eq!(family(&told), family(&said));
            }
            let key = nginx(&format!("{WIKI}/page"), "").header("x-api-key", &access);
            proxy(&app).send(key).await.expect(200);
            // It does not matter who is signed in beside it: the first that is there decides.
            let beside = nginx(&format!("{WIKI}/page"), "").bearer(&access).header("cookie", "__Host-lw=none");
            proxy(&app).send(beside).await.expect(200);
        }
    }

    async fn an_apps_token_opens_a_route_and_no_backend_sees_it(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        for named in [ROUTE, APP, "https://app.test/"] {
            let client = app_for(&app, &[named]).await;
            let access = token(&app, &mut ana, &client, &[]).await;
            let echo = api(&app, &access, "echo/x").await.expect(200);
            assert!(!echo.text().contains(&access));
            let told = claims(sent(&echo.json(), "authorization")[0].trim_start_matches("Bearer "));
            assert_eq!((&told["aud"], &told["client_id"]), (&json!(ROUTE), &json!(client.id)));
            // No page can make a browser send it, so a write needs no mark of a script.
            let write = Call::new("POST", &format!("{APP}/api/echo/x")).bearer(&access);
            app.browser().send(write).await.expect(200);
            // A route is a place of its own; the host is all of its routes.
            let status = if named == ROUTE { 401 } else { 200 };
            assert_eq!(api(&app, &access, "open/x").await.code(), status, "{named}");
            let bare = api(&app, &access, "bare/x").await;
            assert_eq!(bare.code(), status, "{named}");
            if status == 200 {
                assert!(sent(&bare.json(), "authorization").is_empty());
            }
        }
    }

    async fn what_is_not_for_the_application_opens_nothing(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut ana = app.signup("ana@x.test").await;
        let everything = app_for(&app, &[WIKI_ITSELF, NOTES, API, ROUTE, "https://login.test/", "https://wiki.test/page", "https://wiki.test//"]).await;
        for (resource, there) in [
            (NOTES, 401), (API, 401), (ROUTE, 401), ("https://login.test/", 401), ("https://wiki.test/page", 401), ("https://wiki.test//", 401),
            (WIKI_ITSELF, 200),
        ] {
            let access = token(&app, &mut ana, &everything, &[("resource", resource)]).await;
            assert_eq!(claims(&access)["aud"], resource);
            let reply = wiki(&app, &access, "").await;
            assert_eq!(reply.code(), there, "{resource}: {}", reply.text());
            let said = reply.header("www-authenticate");
            assert!(there == 200 || said.contains("invalid_token") && said.contains("resource_metadata="), "{said}");
            // Where a token is wrong, no cookie and no open door is tried after it.
            assert_eq!(api(&app, &access, "open/x").await.code(), 401, "{resource}");
            // The login host is no application, however its address is written.
            let login = nginx(&format!("{LOGIN}/"), "").bearer(&access);
            assert_eq!(proxy(&app).send(login).await.code(), 401, "{resource}");
        }
        // Without an audience it is for the userinfo endpoint alone; with the issuer's, for Laneway.
        let nowhere = app_for(&app, &[]).await;
        let access = token(&app, &mut ana, &nowhere, &[]).await;
        wiki(&app, &access, "").await.refused(401, "invalid_token");
        let home = app_for(&app, &[LOGIN]).await;
        let access = token(&app, &mut ana, &home, &[]).await;
        wiki(&app, &access, "").await.refused(403, "forbidden");
    }

    async fn what_is_not_plainly_an_apps_token_opens_nothing(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut ana = app.signup("ana@x.test").await;
        let client = app_for(&app, &[WIKI_ITSELF]).await;
        let all = tokens(&app, &mut ana, &client, &[]).await;
        let (access, id) = (text(&all["access_token"]), text(&all["id_token"]));
        let refresh = text(&all["refresh_token"]);
        wiki(&app, &access, "").await.expect(200);
        app.enter(&mut ana, WIKI).await;
        let cookie = ana.cookie(WIKI, "__Host-lw").expect("a cookie").to_owned();
        let by_cookie = nginx(&format!("{WIKI}/page"), "").header("cookie", &format!("__Host-lw={cookie}"));
        let proxied = proxy(&app).send(by_cookie).await.expect(200).header("x-laneway-jwt").to_owned();
        let stranger = Key::es256();
        let mut wider = claims(&access);
        wider["scope"] = json!("openid users:write");
        let parts: Vec<&str> = access.split('.').collect();
        let other_claims = stranger.sign(&json!({ "alg": "ES256", "typ": "at+jwt", "kid": "x" }), &wider);
        let swapped = format!("{}.{}.{}", parts[0], other_claims.split('.').nth(1).expect("claims"), parts[2]);
        let cut = access[..access.len() - 4].to_owned();
        for (what, token) in [("an ID token", id), ("a cookie's token", proxied), ("a stranger's", other_claims), ("changed", swapped), ("cut", cut)] {
            let reply = wiki(&app, &token, "").await;
            assert_eq!(reply.code(), 401, "{what}: {}", reply.text());
            assert!(!reply.text().contains(&token));
        }
        assert_eq!(wiki(&app, &refresh, "").await.code(), 401, "a refresh token");
        // From whom it comes, and where it is asked for.
        let asked = nginx(&format!("{WIKI}/page"), "").bearer(&access);
        app.browser().send(asked).await.expect(403);
        let other = json!({ "slug": "other", "name": "O", "public_url": "https://other.test", "signup": "open" });
        app.admin("POST", "/v1/admin/tenants", other).await.expect(201);
        let there = nginx("https://other.test/", "").bearer(&access);
        assert_eq!(proxy(&app).send(there).await.code(), 401, "another tenant");
        let at = format!("/v1/admin/tenants/{}", app.tenant().await.id);
        for (methods, status) in [(json!(["cookie", "api_token"]), 401), (json!(["access_token"]), 200)] {
            let patch = json!({ "settings": { "auth_methods": methods } });
            app.admin("PATCH", &at, patch).await.expect(200);
            assert_eq!(wiki(&app, &access, "").await.code(), status);
        }
        let seconds = claims(&access)["exp"].as_i64().expect("exp") - app.clock_s();
        app.clock.advance_s(seconds);
        wiki(&app, &access, "").await.refused(401, "token_expired");
    }

    async fn one_that_is_bound_to_a_key_opens_nothing_without_it(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut ana = app.signup("ana@x.test").await;
        let (client, key) = (app_for(&app, &[WIKI_ITSELF]).await, Key::es256());
        let proof = json!({ "jti": "p1", "htm": "POST", "htu": format!("{LOGIN}/oauth/token"), "iat": app.clock_s() });
        let head = json!({ "typ": "dpop+jwt", "alg": key.alg(), "jwk": key.jwk() });
        let code = app.code(&mut ana, &client, &[]).await;
        let redeemed = client.redeems(&code).header("dpop", &key.sign(&head, &proof));
        let all = app.browser().send(redeemed).await.expect(200).json();
        assert_eq!(all["token_type"], "DPoP");
        let access = text(&all["access_token"]);
        wiki(&app, &access, "").await.refused(401, "invalid_token");
        // Another scheme is not ours to read: then nobody calls.
        let dpop = nginx(&format!("{WIKI}/page"), "").header("authorization", &format!("DPoP {access}"));
        proxy(&app).send(dpop).await.expect(401);
    }

    async fn the_application_sees_the_organization_of_the_token(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let (mut ana, user, acme) = member(&app, "ana@x.test", "admin").await;
        let globex = app.organization("globex").await;
        app.grant(&globex, &user, &["viewer"]).await.expect(200);
        let client = app_for(&app, &[WIKI_ITSELF, ROUTE]).await;
        let access = token(&app, &mut ana, &client, &[("organization", "o-admin")]).await;
        // The session goes elsewhere; the token does not.
        ana.post("/bff/org", json!({ "org": globex })).await.expect(200);
        let yes = wiki(&app, &access, "").await.expect(200);
        assert_eq!((yes.header("x-laneway-org"), yes.header("x-laneway-roles")), (acme.as_str(), "admin"));
        assert_eq!(claims(yes.header("x-laneway-jwt"))["org_slug"], "o-admin");
        for (query, status) in [
            ("?org=o-admin", 200), ("?org=globex", 403), ("?role=admin", 200), ("?role=viewer", 403),
            ("?acr=aal2", 403), ("?allowed_emails=ana@x.test", 200), ("?allowed_emails=bo@x.test", 403),
        ] {
            assert_eq!(wiki(&app, &access, query).await.code(), status, "{query}");
        }
        let bound = token(&app, &mut ana, &client, &[("organization", "o-admin"), ("resource", ROUTE)]).await;
        let guarded = |org: &str| Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&bound).header("x-laneway-org", org);
        app.browser().send(guarded(&acme)).await.expect(200);
        app.browser().send(guarded(&globex)).await.refused(409, "org_mismatch");
        // Nobody is in an organization whose token is for none.
        ana.post("/bff/org", json!({ "org": null })).await.expect(200);
        let none = token(&app, &mut ana, &client, &[]).await;
        assert_eq!(claims(&none)["org_id"], Value::Null);
        assert_eq!(wiki(&app, &none, "?org=globex").await.code(), 403);
        // What they are there is what they are now.
        app.grant(&acme, &user, &["viewer"]).await.expect(200);
        assert_eq!(wiki(&app, &access, "").await.expect(200).header("x-laneway-roles"), "viewer");
        app.admin("DELETE", &format!("/v1/organizations/{acme}/members/{user}"), json!({})).await.expect(204);
        wiki(&app, &access, "").await.refused(401, "invalid_token");
    }

    async fn a_rule_of_scopes_asks_the_token_and_the_person(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let (mut ana, ..) = member(&app, "ana@x.test", "admin").await;
        let client = app_for(&app, &[WIKI_ITSELF]).await;
        let org = ("organization", "o-admin");
        let mut bo = app.signup("bo@x.test").await;
        let (with, without) = (
            token(&app, &mut ana, &client, &[org]).await,
            token(&app, &mut ana, &client, &[org, ("scope", "openid offline_access")]).await,
        );
        let nobody = token(&app, &mut bo, &client, &[]).await;
        for (access, query, status) in [
            (&with, "?scope=members:read", 200), (&with, "?scope=members:write", 403),
            // The app was not given it, though the person has it.
            (&without, "?scope=members:read", 403), (&without, "", 200),
            // The app was given it, but the person does not have it.
            (&nobody, "?scope=members:read", 403), (&nobody, "", 200),
        ] {
            assert_eq!(wiki(&app, access, query).await.code(), status, "{query}");
        }
    }

    async fn it_ends_with_all_that_it_hangs_on(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        for (number, end) in ["revoked", "reused", "signed out", "sessions", "switched off", "deleted", "app off", "app gone"].into_iter().enumerate() {
            let client = app_for(&app, &[WIKI_ITSELF]).await;
            let email = format!("p{number}@x.test");
            let mut browser = app.signup(&email).await;
            let user = text(&browser.me().await["sub"]);
            let all = tokens(&app, &mut browser, &client, &[("scope", "openid")]).await;
            let access = text(&all["access_token"]);
            let yes = wiki(&app, &access, "").await.expect(200);
            let made = yes.header("x-laneway-jwt").to_owned();
            app.clock.advance_s(1);
            let at = format!("/v1/admin/apps/{}", client.id);
            match end {
                "revoked" => {
                    let taken = client.form("/oauth/revoke", &[("token", &access)]);
                    app.browser().send(taken).await.expect(200);
                }
                "reused" => {
                    let refresh = text(&all["refresh_token"]);
                    app.browser().send(client.refreshes(&refresh)).await.expect(200);
                    app.clock.advance_s(11);
                    app.browser().send(client.refreshes(&refresh)).await.expect(400);
                }
                "signed out" => drop(browser.post("/bff/logout", json!({})).await.expect(200)),
                "sessions" => drop(app.admin("DELETE", &format!("/v1/admin/users/{user}/sessions"), json!({})).await.expect(204)),
                "switched off" => drop(app.admin("PATCH", &format!("/v1/admin/users/{user}"), json!({ "state": "disabled" })).await.expect(200)),
                "deleted" => drop(app.admin("DELETE", &format!("/v1/admin/users/{user}"), json!({})).await.expect(204)),
                "app off" => drop(app.admin("PATCH", &at, json!({ "state": "disabled" })).await.expect(200)),
                _ => drop(app.admin("DELETE", &at, json!({})).await.expect(204)),
            }
            for token in [&access, &made] {
                let reply = wiki(&app, token, "").await;
                assert_eq!(reply.code(), 401, "{end}: {}", reply.text());
            }
        }
    }

    async fn a_service_that_acts_for_somebody_is_told(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut ana = app.signup("ana@x.test").await;
        let client = app_for(&app, &[API]).await;
        let subject = token(&app, &mut ana, &client, &[]).await;
        let grant = "urn:ietf:params:oauth:grant-type:token-exchange";
        let service = app.client(json!({
            "client_name": "Service", "redirect_uris": [], "grant_types": [grant], "first_party": false,
            "scope": "email", "audiences": [API, WIKI_ITSELF],
        })).await;
        let fields = [
            ("grant_type", grant), ("subject_token", &subject), ("resource", WIKI_ITSELF),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        let body = app.browser().send(service.form("/oauth/token", &fields)).await.expect(200).json();
        let access = text(&body["access_token"]);
        let yes = wiki(&app, &access, "").await.expect(200);
        let told = claims(yes.header("x-laneway-jwt"));
        assert_eq!((&told["act"], &told["client_id"], &told["scope"]), (&json!({ "sub": service.id }), &json!(service.id), &json!("email")));
        let at = format!("/v1/admin/apps/{}", service.id);
        app.admin("PATCH", &at, json!({ "state": "disabled" })).await.expect(200);
        wiki(&app, &access, "").await.refused(401, "invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_by_an_apps_token_ends_with_it_on_both_nodes() {
    let Some(here) = TestApp::postgres().await else {
        return;
    };
    let there = here.second().await;
    let _jobs = [here.jobs(), there.jobs()];
    let listener = there.listen().await;
    let mut ana = here.signup("ana@x.test").await;
    let robot = here
        .client(json!({
            "grant_types": ["client_credentials"], "redirect_uris": [], "audiences": [ROUTE],
        }))
        .await;
    let client = app_for(&here, &[ROUTE]).await;
    for by in ["revoked", "app off", "own name"] {
        let (access, at) = if by == "own name" {
            let asked = robot.form("/oauth/token", &[("grant_type", "client_credentials")]);
            let body = here.browser().send(asked).await.expect(200).json();
            (text(&body["access_token"]), &robot)
        } else {
            (token(&here, &mut ana, &client, &[]).await, &client)
        };
        let mut wire = listener.connect().await;
        let bearer = format!("Authorization: Bearer {access}\r\n");
        wire.send(socket("app.test", "/api/echo/ws", &bearer)).await;
        assert_eq!(wire.head().await.status, 101, "{by}");
        wire.message().await;
        assert!(wire.is_quiet(Duration::from_millis(300)).await, "{by}");
        if by == "app off" {
            let path = format!("/v1/admin/apps/{}", at.id);
            here.admin("PATCH", &path, json!({ "state": "disabled" }))
                .await
                .expect(200);
        } else {
            let taken = at.form("/oauth/revoke", &[("token", &access)]);
            here.browser().send(taken).await.expect(200);
        }
        let over = tokio::time::timeout(Duration::from_secs(6), wire.rest()).await;
        assert_eq!(over.expect("it ends"), "", "{by}");
        assert_eq!(api(&there, &access, "echo/x").await.code(), 401, "{by}");
    }
}
