//! Passwords, apps and recovery codes on pages, by forms alone: what a browser without
//! scripts can do.

use serde_json::json;
use totp_rs::Totp;

use crate::credentials::PASSWORD;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, form_token};

/// Fills in the first form of a page and sends it.
async fn press(browser: &mut Browser, page: &Reply, path: &str, fields: &[(&str, &str)]) -> Reply {
    let html = page.text();
    let csrf = form_token(&html);
    let flow = hidden(&html, "flow");
    let mut all = vec![("csrf", csrf.as_str())];
    if let Some(flow) = &flow {
        all.push(("flow", flow));
    }
    all.extend(fields);
    browser.send(Call::form(path, &all)).await
}

fn hidden(html: &str, name: &str) -> Option<String> {
    let field = html.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
    Some(field.split('"').next()?.to_owned())
}

/// Goes where an answer leads, on the login host.
async fn next(browser: &mut Browser, reply: Reply) -> Reply {
    let reply = reply.expect(303);
    browser.get(reply.location()).await
}

/// The secret in groups, as the page shows it for typing.
fn typed_secret(html: &str) -> String {
    let shown = html.split("id=\"secret\">").nth(1).expect("a secret");
    let shown = shown.split('<').next().expect("its end");
    shown.replace(' ', "")
}

#[tokio::test]
async fn a_password_and_an_app_by_forms_alone() {
    let app = TestApp::sqlite().await;
    app.passwords_on().await;
    app.person("ana@x.test").await;
    let mut browser = app.browser();
    let login = browser.get("/login").await.expect(200);
    assert!(login.text().contains("href=\"/recover?return_to="));
    let fields = [
        ("kind", "password"),
        ("username", "ana@x.test"),
        ("password", "wrong"),
    ];
    let wrong = press(&mut browser, &login, "/login", &fields)
        .await
        .expect(422);
    assert!(
        wrong
            .text()
            .contains("The address or the password is not right.")
    );
    let fields = [
        ("kind", "password"),
        ("username", "ana@x.test"),
        ("password", PASSWORD),
    ];
    let done = press(&mut browser, &login, "/login", &fields)
        .await
        .expect(303);
    assert_eq!(done.location(), "/account");

    let account = browser.get("/account").await.expect(200);
    assert!(account.text().contains("id=\"factors\""));
    let begun = press(&mut browser, &account, "/account/totp", &[]).await;
    let page = next(&mut browser, begun).await.expect(200);
    assert!(page.text().contains("<svg class=\"qr\""));
    let secret = typed_secret(&page.text());
    let url = format!("otpauth://totp/x?secret={secret}");
    let shown = Totp::from_url(url).expect("an app");
    let fields = [("code", "000000")];
    let wrong = press(&mut browser, &page, "/account/totp/confirm", &fields)
        .await
        .expect(422);
    assert_eq!(
        typed_secret(&wrong.text()),
        secret,
        "the same app is shown again"
    );
    let code = app.shown_by(&shown);
    let fields = [("code", code.as_str())];
    let codes = press(&mut browser, &page, "/account/totp/confirm", &fields)
        .await
        .expect(200);
    let list = codes.text();
    let list = list.split("<pre id=\"codes\">").nth(1).expect("codes");
    let list: Vec<&str> = list
        .split("</pre>")
        .next()
        .expect("their end")
        .lines()
        .collect();
    assert_eq!(list.len(), 10);

    app.clock.advance_s(30);
    let mut other = app.browser();
    let login = other.get("/login").await.expect(200);
    let fields = [
        ("kind", "password"),
        ("username", "ana@x.test"),
        ("password", PASSWORD),
    ];
    let reply = press(&mut other, &login, "/login", &fields).await;
    let second = next(&mut other, reply).await.expect(200);
    assert!(second.text().contains("autocomplete=\"one-time-code\""));
    let back = press(&mut other, &second, "/login", &[("kind", "choose")]).await;
    let choice = next(&mut other, back).await.expect(200);
    assert!(choice.text().contains("value=\"recovery-code\""));
    let recovery = press(&mut other, &choice, "/login", &[("kind", "recovery-code")]).await;
    let page = next(&mut other, recovery).await.expect(200);
    let fields = [("kind", "recovery-code"), ("code", list[4])];
    press(&mut other, &page, "/login", &fields)
        .await
        .expect(303);
    assert_eq!(other.me().await["acr"], "aal2");
    let account = other.get("/account").await.expect(200);
    assert!(account.text().contains("9 codes left."));
}

#[tokio::test]
async fn a_lost_password_by_forms_alone() {
    let app = TestApp::sqlite().await;
    app.passwords_on().await;
    app.person("ana@x.test").await;
    let mut browser = app.browser();
    let start = browser.get("/recover").await.expect(200);
    let fields = [("kind", "identify"), ("username", "nonsense")];
    press(&mut browser, &start, "/recover", &fields)
        .await
        .expect(422);
    let fields = [("kind", "identify"), ("username", "ana@x.test")];
    let reply = press(&mut browser, &start, "/recover", &fields).await;
    assert!(reply.location().starts_with("/recover?flow="));
    let page = next(&mut browser, reply).await.expect(200);
    let code = app.code_for("ana@x.test").await;
    let fields = [("kind", "email-code"), ("code", code.as_str())];
    let reply = press(&mut browser, &page, "/recover", &fields).await;
    let page = next(&mut browser, reply).await.expect(200);
    assert!(page.text().contains("autocomplete=\"new-password\""));
    let fields = [("kind", "new-password"), ("password", "short")];
    let short = press(&mut browser, &page, "/recover", &fields)
        .await
        .expect(422);
    assert!(short.text().contains("Use at least 15 characters."));
    let fields = [
        ("kind", "new-password"),
        ("password", "nine grey lanterns hum"),
    ];
    press(&mut browser, &page, "/recover", &fields)
        .await
        .expect(303);
    browser.user(LOGIN).await.expect(200);

    // With a proven address and a password two steps are open, so both are asked for.
    let asked = browser.get("/account/password").await.expect(303);
    assert!(asked.location().contains("acr_values=aal2"));
}

#[tokio::test]
async fn a_password_is_changed_by_forms_alone() {
    let app = TestApp::sqlite().await;
    app.passwords_on().await;
    app.person("ana@x.test").await;
    let mut browser = app.browser();
    app.by_password(&mut browser, "ana@x.test").await;
    let page = browser.get("/account/password").await.expect(200);
    let fields = [("current", "x"), ("password", "nine grey lanterns hum")];
    let wrong = press(&mut browser, &page, "/account/password", &fields)
        .await
        .expect(422);
    assert!(wrong.text().contains("Your current password is not right."));
    let fields = [
        ("current", PASSWORD),
        ("password", "nine grey lanterns hum"),
    ];
    let done = press(&mut browser, &page, "/account/password", &fields).await;
    let account = next(&mut browser, done).await.expect(200);
    assert!(account.text().contains("Your password is saved."));
}

#[tokio::test]
async fn where_passwords_are_off_there_is_nothing_of_them() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let login = app.browser().get("/login").await.expect(200).text();
    assert!(!login.contains("type=\"password\"") && !login.contains("/recover"));
    let account = browser.get("/account").await.expect(200).text();
    assert!(!account.contains("/account/password"));
    browser.get("/account/password").await.expect(404);
    let body = json!({ "purpose": "recover", "username": "ana@x.test" });
    app.browser()
        .post("/v1/auth/flows", body)
        .await
        .refused(409, "not_supported_by_upstream");
}
