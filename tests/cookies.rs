//! The one cookie: where it counts, where it does not, and how it ends (CONTRACT §2–3).

use laneway_contract::EndSession;
use serde_json::{Value, json};

use crate::harness::{APP, Browser, Call, IDE, LOGIN, TestApp, both};

both! {
    async fn a_cookie_counts_on_its_own_host_only(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.enter(&mut browser, APP).await;
        let at = |origin: &str| browser.cookie(origin, "__Host-lw").expect("a cookie").to_owned();
        let (login, own) = (at(LOGIN), at(APP));
        assert_ne!(login, own);
        app.admin("POST", "/v1/admin/tenants", json!({
            "slug": "other", "name": "Other", "public_url": "https://other.test",
        })).await.expect(201);
        for (origin, value) in [
            (APP, &login), (IDE, &login), (LOGIN, &own), (IDE, &own),
            ("https://other.test", &login), ("https://other.test", &own),
        ] {
            let mut thief = app.browser();
            thief.set_cookie(origin, "__Host-lw", value);
            thief.user(origin).await.refused(401, "unauthenticated");
        }
        browser.user(LOGIN).await.expect(200);
        browser.user(APP).await.expect(200);
    }

    async fn two_session_cookies_are_no_session(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.enter(&mut browser, APP).await;
        for origin in [LOGIN, APP] {
            let value = browser.cookie(origin, "__Host-lw").expect("a cookie").to_owned();
            let other = "A".repeat(43);
            let url = format!("{origin}/bff/user");
            let ask = |cookies: &[String]| {
                let call = Call::new("GET", &url).bare();
                cookies.iter().fold(call, |call, cookie| call.header("cookie", cookie))
            };
            let one = format!("__Host-lw={value}");
            browser.send(ask(std::slice::from_ref(&one))).await.expect(200);
            for twice in [
                vec![format!("{one}; {one}")],
                vec![format!("{one}; __Host-lw={other}")],
                vec![format!("__Host-lw={other}; {one}")],
                vec![one.clone(), one.clone()],
            ] {
                browser.send(ask(&twice)).await.refused(401, "unauthenticated");
            }
        }
    }

    async fn signing_out_ends_the_session_on_every_host(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.enter(&mut browser, APP).await;
        app.enter(&mut browser, IDE).await;
        assert_eq!(browser.user(APP).await.json()["sid"], browser.me().await["sid"]);
        let mut elsewhere = app.login("ana@x.test").await;
        let no_mark = Call::new("POST", &format!("{APP}/bff/logout"));
        browser.send(no_mark).await.refused(403, "csrf_required");
        let kept = browser.clone();
        let reply = browser.post(&format!("{APP}/bff/logout"), json!({})).await.expect(200);
        assert_eq!(reply.json(), json!({ "redirect_to": null }));
        assert!(browser.cookie(APP, "__Host-lw").is_none(), "the cookie is taken back");
        for origin in [LOGIN, APP, IDE] {
            kept.clone().user(origin).await.refused(401, "unauthenticated");
        }
        elsewhere.user(LOGIN).await.expect(200);
        browser.post("/bff/logout", json!({})).await.refused(401, "unauthenticated");
    }

    async fn signing_out_everywhere_ends_all_of_a_persons_sessions(app: TestApp) {
        let mut one = app.signup("ana@x.test").await;
        let mut two = app.login("ana@x.test").await;
        let mut bob = app.signup("bob@x.test").await;
        two.user(LOGIN).await.expect(200);
        one.post("/bff/logout", json!({ "everywhere": true })).await.expect(200);
        two.user(LOGIN).await.refused(401, "unauthenticated");
        bob.user(LOGIN).await.expect(200);
    }
}

#[tokio::test]
async fn the_session_cookie_has_the_promised_attributes() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let (id, code) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    for (kind, body) in [
        ("email-code", json!({ "code": code })),
        ("profile", json!({ "name": "Ana" })),
    ] {
        crate::harness::answer(&mut browser, &id, kind, body)
            .await
            .expect(200);
    }
    let done = crate::harness::answer(&mut browser, &id, "enrol", json!({ "skip": true }))
        .await
        .expect(200);
    check_attributes(done.header("set-cookie"));
    let start = format!("{APP}/.laneway/start?rd=/");
    let to_login = browser.get(&start).await.expect(303);
    let ticket = browser.get(to_login.location()).await.expect(303);
    let arrived = browser.get(ticket.location()).await.expect(303);
    check_attributes(arrived.header("set-cookie"));
}

fn check_attributes(text: &str) {
    let parsed = cookie::Cookie::parse(text.to_owned()).expect("a cookie");
    assert_eq!(
        (parsed.name(), parsed.path(), parsed.domain()),
        ("__Host-lw", Some("/"), None),
        "{text}"
    );
    assert!(
        parsed.secure() == Some(true) && parsed.http_only() == Some(true),
        "{text}"
    );
    assert_eq!(parsed.same_site(), Some(cookie::SameSite::Lax), "{text}");
    assert_eq!(parsed.value().len(), 43, "256 bits");
}

#[tokio::test]
async fn a_logout_link_of_another_session_ends_nothing() {
    let app = TestApp::sqlite().await;
    let mut ana = app.signup("ana@x.test").await;
    let mut bob = app.signup("bob@x.test").await;
    let other = bob.me().await["sid"].as_str().expect("a sid").to_owned();
    for query in [
        format!("?sid={other}"),
        "?sid=".to_owned(),
        String::new(),
        "?sid=nonsense".to_owned(),
    ] {
        ana.get(&format!("/bff/logout{query}"))
            .await
            .refused(400, "invalid_request");
    }
    ana.user(LOGIN).await.expect(200);
    bob.user(LOGIN).await.expect(200);
    let own = ana.me().await["logout_url"]
        .as_str()
        .expect("an address")
        .to_owned();
    ana.get(&format!("{own}&return_to=//evil.test"))
        .await
        .refused(400, "invalid_return_to");
    ana.user(LOGIN).await.expect(200);
    let done = ana.get(&format!("{own}&return_to=/bye")).await.expect(303);
    assert_eq!(done.location(), "/bye");
    ana.user(LOGIN).await.refused(401, "unauthenticated");
    ana.get(&own).await.refused(401, "unauthenticated");
}

/// Signs somebody in through the provider `corp`, which everybody uses.
async fn at_provider(app: &TestApp) -> Browser {
    let id = app.add_fake().await;
    app.admin(
        "PATCH",
        &format!("/v1/admin/upstreams/{id}"),
        json!({ "role": "primary" }),
    )
    .await
    .expect(200);
    app.fake
        .put(laneway_fake::Person::new("sub-ana", "ana@corp.test"));
    let mut browser = app.browser();
    app.redirect_login(&mut browser, "sub-ana")
        .await
        .expect(303);
    browser
}

#[tokio::test]
async fn signing_out_ends_the_providers_session_server_to_server() {
    let app = TestApp::sqlite().await;
    let mut browser = at_provider(&app).await;
    assert_eq!(app.fake.sessions_of("sub-ana").len(), 1);
    let reply = browser
        .post("/bff/logout", json!({}))
        .await
        .expect(200)
        .json();
    let to = reply["redirect_to"]
        .as_str()
        .expect("an address")
        .to_owned();
    assert!(to.starts_with("/bff/logout/continue/"), "{to}");
    let gone = browser.get(&to).await.expect(303);
    assert_eq!(gone.location(), "https://login.test/logged-out");
    assert!(app.fake.sessions_of("sub-ana").is_empty());
    browser.get(&to).await.refused(410, "expired");
}

#[tokio::test]
async fn the_id_token_travels_in_a_form_and_never_in_an_address() {
    let app = TestApp::sqlite().await;
    let mut browser = at_provider(&app).await;
    app.fake.set_end_session(EndSession::Browser {
        url: "https://fake.test/logout".parse().expect("an address"),
        fields: vec![("id_token_hint".into(), "eyJ.canary".into())],
    });
    let sid = browser.me().await["sid"]
        .as_str()
        .expect("a sid")
        .to_owned();
    let to = browser
        .get(&format!("/bff/logout?sid={sid}"))
        .await
        .expect(303)
        .location()
        .to_owned();
    assert!(!to.contains("canary"));
    let page = browser.get(&to).await.expect(200);
    let html = page.text();
    assert!(
        html.contains("action=\"https://fake.test/logout\"") && html.contains("eyJ.canary"),
        "{html}"
    );
    assert!(html.to_lowercase().contains("method=\"post\""));
    assert!(
        page.header("content-security-policy")
            .contains("https://fake.test")
    );
}

#[tokio::test]
async fn a_dead_provider_keeps_nobody_signed_in() {
    let app = TestApp::sqlite().await;
    let mut browser = at_provider(&app).await;
    app.fake.set_mood(laneway_fake::Mood::Down);
    let reply: Value = browser
        .post("/bff/logout", json!({}))
        .await
        .expect(200)
        .json();
    browser.user(LOGIN).await.refused(401, "unauthenticated");
    browser
        .get(reply["redirect_to"].as_str().expect("an address"))
        .await
        .expect(303);
}
