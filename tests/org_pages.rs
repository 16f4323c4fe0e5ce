//! Pages of an organization: whom each refuses. What its own people do there is in `org_acts`.

use serde_json::{Value, json};

use crate::desk_pages::owner as operator;
use crate::harness::{Browser, Call, Reply, TestApp, both, form_token};

pub const HOME: &str = "/org/acme";
const OTHER: &str = "https://other.test";

/// Below an organization's home: what everybody may look at who has the right for it.
const LOOKS: &[&str] = &[
    "",
    "/people",
    "/people/invite",
    "/people/{user}",
    "/groups",
    "/groups/{group}",
    "/roles",
    "/roles/{role}",
    "/services",
    "/services/{account}",
    "/connections",
    "/connections/{connection}",
    "/domains",
    "/sign-in",
    "/audit",
    "/audit/export",
    "/settings",
];

/// Where forms are sent.
const ACTS: &[&str] = &[
    "/people/invite",
    "/people/{user}",
    "/groups",
    "/groups/{group}",
    "/roles",
    "/roles/{role}",
    "/services",
    "/services/{account}",
    "/connections",
    "/domains",
    "/sign-in",
    "/settings",
    "/settings/logo/remove",
];

/// Where a form with a file is sent: `org_logo` says whom it refuses.
const UPLOAD: &str = "/settings/logo";

/// The page that a form stands on.
pub fn page_of(path: &str) -> String {
    let page = path.strip_suffix("/logo/remove").unwrap_or(path);
    page.replace('/', "%2F")
}

fn filled(path: &str, user: &str) -> String {
    path.replace("{user}", user)
        .replace("{connection}", "0199aaaa")
        .replace("{group}", "0199aaaa")
        .replace("{account}", "0199aaaa")
        .replace("{role}", "owner")
}

pub fn looks(origin: &str, user: &str) -> Vec<String> {
    let all = LOOKS.iter();
    all.map(|path| format!("{origin}{HOME}{}", filled(path, user)))
        .collect()
}

pub fn acts(origin: &str, user: &str) -> Vec<String> {
    let all = ACTS.iter();
    all.map(|path| format!("{origin}{HOME}{}", filled(path, user)))
        .collect()
}

pub async fn page(browser: &mut Browser, path: &str) -> String {
    browser.get(path).await.expect(200).text()
}

/// Sends a form of a page with the page's own token.
async fn send(browser: &mut Browser, on: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
    let token = form_token(&page(browser, on).await);
    let mut all = vec![("csrf", token.as_str())];
    all.extend_from_slice(fields);
    browser.send(Call::form(to, &all)).await
}

/// A form that is sent back to its page.
pub async fn post(browser: &mut Browser, on: &str, fields: &[(&str, &str)]) -> Reply {
    send(browser, on, on, fields).await
}

/// The value of a hidden field, the first of this name after some words.
pub fn hidden<'a>(html: &'a str, after: &str, name: &str) -> &'a str {
    let rest = html.split(after).nth(1).expect("the words");
    let field = rest.split(&format!("name=\"{name}\" value=\"")).nth(1);
    field
        .and_then(|rest| rest.split('"').next())
        .expect("a field")
}

pub async fn id_of(browser: &mut Browser) -> String {
    text(&browser.me().await["sub"])
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[track_caller]
pub fn says(html: &str, words: &str) {
    assert!(
        html.contains(words),
        "{words:?} is not on the page:\n{html}"
    );
}

#[track_caller]
pub fn silent(html: &str, words: &str) {
    assert!(!html.contains(words), "{words:?} is on the page:\n{html}");
}

/// Somebody new with roles in an organization.
pub async fn member(app: &TestApp, org: &str, email: &str, roles: &[&str]) -> (Browser, String) {
    let mut browser = app.signup(email).await;
    let id = id_of(&mut browser).await;
    let path = format!("/v1/organizations/{org}/members/{id}");
    let put = app.admin("PUT", &path, json!({ "roles": roles })).await;
    put.expect(200);
    (browser, id)
}

#[test]
fn every_page_stands_in_the_tables() {
    let source = include_str!("../src/http/pages/desk/org/mod.rs");
    let mut seen = (0, 0);
    for chunk in source.split(".route(").skip(1) {
        let path = chunk.split('"').nth(1).expect("a path");
        let path = path.strip_prefix("/org/{org}").expect("an organization's");
        let chunk = chunk.split("\n        )").next().unwrap_or(chunk);
        if chunk.contains("get(") {
            seen.0 += 1;
            assert!(LOOKS.contains(&path), "{path}");
        }
        if chunk.contains("post(") {
            seen.1 += 1;
            assert!(ACTS.contains(&path) || path == UPLOAD, "{path}");
        }
    }
    assert_eq!(seen, (LOOKS.len(), ACTS.len() + 1));
}

#[tokio::test]
async fn strangers_go_to_the_login_and_come_back() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let (_, user) = member(&app, &org, "ana@x.test", &["owner"]).await;
    let token = app.operator().await;
    for path in looks("", &user) {
        let to_login = app.browser().get(&format!("{path}?a=1")).await.expect(303);
        let back = format!("/login?return_to={}%3Fa%3D1", path.replace('/', "%2F"));
        assert_eq!(to_login.location(), back);
        // A token is nobody at a page.
        let call = Call::new("GET", &path).bearer(&token);
        app.browser().send(call).await.expect(303);
        let elsewhere = format!("{}{path}", crate::harness::APP);
        let reply = app.browser().get(&elsewhere).await;
        assert_ne!(reply.code(), 303, "{path}");
        silent(&reply.text(), "desk");
    }
    for path in acts("", &user) {
        let call = Call::form(&path, &[("csrf", "guessed")]);
        let reply = app.browser().send(call).await;
        reply.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn members_without_the_right_are_told_whom_to_ask() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let (_, owner) = member(&app, &org, "ana@x.test", &["owner"]).await;
    let (mut plain, _) = member(&app, &org, "ben@x.test", &["member"]).await;
    let token = form_token(&page(&mut plain, "/account").await);
    for path in looks("", &owner) {
        plain.get(&path).await.refused(403, "forbidden");
        let html = Call::new("GET", &path).header("accept", "text/html");
        let html = plain.send(html).await.expect(403).text();
        says(&html, "Ask one of its owners.");
    }
    for path in acts("", &owner) {
        let guessed = Call::form(&path, &[("csrf", "guessed")]);
        plain.send(guessed).await.refused(403, "csrf_required");
        let call = Call::form(&path, &[("csrf", &token)]);
        plain.send(call).await.refused(403, "forbidden");
    }
    assert!(!app.events("access.denied").await.is_empty());
    silent(&page(&mut plain, "/account").await, "href=\"/org/");
}

#[tokio::test]
async fn people_of_elsewhere_are_not_told_that_it_exists() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let (_, owner) = member(&app, &org, "ana@x.test", &["owner"]).await;
    let other = app.organization("other").await;
    let (mut foreign, _) = member(&app, &other, "eve@x.test", &["owner"]).await;
    let (mut outside, outsider) = member(&app, &org, "ben@x.test", &["owner"]).await;
    let path = format!("/v1/organizations/{org}/members/{outsider}");
    let body = json!({ "state": "suspended" });
    app.admin("PATCH", &path, body).await.expect(200);
    for browser in [&mut foreign, &mut outside] {
        let token = form_token(&page(browser, "/account").await);
        for path in looks("", &owner) {
            browser.get(&path).await.refused(404, "not_found");
        }
        for path in acts("", &owner) {
            let call = Call::form(&path, &[("csrf", &token)]);
            browser.send(call).await.refused(404, "not_found");
        }
    }
    // Of their own they see nobody else's.
    let elsewhere = format!("/org/other/people/{owner}");
    foreign.get(&elsewhere).await.refused(404, "not_found");
    page(&mut foreign, "/org/other").await;
}

#[tokio::test]
async fn another_tenant_has_none_of_it() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let (_, user) = member(&app, &org, "ana@x.test", &["owner"]).await;
    let tenant = json!({ "slug": "other", "name": "Other", "public_url": OTHER, "signup": "open" });
    app.admin("POST", "/v1/admin/tenants", tenant)
        .await
        .expect(201);
    let token = app.operator().await;
    let theirs = json!({ "slug": "theirs", "name": "Theirs" });
    let call = Call::api("POST", &format!("{OTHER}/v1/organizations"), &theirs).bearer(&token);
    app.browser().send(call).await.expect(201);
    // Whoever owns the whole installation sees an organization where it is, and nowhere else.
    let mut all = operator(&app, "zoe@x.test").await;
    says(&page(&mut all, HOME).await, "Operator");
    all.get("/org/theirs").await.refused(404, "not_found");
    let (flow, code) = {
        let mut browser = app.browser();
        let begun = browser
            .post(
                &format!("{OTHER}/v1/auth/flows"),
                json!({ "purpose": "signup", "username": "eve@y.test" }),
            )
            .await;
        let flow = text(&begun.expect(201).json()["id"]);
        let path = format!("{OTHER}/v1/auth/flows/{flow}");
        let asked = browser.post(&format!("{path}/email-code"), json!({})).await;
        asked.expect(200);
        (
            (browser, path),
            json!({ "code": app.code_for("eve@y.test").await }),
        )
    };
    let (mut eve, path) = flow;
    for (kind, body) in [
        ("email-code", code),
        ("profile", json!({ "name": "Eve" })),
        ("enrol", json!({ "skip": true })),
    ] {
        let answered = eve.post(&format!("{path}/{kind}"), body).await;
        answered.expect(200);
    }
    let token = form_token(&page(&mut eve, &format!("{OTHER}/account")).await);
    for path in looks(OTHER, &user) {
        eve.get(&path).await.refused(404, "not_found");
    }
    for path in acts(OTHER, &user) {
        let call = Call::form(&path, &[("csrf", &token)]);
        eve.send(call).await.refused(404, "not_found");
    }
}

both! {
    async fn forms_need_their_token_and_a_fresh_proof(app: TestApp) {
        let org = app.organization("acme").await;
        let (mut ana, _) = member(&app, &org, "ana@x.test", &["owner"]).await;
        let (mut ben, id) = member(&app, &org, "ben@x.test", &["admin"]).await;
        let foreign = form_token(&page(&mut ben, "/account").await);
        for path in acts("", &id) {
            ana.send(Call::form(&path, &[])).await.refused(403, "csrf_required");
            ana.send(Call::form(&path, &[("csrf", &foreign)])).await.refused(403, "csrf_required");
        }
        app.clock.advance_s(1000);
        let token = form_token(&page(&mut ana, "/account").await);
        for path in acts("", &id) {
            let again = ana.send(Call::form(&path, &[("csrf", &token)])).await.expect(303);
            // The page says that the press was lost.
            let back = format!("return_to={}%3Fagain%3D1", page_of(&path));
            let to = again.location();
            assert!(to.contains("/bff/login?") && to.contains("max_age=900") && to.ends_with(&back), "{to}");
        }
    }
}
