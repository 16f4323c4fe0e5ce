//! Changing the provider: the same people, the same ids, sessions go on.

use laneway_fake::{Mood, Person};
use serde_json::{Value, json};

use crate::harness::{Browser, Call, LOGIN, TestApp, answer, both};

async fn activate(app: &TestApp, kind: &str) {
    let all = app
        .admin("GET", "/v1/admin/upstreams", json!({}))
        .await
        .expect(200)
        .json();
    let row = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|row| row["kind"] == kind)
        .expect("there")
        .clone();
    let path = format!("/v1/admin/upstreams/{}", row["id"].as_str().expect("an id"));
    let changed = app
        .admin("PATCH", &path, json!({ "role": "primary" }))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["role"], "primary");
}

async fn identities(browser: &mut Browser) -> Vec<Value> {
    browser.get("/v1/me/identities").await.expect(200).json()["items"]
        .as_array()
        .expect("items")
        .clone()
}

both! {
    async fn there_and_back_by_bulk_links(app: TestApp) {
        let mut live = app.signup("ana@x.test").await;
        let me = live.me().await;
        let sub = me["sub"].as_str().expect("a sub").to_owned();
        app.add_fake().await;
        app.fake.put(Person::new("sub-ana", "other-address@corp.test"));
        let path = format!("/v1/admin/users/{sub}/identities");
        let put = json!({ "upstream": "corp", "subject": "sub-ana" });
        app.admin("PUT", &path, put.clone()).await.expect(200);
        app.admin("PUT", &path, put.clone()).await.expect(200);
        let links = app.admin("GET", &path, json!({})).await.expect(200).json();
        let corp = links["items"].as_array().expect("items").iter().filter(|link| link["issuer"] == "https://fake.test").count();
        assert_eq!(corp, 1, "putting twice is putting once");
        app.signup("bob@x.test").await;
        let bob = app.login("bob@x.test").await.me().await["sub"].as_str().expect("a sub").to_owned();
        app.admin("PUT", &format!("/v1/admin/users/{bob}/identities"), put).await.refused(409, "duplicate");

        activate(&app, "fake").await;
        assert_eq!(live.me().await["sid"], me["sid"], "the live session goes on");
        let flow = app.begin(&mut app.browser(), json!({})).await;
        assert_eq!(flow["methods"], json!([
            { "kind": "redirect", "mode": "redirect", "connection": "corp", "label": "Corp" },
        ]));
        let mut browser = app.browser();
        let to = browser.get("/bff/login?return_to=/x").await.expect(303);
        assert!(to.location().starts_with("https://fake.test/authorize?"), "one provider needs no page in between");
        let to = to.location().to_owned();
        assert_eq!(app.come_back(&mut browser, "sub-ana", &to).await.expect(303).location(), "/x");
        let there = browser.me().await;
        assert_eq!((&there["sub"], &there["upstream"]["id"]), (&me["sub"], &json!("corp")));
        assert_eq!(there["email"], "ana@x.test", "their own address stays");

        activate(&app, "embedded").await;
        assert_eq!(live.me().await["sid"], me["sid"]);
        assert_eq!(browser.me().await["sid"], there["sid"]);
        let mut back = app.login("ana@x.test").await;
        assert_eq!(back.me().await["sub"], me["sub"]);
        assert!(!app.events("upstream.activated").await.is_empty());
    }

    async fn people_link_a_second_provider_themselves(app: TestApp) {
        app.add_fake().await;
        app.fake.put(Person::new("sub-ana", "ana@corp.test"));
        let mut browser = app.signup("ana@x.test").await;
        let (sub, cookie) = (browser.me().await["sub"].clone(), browser.cookie(LOGIN, "__Host-lw").map(str::to_owned));
        let begun = browser.post("/v1/me/identities", json!({ "upstream": "corp" })).await.expect(200).json();
        let to = begun["redirect_to"].as_str().expect("an address").to_owned();
        let done = app.come_back(&mut browser, "sub-ana", &to).await.expect(303);
        assert_eq!(done.location(), "/account");
        assert_eq!(browser.cookie(LOGIN, "__Host-lw").map(str::to_owned), cookie, "no new session");
        let all = identities(&mut browser).await;
        assert!(all.iter().any(|link| link["issuer"] == "https://fake.test" && link["subject"] == "sub-ana"));
        assert_eq!(app.events("identity.linked").await.len(), 1);

        let mut bob = app.signup("bob@x.test").await;
        let begun = bob.post("/v1/me/identities", json!({ "upstream": "corp" })).await.expect(200).json();
        let to = begun["redirect_to"].as_str().expect("an address").to_owned();
        app.come_back(&mut bob, "sub-ana", &to).await.refused(403, "denied");

        activate(&app, "fake").await;
        let mut there = app.browser();
        app.redirect_login(&mut there, "sub-ana").await.expect(303);
        assert_eq!(there.me().await["sub"], sub);
    }

    async fn an_address_alone_makes_nobody_the_same_person(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        app.add_fake().await;
        activate(&app, "fake").await;
        app.fake.put(Person::new("sub-mallory", "ana@x.test"));
        let mut mallory = app.browser();
        app.redirect_login(&mut mallory, "sub-mallory").await.expect(303);
        let me = mallory.me().await;
        assert_ne!(me["sub"], ana.me().await["sub"]);
        let mut again = app.browser();
        app.redirect_login(&mut again, "sub-mallory").await.expect(303);
        assert_eq!(again.me().await["sub"], me["sub"], "found again by subject");
    }
}

#[tokio::test]
async fn strangers_from_the_provider_are_let_in_only_where_the_tenant_says_so() {
    let app = TestApp::sqlite().await;
    app.add_fake().await;
    activate(&app, "fake").await;
    app.fake.put(Person::new("sub-new", "new@corp.test"));
    let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
    app.admin("PATCH", &path, json!({ "jit": "deny" }))
        .await
        .expect(200);
    let mut browser = app.browser();
    app.redirect_login(&mut browser, "sub-new")
        .await
        .refused(403, "denied");
    assert!(browser.cookie(LOGIN, "__Host-lw").is_none());
    app.admin("PATCH", &path, json!({ "jit": "create" }))
        .await
        .expect(200);
    app.redirect_login(&mut browser, "sub-new")
        .await
        .expect(303);
    assert_eq!(browser.me().await["email"], "new@corp.test");
}

#[tokio::test]
async fn a_companion_adds_what_the_primary_lacks() {
    let app = TestApp::sqlite().await;
    let keys = laneway_fake::SoftAuthenticator::new();
    let mut browser = app.signup("ana@x.test").await;
    app.enrol(&mut browser, &keys).await;
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    app.add_fake().await;
    app.fake.put(Person::new("sub-ana", "ana@corp.test"));
    let put = json!({ "upstream": "corp", "subject": "sub-ana" });
    app.admin("PUT", &format!("/v1/admin/users/{sub}/identities"), put)
        .await
        .expect(200);
    activate(&app, "fake").await;
    let all = app
        .admin("GET", "/v1/admin/upstreams", json!({}))
        .await
        .json();
    let embedded = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|row| row["kind"] == "embedded")
        .expect("there")["id"]
        .clone();
    let path = format!("/v1/admin/upstreams/{}", embedded.as_str().expect("an id"));
    app.admin("PATCH", &path, json!({ "role": "companion" }))
        .await
        .expect(200);
    let mut again = app.browser();
    let flow = app.begin(&mut again, json!({})).await;
    assert!(
        flow["methods"]
            .as_array()
            .expect("methods")
            .contains(&json!({ "kind": "passkey", "mode": "facade" }))
    );
    let id = flow["id"].as_str().expect("an id");
    let step = answer(&mut again, id, "passkey", json!({}))
        .await
        .expect(200)
        .json()["step"]
        .clone();
    let credential = keys
        .get(&step["public_key"], LOGIN)
        .expect("a passkey answers");
    answer(
        &mut again,
        id,
        "passkey",
        json!({ "credential": credential }),
    )
    .await
    .expect(200);
    let me = again.me().await;
    assert_eq!(
        (&me["sub"], &me["upstream"]["id"]),
        (&json!(sub), &json!("corp"))
    );
    // Ending them at the provider ends this session too.
    let token = app.fake.logout_token(Some("sub-ana"), None);
    again
        .send(Call::form(
            "/bff/backchannel/corp",
            &[("logout_token", &token)],
        ))
        .await
        .expect(200);
    again.user(LOGIN).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_provider_that_is_down_or_lies_logs_nobody_in_or_out() {
    let app = TestApp::sqlite().await;
    app.add_fake().await;
    activate(&app, "fake").await;
    app.fake.put(Person::new("sub-ana", "ana@corp.test"));
    let mut browser = app.browser();
    app.redirect_login(&mut browser, "sub-ana")
        .await
        .expect(303);
    for (mood, status, code) in [
        (Mood::Down, 503, "upstream_unavailable"),
        (Mood::Limiting(7), 503, "upstream_unavailable"),
        (Mood::Lying, 502, "upstream_invalid"),
    ] {
        let mut other = app.browser();
        let to = other
            .get("/federation/corp/start")
            .await
            .expect(303)
            .location()
            .to_owned();
        app.fake.set_mood(mood.clone());
        let reply = app
            .come_back(&mut other, "sub-ana", &to)
            .await
            .refused(status, code);
        if status == 503 {
            assert!(!reply.header("retry-after").is_empty(), "{mood:?}");
        }
        assert!(other.cookie(LOGIN, "__Host-lw").is_none());
        let start = app
            .browser()
            .send(Call::new("GET", "/federation/corp/start").header("accept", "text/html"))
            .await;
        assert_eq!(start.code(), status);
        assert!(
            start.header("content-type").starts_with("text/html"),
            "a page for people"
        );
        browser.user(LOGIN).await.expect(200);
        app.fake.set_mood(Mood::Fine);
    }
}

#[tokio::test]
async fn answers_that_nobody_waits_for_are_refused() {
    let app = TestApp::sqlite().await;
    app.add_fake().await;
    activate(&app, "fake").await;
    app.fake.put(Person::new("sub-ana", "ana@corp.test"));
    let mut browser = app.browser();
    let to = browser
        .get("/federation/corp/start")
        .await
        .expect(303)
        .location()
        .to_owned();
    let mut thief = app.browser();
    thief.get("/federation/corp/start").await.expect(303);
    app.come_back(&mut thief, "sub-ana", &to)
        .await
        .refused(404, "not_found");
    let address: url::Url = to.parse().expect("an address");
    let state = address
        .query_pairs()
        .find(|(name, _)| name == "state")
        .expect("a state")
        .1
        .into_owned();
    let (flow, _) = state.split_once('.').expect("two parts");
    for bad in [
        format!("{flow}.{}", "A".repeat(43)),
        flow.to_owned(),
        "x.y".to_owned(),
        String::new(),
    ] {
        let reply = browser
            .get(&format!("/federation/callback/corp?code=x&state={bad}"))
            .await;
        assert!(matches!(reply.code(), 404 | 409), "{bad}: {}", reply.text());
    }
    let twice = format!("/federation/callback/corp?state={state}&state={state}&code=x");
    assert_eq!(browser.get(&twice).await.code(), 404);
    let refused = app.fake.error_params("access_denied", &address);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(refused)
        .finish();
    browser
        .get(&format!("/federation/callback/corp?{query}"))
        .await
        .refused(403, "denied");
}

#[tokio::test]
async fn a_posted_answer_waits_for_the_browser_that_asked() {
    let app = TestApp::sqlite().await;
    app.add_fake().await;
    activate(&app, "fake").await;
    app.fake.put(Person::new("sub-ana", "ana@corp.test"));
    let mut browser = app.browser();
    let to = browser
        .get("/federation/corp/start")
        .await
        .expect(303)
        .location()
        .to_owned();
    let params = app
        .fake
        .callback_params("sub-ana", &to.parse().expect("an address"));
    let fields: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    // A cross-site POST carries no Lax cookie.
    let posted = browser
        .send(Call::form("/federation/callback/corp", &fields).bare())
        .await
        .expect(303);
    assert!(
        !posted.location().contains("code="),
        "{}",
        posted.location()
    );
    app.browser()
        .get(posted.location())
        .await
        .refused(404, "not_found");
    browser.get(posted.location()).await.expect(303);
    browser.user(LOGIN).await.expect(200);
}
