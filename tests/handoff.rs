//! From the login host to an app host: one ticket, one use (CONTRACT §5, last paragraph).

use serde_json::json;

use crate::harness::{APP, Browser, Call, IDE, LOGIN, Reply, TestApp, both};

/// A ticket's address for a browser that is signed in on the login host.
async fn ticket(browser: &mut Browser, origin: &str) -> String {
    let to_login = browser
        .get(&format!("{origin}/.laneway/start?rd=/deep?x=1"))
        .await
        .expect(303);
    let issued = browser.get(to_login.location()).await.expect(303);
    let address = issued.location().to_owned();
    assert!(
        address.starts_with(&format!("{origin}/.laneway/callback?ticket=")),
        "{address}"
    );
    address
}

async fn redeem(browser: &mut Browser, address: &str) -> Reply {
    browser.get(address).await
}

both! {
    async fn a_stranger_signs_in_and_arrives_in_the_app(app: TestApp) {
        app.signup("ana@x.test").await;
        let mut browser = app.browser();
        let start = format!("{APP}/bff/login?return_to=/deep");
        let reply = browser.get(&start).await.expect(303);
        assert!(reply.location().starts_with("https://login.test/bff/handoff?request="), "{}", reply.location());
        let (page, at) = browser.follow(reply, start).await;
        assert_eq!(page.code(), 200);
        let login = url::Url::parse(&at).expect("an address");
        assert_eq!(login.path(), "/login");
        let back = login.query_pairs().find(|(name, _)| name == "return_to").expect("a way back").1.into_owned();
        app.login_in(&mut browser, "ana@x.test").await;
        let back = format!("{LOGIN}{back}");
        let reply = browser.get(&back).await;
        let (_, at) = browser.follow(reply, back).await;
        assert_eq!(at, format!("{APP}/deep"));
        let user = browser.user(APP).await.expect(200).json();
        assert_eq!(user["sid"], browser.me().await["sid"]);
        assert_eq!(app.events("handoff.completed").await.len(), 1);
    }

    async fn a_ticket_works_once(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let address = ticket(&mut browser, APP).await;
        let done = redeem(&mut browser, &address).await.expect(303);
        assert_eq!(done.location(), "/deep?x=1");
        redeem(&mut browser, &address).await.refused(410, "expired");
        browser.user(APP).await.expect(200);
    }

    async fn a_ticket_is_bound_to_its_browser_and_its_host(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let address = ticket(&mut browser, APP).await;
        let mut thief = app.browser();
        redeem(&mut thief, &address).await.refused(410, "expired");
        thief.get(&format!("{APP}/.laneway/start?rd=/")).await.expect(303);
        redeem(&mut thief, &address).await.refused(410, "expired");
        thief.user(APP).await.refused(401, "unauthenticated");
        // It went astray: nobody can use it any more.
        redeem(&mut browser, &address).await.refused(410, "expired");

        let address = ticket(&mut browser, APP).await;
        let cookie = browser.cookie(APP, "__Host-lw-flow").expect("a flow cookie").to_owned();
        let mut both_hosts = browser.clone();
        both_hosts.set_cookie(IDE, "__Host-lw-flow", &cookie);
        let elsewhere = address.replace("app.test", "ide.test");
        redeem(&mut both_hosts, &elsewhere).await.refused(410, "expired");
        both_hosts.user(IDE).await.refused(401, "unauthenticated");
    }

    async fn a_ticket_lives_thirty_seconds_and_not_longer_than_its_session(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let old = ticket(&mut browser, APP).await;
        app.clock.advance_s(30);
        redeem(&mut browser, &old).await.refused(410, "expired");
        let young = ticket(&mut browser, APP).await;
        app.clock.advance_s(29);
        redeem(&mut browser, &young).await.expect(303);

        let late = ticket(&mut browser, IDE).await;
        browser.post("/bff/logout", json!({})).await.expect(200);
        redeem(&mut browser, &late).await.refused(410, "expired");
        assert!(browser.cookie(IDE, "__Host-lw").is_none());
    }

    async fn a_request_that_was_tampered_with_or_is_old_is_refused(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let request = browser.get(&format!("{APP}/.laneway/start?rd=/")).await.expect(303).location().to_owned();
        let mut changed = request.clone();
        let last = changed.pop().expect("a character");
        changed.push(if last == 'A' { 'B' } else { 'A' });
        for bad in [changed.as_str(), "https://login.test/bff/handoff?request=", "https://login.test/bff/handoff?request=AAAA"] {
            browser.get(bad).await.refused(400, "invalid_request");
        }
        browser.get("https://login.test/bff/handoff").await.refused(400, "invalid_request");
        app.clock.advance_s(601);
        browser.get(&request).await.refused(410, "expired");
    }
}

#[tokio::test]
async fn garbage_tickets_are_over() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    for bad in ["x", "%00", "%ff%fe", "'; DROP TABLE users; --"] {
        let encoded: String = url::form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        redeem(
            &mut browser,
            &format!("{APP}/.laneway/callback?ticket={encoded}"),
        )
        .await
        .refused(410, "expired");
    }
    redeem(&mut browser, &format!("{APP}/.laneway/callback"))
        .await
        .refused(400, "invalid_request");
    browser.user(APP).await.expect(200);
}

#[tokio::test]
async fn a_second_sign_in_on_a_host_replaces_its_cookie() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    let before = browser.clone();
    app.enter(&mut browser, APP).await;
    assert_ne!(
        before.cookie(APP, "__Host-lw"),
        browser.cookie(APP, "__Host-lw")
    );
    before
        .clone()
        .user(APP)
        .await
        .refused(401, "unauthenticated");
    browser.user(APP).await.expect(200);
}

#[tokio::test]
async fn an_app_can_ask_for_more_proof() {
    let app = TestApp::sqlite().await;
    let keys = laneway_fake::SoftAuthenticator::new();
    let mut browser = app.signup("ana@x.test").await;
    app.enrol(&mut browser, &keys).await;
    app.enter(&mut browser, APP).await;
    let before = browser.user(APP).await.json();
    assert_eq!(before["acr"], "aal1");
    let start = format!("{APP}/bff/login?return_to=/&acr_values=phr");
    let reply = browser.get(&start).await;
    let (page, at) = browser.follow(reply, start).await;
    assert_eq!(page.code(), 200, "{}", page.text());
    let at = url::Url::parse(&at).expect("an address");
    let flow = at
        .query_pairs()
        .find(|(name, _)| name == "flow")
        .expect("a flow")
        .1
        .into_owned();
    let step = crate::harness::answer(&mut browser, &flow, "passkey", json!({}))
        .await
        .expect(200)
        .json()["step"]
        .clone();
    let credential = keys
        .get(&step["public_key"], LOGIN)
        .expect("a passkey answers");
    let done = crate::harness::answer(
        &mut browser,
        &flow,
        "passkey",
        json!({ "credential": credential }),
    )
    .await
    .expect(200)
    .json();
    let back = format!("{LOGIN}{}", done["return_to"].as_str().expect("an address"));
    let reply = browser.get(&back).await;
    let (_, at) = browser.follow(reply, back).await;
    assert_eq!(at, format!("{APP}/"));
    let after = browser.user(APP).await.expect(200).json();
    assert_eq!(
        (&after["acr"], &after["sid"]),
        (&json!("phr"), &before["sid"])
    );
}

#[tokio::test]
async fn rooms_of_the_login_host_do_not_exist_on_app_hosts() {
    use laneway::http::ROUTES;
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, IDE).await;
    let here = [
        "/bff/user",
        "/bff/logout",
        "/bff/org",
        "/bff/login",
        "/v1/me",
        "/v1/me/sessions",
        "/v1/me/organizations",
    ];
    for (method, path, _) in ROUTES {
        let ours = path.starts_with("/v1/") || path.starts_with("/bff/");
        let shared = here.iter().any(|prefix| path == prefix)
            || path.starts_with("/v1/me/sessions/")
            || path.starts_with("/bff/logout/")
            || path.starts_with("/bff/backchannel/");
        if !ours || (shared && !(*method == "DELETE" && *path == "/v1/me")) {
            continue;
        }
        let url = format!("https://app.test{}", path.replace(['{', '}'], ""));
        for call in [
            Call::api(method, &url, &json!({})),
            Call::api(method, &url, &json!({})).bearer(&token),
        ] {
            let reply = browser.send(call).await;
            let absent = reply.code() == 404
                || (*path == "/v1/me" && reply.code() == 401)
                || (*path == "/v1/me" && reply.code() == 403);
            assert!(absent, "{method} {path}: {} {}", reply.code(), reply.text());
        }
    }
    let start = browser.get("https://login.test/.laneway/start?rd=/").await;
    assert_eq!(start.code(), 404);
    let remove = Call::api("DELETE", &format!("{IDE}/v1/me"), &json!({}));
    browser.send(remove).await.refused(404, "not_found");
}
