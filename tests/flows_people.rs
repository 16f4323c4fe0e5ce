//! Flows: who gets in, as whom, and what is written down about it.

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, TestApp, answer, both, form_token};

both! {
    async fn the_audit_event_tells_why(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let sub = browser.me().await["sub"].clone();
        let event = app.events("login.completed").await.remove(0);
        assert_eq!(event.actor, format!("user:{}", sub.as_str().expect("an id")));
        let detail: Value = serde_json::from_str(&event.detail).expect("JSON");
        assert_eq!((&detail["purpose"], &detail["acr"]), (&json!("signup"), &json!("aal1")));
        let trace: Vec<&str> =
            detail["trace"].as_array().expect("a trace").iter().filter_map(|line| line["rule"].as_str()).collect();
        assert_eq!(trace.first(), Some(&"proof"));
        assert_eq!(trace.last(), Some(&"decision"));
        assert_eq!(detail["trace"].as_array().expect("a trace").last().expect("a line")["outcome"], "done, created");
        assert_eq!(app.events("user.created").await.len(), 1);
    }

    async fn signing_up_with_a_known_address_sends_a_notice(app: TestApp) {
        app.signup("ana@x.test").await;
        let mut other = app.browser();
        let flow = app.begin(&mut other, json!({ "purpose": "signup", "username": "ana@x.test" })).await;
        let id = flow["id"].as_str().expect("an id");
        let before = app.mails_to("ana@x.test").await.len();
        answer(&mut other, id, "email-code", json!({})).await.expect(200);
        let mails = app.mails_to("ana@x.test").await;
        assert_eq!(mails.len(), before + 1);
        let notice = mails.iter().find(|mail| mail.code.is_none()).expect("a notice");
        assert_eq!(notice.links, [format!("{LOGIN}/login")]);
        assert!(!notice.text.chars().filter(char::is_ascii_digit).collect::<String>().contains("000000"));
    }

    async fn a_person_who_is_switched_off_is_out_at_once_and_refused(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let sub = browser.me().await["sub"].as_str().expect("an id").to_owned();
        let path = format!("/v1/admin/users/{sub}");
        app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        browser.user(LOGIN).await.refused(401, "unauthenticated");
        let mut again = app.browser();
        let (id, code) = app.asked_for_code(&mut again, "login", "ana@x.test").await;
        answer(&mut again, &id, "email-code", json!({ "code": code })).await.refused(403, "denied");
        assert!(again.cookie(LOGIN, "__Host-lw").is_none());
        let denied = app.events("login.denied").await.remove(0);
        let detail: Value = serde_json::from_str(&denied.detail).expect("JSON");
        assert_eq!((denied.outcome.as_str(), &detail["reason"]), ("denied", &json!("disabled")));
        assert!(detail["trace"].is_array());
        app.admin("PATCH", &path, json!({ "state": "active" })).await.expect(200);
        let mut back = app.login("ana@x.test").await;
        assert_eq!(back.me().await["sub"], sub.as_str());
    }

    async fn two_tabs_of_one_browser_both_arrive(app: TestApp) {
        app.signup("ana@x.test").await;
        let mut browser = app.browser();
        let (one, code_one) = app.asked_for_code(&mut browser, "login", "ana@x.test").await;
        let (two, code_two) = app.asked_for_code(&mut browser, "login", "ana@x.test").await;
        answer(&mut browser, &one, "email-code", json!({ "code": code_one })).await.expect(200);
        let first = browser.clone();
        let sid = browser.me().await["sid"].clone();
        answer(&mut browser, &two, "email-code", json!({ "code": code_two })).await.expect(200);
        assert_eq!(browser.me().await["sid"], sid, "the session goes on");
        assert_ne!(first.cookie(LOGIN, "__Host-lw"), browser.cookie(LOGIN, "__Host-lw"));
        first.clone().user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn another_person_in_the_same_browser_replaces_the_session(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.signup("bob@x.test").await;
        let before = (browser.me().await, browser.clone());
        app.login_in(&mut browser, "bob@x.test").await;
        let after = browser.me().await;
        assert_ne!(before.0["sub"], after["sub"]);
        assert_ne!(before.0["sid"], after["sid"]);
        before.1.clone().user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn a_magic_link_is_followed_by_a_button_only(app: TestApp) {
        app.signup("ana@x.test").await;
        let mut browser = app.browser();
        app.asked_for_code(&mut browser, "login", "ana@x.test").await;
        let link = app.mails_to("ana@x.test").await.last().expect("a mail").links[0].clone();
        assert!(link.starts_with("https://login.test/login/link/"), "{link}");
        let mut scanner = app.browser();
        for _ in 0..3 {
            scanner.get(&link).await.expect(200);
        }
        let page = browser.get(&link).await.expect(200);
        assert!(browser.cookie(LOGIN, "__Host-lw").is_none(), "looking signs nobody in");
        browser.send(Call::form(&link, &[])).await.refused(403, "csrf_required");
        browser.send(Call::form(&link, &[("csrf", "guessed")])).await.refused(403, "csrf_required");
        // The other browser has a token of its own, but the flow is not its flow.
        let foreign = form_token(&scanner.get("https://login.test/login").await.text());
        let refused = scanner.send(Call::form(&link, &[("csrf", &foreign)])).await;
        assert_eq!(refused.code(), 404, "{}", refused.text());
        let done = browser.send(Call::form(&link, &[("csrf", &form_token(&page.text()))])).await.expect(303);
        assert_eq!(done.location(), "/account");
        browser.user(LOGIN).await.expect(200);
        let again = browser.send(Call::form(&link, &[("csrf", &form_token(&page.text()))])).await;
        again.refused(410, "expired");
    }

    async fn an_invited_tenant_lets_strangers_through_the_motions_only(app: TestApp) {
        let closed = Options { signup: "invite", ..Options::default() };
        let app = app.restarted(&closed).await.expect("it starts");
        let mut browser = app.browser();
        let flow = app.begin(&mut browser, json!({ "purpose": "signup", "username": "new@x.test" })).await;
        let id = flow["id"].as_str().expect("an id");
        answer(&mut browser, id, "email-code", json!({})).await.expect(200);
        assert!(app.mails_to("new@x.test").await.is_empty(), "nobody is written to");
    }
}

async fn verify(
    app: &TestApp,
    browser: &mut Browser,
    body: Value,
    address: &str,
) -> crate::harness::Reply {
    let flow = app.begin(browser, body).await;
    let id = flow["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        flow["methods"],
        json!([{ "kind": "email-code", "mode": "headless" }])
    );
    answer(browser, &id, "email-code", json!({}))
        .await
        .expect(200);
    let code = app.code_for(address).await;
    answer(browser, &id, "email-code", json!({ "code": code })).await
}

#[tokio::test]
async fn an_address_is_verified_for_the_person_who_is_signed_in() {
    let app = TestApp::sqlite().await;
    app.browser()
        .post("/v1/auth/flows", json!({ "purpose": "verify" }))
        .await
        .refused(401, "unauthenticated");
    let mut browser = app.signup("ana@x.test").await;
    let before = browser.clone();
    let reply = verify(
        &app,
        &mut browser,
        json!({ "purpose": "verify" }),
        "ana@x.test",
    )
    .await
    .expect(200);
    assert_eq!(reply.json()["state"], "done");
    assert_eq!(reply.header("set-cookie"), "", "no new session");
    assert_eq!(
        before.cookie(LOGIN, "__Host-lw"),
        browser.cookie(LOGIN, "__Host-lw")
    );
    let body = json!({ "purpose": "verify", "username": "second@x.test" });
    verify(&app, &mut browser, body, "second@x.test")
        .await
        .expect(200);
    let me = browser.me().await;
    assert_eq!(me["email"], "ana@x.test", "the account stays where it is");
    let mut again = app.login("ana@x.test").await;
    assert_eq!(
        again.me().await["sub"],
        browser.me().await["sub"],
        "both addresses lead to one person"
    );
}

#[tokio::test]
async fn an_address_of_somebody_else_cannot_be_taken() {
    let app = TestApp::sqlite().await;
    app.signup("bob@x.test").await;
    let mut browser = app.signup("ana@x.test").await;
    let body = json!({ "purpose": "verify", "username": "bob@x.test" });
    verify(&app, &mut browser, body, "bob@x.test")
        .await
        .refused(403, "denied");
    assert_eq!(browser.me().await["email"], "ana@x.test");
}

#[tokio::test]
async fn names_are_checked() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let (id, code) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    answer(&mut browser, &id, "email-code", json!({ "code": code }))
        .await
        .expect(200);
    for bad in [
        json!({}),
        json!({ "name": "  " }),
        json!({ "name": "a\u{0}b" }),
        json!({ "name": "x".repeat(101) }),
    ] {
        let reply = answer(&mut browser, &id, "profile", bad)
            .await
            .refused(422, "invalid_field");
        assert_eq!(reply.json()["errors"][0]["pointer"], "/name");
    }
    answer(
        &mut browser,
        &id,
        "profile",
        json!({ "name": "x".repeat(100) }),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn of_several_organizations_one_is_chosen() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    for slug in ["one", "two"] {
        app.clock.advance_s(1);
        app.admin(
            "POST",
            "/v1/organizations",
            json!({ "slug": slug, "name": slug }),
        )
        .await
        .expect(201);
        let path = format!("/v1/organizations/{slug}/members/{sub}");
        app.admin("PUT", &path, json!({ "roles": ["admin"] }))
            .await
            .expect(200);
    }
    let mut again = app.browser();
    let (id, code) = app.asked_for_code(&mut again, "login", "ana@x.test").await;
    let flow = answer(&mut again, &id, "email-code", json!({ "code": code }))
        .await
        .expect(200)
        .json();
    assert_eq!(flow["step"]["kind"], "organization");
    let slugs: Vec<&str> = flow["step"]["organizations"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|org| org["slug"].as_str())
        .collect();
    assert_eq!(slugs, ["one", "two"]);
    let bad = answer(
        &mut again,
        &id,
        "organization",
        json!({ "organization": "three" }),
    )
    .await;
    bad.refused(422, "invalid_field");
    answer(
        &mut again,
        &id,
        "organization",
        json!({ "organization": "two" }),
    )
    .await
    .expect(200);
    let org = again.me().await["org"].clone();
    assert_eq!(
        (&org["slug"], &org["roles"]),
        (&json!("two"), &json!(["admin"]))
    );
}
