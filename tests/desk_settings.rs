//! What a tenant tells its people about itself, as the administration sets it: help, sender,
//! logo.

use laneway::store::operators;
use serde_json::json;

use crate::desk_pages::owner;
use crate::harness::app::Options;
use crate::harness::{Browser, Call, Reply, TestApp, both, form_token, png};

const PAGE: &str = "/admin/settings";
const ABOUT: &str = "/admin/settings/about";
const LOGO: &str = "/admin/settings/logo";

async fn page(browser: &mut Browser) -> String {
    browser.get(PAGE).await.expect(200).text()
}

async fn send(browser: &mut Browser, to: &str, fields: &[(&str, &str)]) -> Reply {
    let token = form_token(&page(browser).await);
    let mut all = vec![("csrf", token.as_str())];
    all.extend_from_slice(fields);
    browser.send(Call::form(to, &all)).await
}

/// As a browser sends a form with a file.
fn upload(csrf: &str, kind: &str, bytes: &[u8]) -> Call {
    upload_to(LOGO, csrf, kind, bytes)
}

pub fn upload_to(path: &str, csrf: &str, kind: &str, bytes: &[u8]) -> Call {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\
         Content-Type: {kind}\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--edge--\r\n");
    Call::new("POST", path)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body)
}

async fn send_file(browser: &mut Browser, bytes: &[u8]) -> Reply {
    let token = form_token(&page(browser).await);
    browser.send(upload(&token, "image/png", bytes)).await
}

#[track_caller]
fn says(html: &str, words: &str) {
    assert!(
        html.contains(words),
        "{words:?} is not on the page:\n{html}"
    );
}

both! {
    async fn what_people_are_told_is_set_and_cleared_on_the_page(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let all = [
            ("locale", "de"), ("help_url", "https://x.test/help"), ("privacy_url", " https://x.test/privacy "),
            ("support_email", "help@x.test"), ("mail_from_name", "Gezeiten"), ("mail_from_address", "hallo@x.test"),
        ];
        let done = send(&mut owner, ABOUT, &all).await.expect(303);
        assert_eq!(done.location(), "/admin/settings?done=saved");
        let settings = app.tenant().await.settings;
        assert_eq!(settings.privacy_url.map(|url| url.to_string()).as_deref(), Some("https://x.test/privacy"));
        assert_eq!(settings.mail_from_address.as_deref(), Some("hallo@x.test"));
        let html = owner.get(done.location()).await.expect(200).text();
        says(&html, "<option value=\"de\" lang=\"de\" selected>");
        says(&html, "value=\"https://x.test/help\"");
        says(&app.browser().get("/login").await.text(), "<a href=\"https://x.test/help\">Hilfe</a>");
        says(&owner.get("/account").await.text(), "<a href=\"https://x.test/privacy\">");
        // Refused as a whole, with what was typed still there.
        let bad = send(&mut owner, ABOUT, &[("help_url", "http://x.test/"), ("support_email", "new@x.test")]).await;
        let bad = bad.expect(422).text();
        says(&bad, "Geben Sie eine Adresse mit https an.");
        says(&bad, "value=\"new@x.test\"");
        assert_eq!(app.tenant().await.settings.support_email.as_deref(), Some("help@x.test"));
        // An empty field clears; one that is not sent stays.
        send(&mut owner, ABOUT, &[("locale", ""), ("help_url", "")]).await.expect(303);
        let settings = app.tenant().await.settings;
        assert!(settings.help_url.is_none() && settings.locale.is_none() && settings.privacy_url.is_some());
        send(&mut owner, ABOUT, &[("version", "1"), ("locale", "de")]).await.expect(412);
        assert_eq!(app.events("tenant.updated").await.len(), 2);
    }

    async fn a_logo_is_uploaded_shown_and_removed_on_the_page(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        says(&page(&mut owner).await, "No logo: pages show the first letter");
        let done = send_file(&mut owner, &png(64)).await.expect(303);
        let html = owner.get(done.location()).await.expect(200).text();
        says(&html, "The logo is on every page from now on.");
        let url = app.tenant().await.brand.logo_url.expect("a logo");
        says(&html, &format!("<img src=\"{url}\" alt=\"The logo now\">"));
        assert_eq!(owner.get(&url).await.expect(200).body, png(64));
        says(&app.browser().get("/login").await.text(), &url);
        let removed = send(&mut owner, "/admin/settings/logo/remove", &[]).await.expect(303);
        says(&owner.get(removed.location()).await.text(), "The logo is gone.");
        owner.get(&url).await.refused(404, "not_found");
        assert_eq!(send(&mut owner, "/admin/settings/logo/remove", &[]).await.expect(303).location(), PAGE);
    }

    async fn what_is_no_logo_is_refused_with_a_sentence(app: TestApp) {
        let mut owner = owner(&app, "ana@x.test").await;
        let mut torn = png(64);
        torn[40] ^= 1;
        let refused = [
            (Vec::new(), 422, "Choose a PNG file first."),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), 422, "Send one whole PNG file."),
            (torn, 422, "Send one whole PNG file."),
            (png(8), 422, "Send a picture whose sides have 16 to 1024 pixels."),
            // Larger than any other body may be: read to its end, so that the answer is seen.
            (vec![0; 3 << 20], 413, "Send a picture of at most 64 KiB."),
        ];
        for (bytes, status, words) in refused {
            let reply = send_file(&mut owner, &bytes).await.expect(status);
            says(&reply.text(), words);
            says(&reply.text(), "<title>Error:");
        }
        let token = form_token(&page(&mut owner).await);
        let german = upload(&token, "image/png", b"GIF89a").header("accept-language", "de");
        says(&owner.send(german).await.expect(422).text(), "Senden Sie eine vollständige PNG-Datei.");
        let broken = upload(&token, "image/png", b"x").body(b"--edge\r\nContent-Disp".to_vec());
        owner.send(broken).await.refused(400, "invalid_request");
        assert_eq!(app.tenant().await.brand.logo_url, None);
    }

    async fn a_logo_needs_the_page_and_the_permission(app: TestApp) {
        app.browser().send(upload("x", "image/png", &png(64))).await.refused(401, "unauthenticated");
        let mut ana = app.signup("ana@x.test").await;
        ana.send(upload("guessed", "image/png", &png(64))).await.refused(403, "csrf_required");
        let account = ana.get("/account").await.text();
        let token = form_token(&account);
        ana.send(upload(&token, "image/png", &png(64))).await.refused(403, "forbidden");
        let mut viewer = app.signup("bob@x.test").await;
        grant(&app, &mut viewer, "viewer", true).await;
        assert!(!page(&mut viewer).await.contains("type=\"file\""));
        let token = form_token(&page(&mut viewer).await);
        viewer.send(upload(&token, "image/png", &png(64))).await.refused(403, "forbidden");
        assert_eq!(app.tenant().await.brand.logo_url, None);
    }

    async fn the_relays_owner_chooses_the_senders_address(app: TestApp) {
        let mut admin = app.signup("ana@x.test").await;
        grant(&app, &mut admin, "owner", true).await;
        let html = page(&mut admin).await;
        says(&html, "For operators of the whole installation");
        let reply = send(&mut admin, ABOUT, &[("mail_from_address", "boss@other.test")]).await;
        reply.refused(403, "forbidden");
        send(&mut admin, ABOUT, &[("mail_from_name", "Ours")]).await.expect(303);
        let settings = app.tenant().await.settings;
        assert_eq!((settings.mail_from_address, settings.mail_from_name.as_deref()), (None, Some("Ours")));
    }
}

/// A grant in this tenant, or on the whole installation.
async fn grant(app: &TestApp, browser: &mut Browser, role: &str, here: bool) {
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    let tenant = app.tenant().await.id;
    let mut write = app.core().begin().await.expect("a transaction");
    let (id, now) = (format!("g-{sub}"), write.now());
    let principal = ("user", sub.as_str());
    let tenant = here.then_some(&tenant);
    operators::grant(&mut write.tx, &id, principal, role, tenant, now)
        .await
        .expect("granted");
    app.core().commit(write).await.expect("commit");
}

#[tokio::test]
async fn what_the_file_sets_is_shown_and_not_changed() {
    let options = Options {
        tables: "[tenant.settings]\nsupport_email = 'file@x.test'\n\
                 [tenant.brand]\nlogo_url = 'https://x.test/logo.png'\n"
            .into(),
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    let mut owner = owner(&app, "ana@x.test").await;
    let html = page(&mut owner).await;
    says(&html, "value=\"file@x.test\" disabled");
    assert!(!html.contains("type=\"file\""));
    let reply = send(&mut owner, ABOUT, &[("support_email", "new@x.test")]).await;
    says(
        &reply.expect(409).text(),
        "The configuration file sets this. Change it there.",
    );
    says(
        &send_file(&mut owner, &png(64)).await.expect(409).text(),
        "The configuration file sets this.",
    );
    // By the API too; what is sent back as it was read is no change.
    let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
    let settings = |email| json!({ "settings": { "support_email": email } });
    app.admin("PATCH", &path, settings("new@x.test"))
        .await
        .refused(409, "conflict");
    app.admin("PATCH", &path, settings("file@x.test"))
        .await
        .expect(200);
}
