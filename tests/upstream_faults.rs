//! A provider that resets, hangs, drips or answers with a page of its own, on the real network: whoever
//! wants to sign in hears of it soon, nobody gets a session, and sessions that are there go on.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{LOGIN, TestApp, Wire, raw_backend};
use crate::upstream_tokens::impatient;

/// The deadline of a call is one second here; a sign-in may need two of them, and a busy machine.
const SOON: Duration = Duration::from_secs(6);

async fn resets(wire: Wire) {
    // What has come and was not read makes a close a reset.
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(wire);
}

async fn hangs(mut wire: Wire) {
    wire.head_of_request().await;
    std::future::pending::<()>().await;
}

async fn hangs_after_its_headers(mut wire: Wire) {
    wire.head_of_request().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{";
    let _ = wire.try_send(head).await;
    std::future::pending::<()>().await;
}

async fn drips(mut wire: Wire) {
    wire.head_of_request().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{";
    let _ = wire.try_send(head).await;
    while wire.try_send(" ").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn shows_a_page(mut wire: Wire) {
    wire.head_of_request().await;
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<h1>Soon</h1>";
    let _ = wire.try_send(page).await;
}

#[tokio::test]
async fn a_provider_that_misbehaves_signs_nobody_in_and_nobody_out() {
    for (what, issuer) in [
        ("resets", raw_backend(|_, wire| resets(wire)).await),
        ("hangs", raw_backend(|_, wire| hangs(wire)).await),
        (
            "hangs after its headers",
            raw_backend(|_, wire| hangs_after_its_headers(wire)).await,
        ),
        ("drips", raw_backend(|_, wire| drips(wire)).await),
        (
            "shows a page",
            raw_backend(|_, wire| shows_a_page(wire)).await,
        ),
    ] {
        let app = TestApp::sqlite_with(impatient()).await;
        let mut ana = app.signup("ana@x.test").await;
        let before = ana.me().await;
        let body = json!({
            "kind": "oidc", "name": "idp", "issuer": issuer, "client_id": "ours", "client_secret": "a-secret",
        });
        let made = app.admin("POST", "/v1/admin/upstreams", body).await;
        let id = made.expect(201).json()["id"].clone();
        let path = format!("/v1/admin/upstreams/{}", id.as_str().expect("an id"));
        let primary = json!({ "role": "primary" });
        app.admin("PATCH", &path, primary).await.expect(200);

        let mut browser = app.browser();
        let from = Instant::now();
        let start = "/federation/idp/start?return_to=/account";
        let reply = browser.get(start).await;
        assert!(from.elapsed() < SOON, "{what}: {:?}", from.elapsed());
        let code = reply.code();
        assert!(matches!(code, 502 | 503), "{what}: {code} {}", reply.text());
        assert!(!reply.text().contains("127.0.0.1"), "{what}: where it is");
        assert_eq!(browser.cookie(LOGIN, "__Host-lw"), None, "{what}");
        assert_eq!(ana.me().await["sid"], before["sid"], "{what}");
        assert!(app.events("session.ended").await.is_empty(), "{what}");
    }
}
