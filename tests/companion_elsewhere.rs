//! The embedded provider as companion beside a live Keycloak: passkeys, apps and codes by mail on
//! our page, for people who are Keycloak's.

use std::time::Duration;

use laneway::outbound::SystemClock;
use laneway_contract::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::harness::app::Options;
use crate::harness::realms::Realms;
use crate::harness::{Browser, LOGIN, TestApp, answer};
use crate::suite::web;

fn real_time() -> Options {
    Options {
        real_time: true,
        ..Options::default()
    }
}

/// Puts an app in front of the realm, with the embedded provider beside it.
async fn beside(app: TestApp, realms: &Realms) -> TestApp {
    let upstream = realms.bootstrap("kc").await;
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let kc = made.expect(201).json()["id"].clone();
    role(&app, &kc, "primary").await;
    let all = app.admin("GET", "/v1/admin/upstreams", Value::Null).await;
    let all = all.expect(200).json();
    let mut all = all["items"].as_array().expect("a list").iter();
    let own = all.find(|one| one["kind"] == "embedded").expect("embedded");
    role(&app, &own["id"], "companion").await;
    app
}

async fn role(app: &TestApp, id: &Value, role: &str) {
    let path = format!("/v1/admin/upstreams/{}", id.as_str().expect("an id"));
    let body = json!({ "role": role });
    app.admin("PATCH", &path, body).await.expect(200);
}

/// Signs in on Keycloak's page.
async fn over_there(app: &TestApp, realms: &Realms, login: &str) -> Browser {
    let mut browser = app.browser();
    let start = browser.get("/federation/kc/start").await.expect(303);
    let mut abroad = web::Browser::new();
    let home = realms.walk(&mut abroad, start.location(), login).await;
    let home = home.strip_prefix(LOGIN).expect("our own address");
    browser.get(home).await.expect(303);
    browser
}

#[tokio::test]
async fn keycloaks_people_add_ways_to_sign_in_here_and_stay_keycloaks() {
    let Some(realms) = Realms::new().await else {
        return;
    };
    let app = beside(TestApp::sqlite_with(real_time()).await, &realms).await;
    let ana = realms.person(&realms.home, "ana", "staff").await;
    let mut browser = over_there(&app, &realms, "ana").await;
    let sub = browser.me().await["sub"].clone();
    let asked = browser
        .post("/v1/me/email", json!({ "email": "ana@own.test" }))
        .await;
    asked.expect(202);
    let code = app.code_for("ana@own.test").await;
    browser
        .post("/v1/me/email/confirm", json!({ "code": code }))
        .await
        .expect(200);
    let keys = laneway_fake::SoftAuthenticator::new();
    app.enrol(&mut browser, &keys).await;

    // By the passkey.
    let mut by_key = app.browser();
    let flow = app.begin(&mut by_key, json!({})).await;
    let methods = flow["methods"].as_array().expect("methods");
    for (kind, mode) in [
        ("passkey", "facade"),
        ("email-code", "facade"),
        ("redirect", "redirect"),
    ] {
        let found = methods.iter().find(|one| one["kind"] == kind);
        assert_eq!(found.expect(kind)["mode"], mode, "{kind}");
    }
    assert!(!methods.iter().any(|one| one["kind"] == "password"));
    let id = flow["id"].as_str().expect("an id");
    let asked = answer(&mut by_key, id, "passkey", json!({}))
        .await
        .expect(200)
        .json();
    let credential = keys
        .get(&asked["step"]["public_key"], LOGIN)
        .expect("an answer");
    answer(
        &mut by_key,
        id,
        "passkey",
        json!({ "credential": credential }),
    )
    .await
    .expect(200);
    let me = by_key.me().await;
    assert_eq!(
        (&me["sub"], &me["acr"], &me["upstream"]["id"]),
        (&sub, &json!("phr"), &json!("kc"))
    );

    // By a code to the address that they have proven here.
    let mut by_mail = app.login("ana@own.test").await;
    let me = by_mail.me().await;
    assert_eq!((&me["sub"], &me["upstream"]["id"]), (&sub, &json!("kc")));

    let _jobs = app.jobs();
    let ways = [
        ("redirect", &mut browser),
        ("passkey", &mut by_key),
        ("mail", &mut by_mail),
    ];
    switched_off_there(&realms, &ana, ways).await;
    realms.remove().await;
}

/// Switched off at Keycloak, all of them are out.
async fn switched_off_there<const N: usize>(
    realms: &Realms,
    subject: &str,
    ways: [(&str, &mut Browser); N],
) {
    tokio::time::sleep(Duration::from_secs(3)).await;
    let path = format!("/{}/users/{subject}", realms.home);
    realms
        .send(Method::PUT, &path, Some(json!({ "enabled": false })))
        .await;
    for (way, browser) in ways {
        let mut code = 0;
        for _ in 0..50 {
            code = browser.user(LOGIN).await.code();
            if code == 401 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(code, 401, "disabled at Keycloak and still in by {way}");
    }
}

/// The code that an app shows so many periods from now.
fn shown(app: &Totp, periods: i64) -> String {
    let seconds = SystemClock.now_ms() / 1000 + 30 * periods;
    app.generate(u64::try_from(seconds).expect("after 1970"))
        .to_string()
}

/// Signs in by a code to their address; what is wanted next.
async fn by_mail(app: &TestApp, browser: &mut Browser, email: &str) -> (String, Value) {
    let (id, code) = app.asked_for_code(browser, "login", email).await;
    let flow = answer(browser, &id, "email-code", json!({ "code": code }));
    let step = flow.await.expect(200).json()["step"].clone();
    (id, step)
}

#[tokio::test]
async fn an_authenticator_app_beside_keycloak_counts_on_both_nodes_and_each_code_once() {
    let Some(realms) = Realms::new().await else {
        return;
    };
    let Some(one) = TestApp::postgres_with(real_time()).await else {
        return;
    };
    let one = beside(one, &realms).await;
    one.offer(&["passkey", "email-code", "totp"]).await;
    let two = one.restarted(&real_time()).await.expect("it starts");
    let _jobs = [one.jobs(), two.jobs()];
    let ana = realms.person(&realms.home, "ana", "staff").await;
    let mut browser = over_there(&one, &realms, "ana").await;
    let sub = browser.me().await["sub"].clone();
    let email = json!({ "email": "ana@own.test" });
    browser.post("/v1/me/email", email).await.expect(202);
    let code = json!({ "code": one.code_for("ana@own.test").await });
    browser.post("/v1/me/email/confirm", code).await.expect(200);

    // Set up at one node; the other asks for it.
    let begun = browser.post("/v1/me/totp", json!({})).await.expect(201);
    let url = begun.json()["otpauth_uri"].as_str().map(str::to_owned);
    let phone = Totp::from_url(url.expect("an address")).expect("an app");
    let code = json!({ "code": shown(&phone, -1) });
    let made = browser.post("/v1/me/totp/confirm", code).await;
    assert_eq!(
        made.expect(200).json()["codes"].as_array().map(Vec::len),
        Some(10)
    );
    let mut there = two.browser();
    let (id, step) = by_mail(&two, &mut there, "ana@own.test").await;
    assert_eq!(step["kind"], "totp");
    there.user(LOGIN).await.refused(401, "unauthenticated");
    let code = json!({ "code": shown(&phone, 0) });
    let done = answer(&mut there, &id, "totp", code.clone()).await;
    assert_eq!(done.expect(200).json()["state"], "done");
    let me = there.me().await;
    assert_eq!(
        (&me["sub"], &me["acr"], &me["upstream"]["id"]),
        (&sub, &json!("aal2"), &json!("kc"))
    );
    // What was taken at one node the other does not take again.
    let mut again = one.browser();
    let (id, step) = by_mail(&one, &mut again, "ana@own.test").await;
    assert_eq!(step["kind"], "totp");
    answer(&mut again, &id, "totp", code)
        .await
        .refused(422, "invalid_credentials");
    let code = json!({ "code": shown(&phone, 1) });
    answer(&mut again, &id, "totp", code).await.expect(200);

    let ways = [
        ("redirect", &mut browser),
        ("app, there", &mut there),
        ("app, here", &mut again),
    ];
    switched_off_there(&realms, &ana, ways).await;
    realms.remove().await;
}
