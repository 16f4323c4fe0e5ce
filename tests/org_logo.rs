//! An organization's picture: uploaded by its own people, shown on its sign-in and its pages.

use serde_json::{Value, json};

use crate::desk_settings::upload_to;
use crate::harness::{Browser, Call, Reply, TestApp, both, form_token, png};
use crate::org_host::{OWN, add};
use crate::org_pages::{HOME, member, page, post, says, silent};

const PAGE: &str = "/org/acme/settings";
const LOGO: &str = "/org/acme/settings/logo";

async fn send_file(browser: &mut Browser, bytes: &[u8]) -> Reply {
    let token = form_token(&page(browser, PAGE).await);
    browser
        .send(upload_to(LOGO, &token, "image/png", bytes))
        .await
}

async fn remove(browser: &mut Browser) -> Reply {
    let token = form_token(&page(browser, PAGE).await);
    let call = Call::form(&format!("{LOGO}/remove"), &[("csrf", &token)]);
    browser.send(call).await
}

fn put(path: &str, kind: &str, bytes: Vec<u8>) -> Call {
    let call = Call::new("PUT", path).header("x-csrf", "1");
    call.header("content-type", kind).body(bytes)
}

async fn logo_url(app: &TestApp, org: &str) -> Value {
    let read = app
        .admin("GET", &format!("/v1/organizations/{org}"), json!({}))
        .await;
    read.expect(200).json()["brand"]["logo_url"].clone()
}

both! {
    async fn a_picture_is_uploaded_shown_and_removed_on_the_page(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        says(&page(&mut ana, PAGE).await, "No logo: pages show the first letter");
        let done = send_file(&mut ana, &png(64)).await.expect(303);
        says(&page(&mut ana, done.location()).await, "The logo is on your sign-in page");
        let url = logo_url(&app, &org).await.as_str().expect("an address").to_owned();
        assert!(url.starts_with("/assets/logo/"), "{url}");
        let served = app.browser().get(&url).await.expect(200);
        assert_eq!(served.body, png(64));
        assert_eq!(served.header("content-type"), "image/png");
        assert_eq!(served.header("x-content-type-options"), "nosniff");
        assert!(served.header("cache-control").contains("immutable"));
        let picture = format!("<img src=\"{url}\" alt=\"\">");
        says(&page(&mut ana, HOME).await, &picture);
        says(&page(&mut app.browser(), "/login/acme").await, &url);
        silent(&page(&mut app.browser(), "/login").await, &url);
        let host = json!({ "host": "login.acme.example", "purpose": "login", "org": "acme" });
        add(&app, host).await.expect(201);
        says(&page(&mut app.browser(), &format!("{OWN}/login")).await, &url);
        app.browser().get(&format!("{OWN}{url}")).await.expect(200);
        // Saving the rest of the page does not take it away, and it is not asked for as an address.
        silent(&page(&mut ana, PAGE).await, "name=\"logo_url\"");
        post(&mut ana, PAGE, &[("name", "Acme"), ("slug", "acme")]).await.expect(303);
        assert_eq!(logo_url(&app, &org).await, json!(url));
        // Another one in its place: the first is gone.
        send_file(&mut ana, &png(32)).await.expect(303);
        app.browser().get(&url).await.refused(404, "not_found");
        let url = logo_url(&app, &org).await.as_str().expect("an address").to_owned();
        let gone = remove(&mut ana).await.expect(303);
        says(&page(&mut ana, gone.location()).await, "The logo is gone.");
        app.browser().get(&url).await.refused(404, "not_found");
        assert_eq!(logo_url(&app, &org).await, Value::Null);
        remove(&mut ana).await.expect(303);
        says(&page(&mut ana, PAGE).await, "name=\"logo_url\"");
        assert!(app.events("organization.updated").await.len() >= 4);
    }

    async fn the_interface_takes_it_from_whoever_may_and_nothing_else_than_a_picture(app: TestApp) {
        let org = app.organization("acme").await;
        let path = format!("/v1/organizations/{org}/logo");
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["admin"]).await;
        let (mut vera, _) = member(&app, &org, "vera@x.test", &["viewer"]).await;
        let other = app.organization("other").await;
        let (mut eve, _) = member(&app, &other, "eve@x.test", &["owner"]).await;
        for browser in [&mut vera, &mut eve] {
            browser.send(put(&path, "image/png", png(64))).await.refused(403, "forbidden");
            browser.send(Call::api("DELETE", &path, &json!({}))).await.refused(403, "forbidden");
        }
        ana.send(Call::api("DELETE", &path, &json!({}))).await.refused(404, "not_found");
        let mut torn = png(64);
        torn[40] ^= 1;
        for (kind, bytes, status, code) in [
            ("image/svg+xml", png(64), 415, "unsupported_media_type"),
            ("image/png", torn, 422, "invalid_field"),
            ("image/png", png(8), 422, "invalid_field"),
            ("image/png", vec![0; 70_000], 413, "too_large"),
        ] {
            ana.send(put(&path, kind, bytes)).await.refused(status, code);
        }
        let made = ana.send(put(&path, "image/png", png(64))).await.expect(200);
        let url = made.json()["brand"]["logo_url"].as_str().expect("an address").to_owned();
        let stale = put(&path, "image/png", png(32)).header("if-match", "\"1\"");
        ana.send(stale).await.refused(412, "version_mismatch");
        // Two organizations may have the same one, and each keeps its own.
        let theirs = format!("/v1/organizations/{other}/logo");
        eve.send(put(&theirs, "image/png", png(64))).await.expect(200);
        ana.send(Call::api("DELETE", &path, &json!({}))).await.expect(204);
        app.browser().get(&url).await.expect(200);
        // It goes with its organization.
        let gone = format!("/v1/organizations/{other}");
        app.admin("DELETE", &gone, json!({})).await.expect(204);
        app.browser().get(&url).await.refused(404, "not_found");
    }

    async fn a_form_with_a_picture_needs_the_page_and_the_permission(app: TestApp) {
        let org = app.organization("acme").await;
        let file = |token: &str| upload_to(LOGO, token, "image/png", &png(64));
        app.browser().send(file("x")).await.refused(401, "unauthenticated");
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["owner"]).await;
        let (mut vera, _) = member(&app, &org, "vera@x.test", &["viewer"]).await;
        let mut eve = app.signup("eve@x.test").await;
        ana.send(file("guessed")).await.refused(403, "csrf_required");
        ana.send(Call::form(LOGO, &[("csrf", "x")])).await.refused(403, "csrf_required");
        for (browser, status, code) in [(&mut vera, 403, "forbidden"), (&mut eve, 404, "not_found")] {
            let token = form_token(&page(browser, "/account").await);
            browser.send(file(&token)).await.refused(status, code);
        }
        let empty = send_file(&mut ana, b"").await.expect(422).text();
        says(&empty, "Choose a PNG file first.");
        says(&empty, "<title>Error:");
        says(&send_file(&mut ana, b"GIF89a").await.expect(422).text(), "Send one whole PNG file.");
        says(&send_file(&mut ana, &vec![0; 3 << 20]).await.expect(413).text(), "at most 64 KiB");
        let token = form_token(&page(&mut ana, PAGE).await);
        app.clock.advance_s(1000);
        let to = ana.send(file(&token)).await.expect(303);
        assert!(to.location().ends_with("return_to=%2Forg%2Facme%2Fsettings%3Fagain%3D1"), "{}", to.location());
        assert_eq!(logo_url(&app, &org).await, Value::Null);
        // Nor past what the organization asks of a session.
        let body = json!({ "required_acr": "phr" });
        app.admin("PATCH", &format!("/v1/organizations/{org}"), body).await.expect(200);
        ana.send(file(&token)).await.refused(409, "not_supported_by_upstream");
    }
}
