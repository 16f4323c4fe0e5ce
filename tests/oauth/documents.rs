//! Apps that are known by a document at their address, and resources that say who gives out their
//! tokens (RFC 9728): what agents need to find their way.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::client::{CALLBACK, Client, claims, parameter, submit};
use crate::forward::{WIKI, nginx, options, proxy};
use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, TestApp};

/// A document at an address of its own.
struct Place {
    url: String,
    text: Arc<Mutex<String>>,
}

async fn place() -> Place {
    let text = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&text);
    let router = axum::Router::new().fallback(move || {
        let shown = Arc::clone(&shown);
        async move { shown.lock().await.clone() }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let url = format!(
        "http://{}/agent.json",
        listener.local_addr().expect("an address")
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    let place = Place { url, text };
    place.says(json!({})).await;
    place
}

impl Place {
    /// The document that works, with changes; `null` leaves a member out.
    async fn says(&self, changes: Value) {
        let mut all = json!({
            "client_id": self.url, "client_name": "Agent", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token", "urn:example:other"], "scope": "openid email offline_access users:write",
        });
        for (name, value) in changes.as_object().expect("members") {
            all[name] = value.clone();
        }
        *self.text.lock().await = all.to_string();
    }

    fn client(&self) -> Client {
        Client {
            id: self.url.clone(),
            secret: None,
            redirect: CALLBACK.into(),
        }
    }
}

async fn rig(on: bool) -> TestApp {
    let app = TestApp::sqlite_with(Options {
        tables: "[federation]\nallow_private = true\n".into(),
        ..Options::default()
    })
    .await;
    if on {
        switch_on(&app).await;
    }
    app
}

async fn switch_on(app: &TestApp) {
    let at = format!("/v1/admin/tenants/{}", app.tenant().await.id);
    let on = json!({ "client_documents_enabled": true });
    app.admin("PATCH", &at, on).await.expect(200);
}

/// Through the question for consent to a code.
async fn allowed(browser: &mut Browser, asks: String) -> String {
    let reply = browser.get(&asks).await.expect(303);
    let (page, at) = browser.follow(reply, asks).await;
    assert!(at.contains("/consent"), "{at}: {}", page.text());
    let back = submit(browser, &page, "/consent", &[("answer", "allow")]).await;
    parameter(&back.expect(303), "code")
}

#[tokio::test]
async fn an_app_signs_somebody_in_with_nothing_but_a_document() {
    let (app, place) = (rig(true).await, place().await);
    let client = place.client();
    let mut browser = app.signup("ana@x.test").await;
    let resource = ("resource", "https://app.test/");
    let code = allowed(&mut browser, client.asks(&[resource])).await;
    let tokens = app
        .browser()
        .send(client.redeems(&code))
        .await
        .expect(200)
        .json();
    assert_eq!(tokens["scope"], "email offline_access openid");
    let text = |name: &str| tokens[name].as_str().expect("a token").to_owned();
    let (access, id) = (claims(&text("access_token")), claims(&text("id_token")));
    assert_eq!(
        (&access["aud"], &access["client_id"]),
        (&json!(resource.1), &json!(place.url))
    );
    assert_eq!(id["aud"], json!(place.url));
    app.userinfo(&tokens["access_token"]).await.expect(200);
    app.browser()
        .send(client.refreshes(&text("refresh_token")))
        .await
        .expect(200);
    let all = app
        .admin("GET", "/v1/admin/apps", json!({}))
        .await
        .expect(200)
        .json();
    let kept = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|one| one["client_id"] == json!(place.url));
    let kept = kept.expect("it is among the apps").clone();
    assert_eq!(
        (&kept["first_party"], &kept["token_endpoint_auth_method"]),
        (&json!(false), &json!("none"))
    );
    // A new version counts when the old one is five minutes old.
    place
        .says(json!({ "redirect_uris": ["https://agent.test/cb"] }))
        .await;
    app.clock.advance_s(301);
    browser
        .get(&client.asks(&[resource]))
        .await
        .refused(400, "invalid_request");
    // An operator has the last word.
    place.says(json!({})).await;
    app.clock.advance_s(301);
    // Whose it is stands where people and operators look: its name is its own word.
    let page = browser.get("/account").await.expect(200).text();
    assert!(
        page.contains("Known by its address <b>127.0.0.1</b>"),
        "{page}"
    );
    let held = browser.get("/v1/me/apps").await.expect(200).json();
    assert_eq!(held["items"][0]["client_id"], json!(place.url));
    let by_client_id: String = url::form_urlencoded::byte_serialize(place.url.as_bytes()).collect();
    let by_client_id = format!("/v1/admin/apps/{by_client_id}");
    let same = app.admin("GET", &by_client_id, json!({})).await;
    assert_eq!(same.expect(200).json()["id"], kept["id"]);
    let other = by_client_id.clone() + "x";
    app.admin("GET", &other, json!({}))
        .await
        .refused(404, "not_found");
    app.admin("PATCH", &by_client_id, json!({ "state": "disabled" }))
        .await
        .expect(200);
    browser
        .get(&client.asks(&[resource]))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn what_is_no_such_document_signs_nobody_in() {
    let place = place().await;
    let off = rig(false).await;
    let mut browser = off.signup("ana@x.test").await;
    browser
        .get(&place.client().asks(&[]))
        .await
        .refused(400, "invalid_request");
    let document = off
        .browser()
        .get(&format!("{LOGIN}/.well-known/openid-configuration"))
        .await
        .json();
    assert_eq!(document["client_id_metadata_document_supported"], false);
    let app = rig(true).await;
    let mut browser = app.signup("ana@x.test").await;
    let document = app
        .browser()
        .get(&format!("{LOGIN}/.well-known/openid-configuration"))
        .await
        .json();
    assert_eq!(document["client_id_metadata_document_supported"], true);
    for bad in [
        json!({ "client_id": "https://other.test/agent.json" }),
        json!({ "client_id": null }),
        json!({ "client_secret": "s" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic" }),
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": ["javascript:alert(1)"] }),
        json!({ "client_name": 7 }),
        json!({ "grant_types": [] }),
        json!({ "scope": "users:write" }),
    ] {
        place.says(bad.clone()).await;
        app.clock.advance_s(301);
        let page = browser.get(&place.client().asks(&[])).await;
        assert!(page.location().is_empty(), "{bad}");
        page.refused(400, "invalid_request");
    }
    *place.text.lock().await = "<html>".into();
    app.clock.advance_s(301);
    browser
        .get(&place.client().asks(&[]))
        .await
        .refused(400, "invalid_request");
    assert!(app.events("app.created").await.is_empty());
}

#[tokio::test]
async fn a_document_in_the_own_network_is_not_fetched() {
    let (app, place) = (TestApp::sqlite().await, place().await);
    switch_on(&app).await;
    let mut browser = app.signup("ana@x.test").await;
    for id in [
        place.url.as_str(),
        "https://10.0.0.1/agent.json",
        "https://localhost/agent.json",
        "https://agent.test/../x",
    ] {
        let client = Client {
            id: id.into(),
            ..place.client()
        };
        browser
            .get(&client.asks(&[]))
            .await
            .refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn whoever_is_refused_finds_out_who_gives_out_tokens() {
    let app = TestApp::sqlite_with(options()).await;
    let at = format!("{WIKI}/.laneway/oauth-protected-resource");
    let bad = |call: Call| call.bearer("x.y.z");
    for call in [
        nginx(&format!("{WIKI}/a?b"), ""),
        bad(nginx(&format!("{WIKI}/"), "")),
    ] {
        let reply = proxy(&app).send(call).await.expect(401);
        let said = reply.header("www-authenticate");
        assert!(said.starts_with("Bearer "), "{said}");
        assert!(
            said.ends_with(&format!("resource_metadata=\"{at}\"")),
            "{said}"
        );
    }
    let known = format!("{WIKI}/.well-known/oauth-protected-resource");
    for (url, path) in [
        (at, "/"),
        (known.clone(), "/"),
        (format!("{known}/mcp"), "/mcp"),
        (format!("{known}/a/b"), "/a/b"),
    ] {
        let said = app.browser().get(&url).await.expect(200);
        let said = said.json();
        assert_eq!(
            (&said["resource"], &said["authorization_servers"]),
            (&json!(format!("{WIKI}{path}")), &json!([LOGIN])),
            "whoever looks for a path compares it (RFC 9728 section 3.3)"
        );
        // Agents ask for whatever stands here, and each may have all of it.
        assert_eq!(
            said["scopes_supported"],
            json!(["openid", "profile", "email", "offline_access"])
        );
    }
    let own = app
        .browser()
        .get(&format!("{LOGIN}/.well-known/oauth-protected-resource"))
        .await;
    assert_eq!(own.expect(200).json()["resource"], LOGIN);
}
