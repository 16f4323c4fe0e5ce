//! Passwords and codes of a live Keycloak that are typed on our page.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::realms::Realms;
use crate::harness::{Browser, Call, Reply, TestApp, answer};
use crate::suite::keycloak::{TOTP_KEY, totp};

/// An app in front of the realm that asks for this on its own page.
async fn in_front(realms: &mut Realms, headless: &str) -> TestApp {
    realms.headless = true;
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    let mut upstream = realms.bootstrap("kc").await;
    upstream["options"] = json!({ "headless": headless });
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let id = made.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/v1/admin/upstreams/{id}");
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &path, primary).await.expect(200);
    app
}

async fn types(
    app: &TestApp,
    browser: &mut Browser,
    email: &str,
    password: &str,
) -> (String, Reply) {
    let flow = app.flow_of(browser, "login", email).await;
    let typed = json!({ "password": password });
    let told = answer(browser, &flow, "password", typed).await;
    (flow, told)
}

fn step(reply: &Reply) -> String {
    let flow = reply.json();
    let flow = if flow["flow"].is_object() {
        &flow["flow"]
    } else {
        &flow
    };
    flow["step"]["kind"].as_str().unwrap_or_default().to_owned()
}

async fn change(realms: &Realms, subject: &str, body: Value) {
    let path = format!("/{}/users/{subject}", realms.home);
    realms.send(Method::PUT, &path, Some(body)).await;
}

async fn sessions_there(realms: &Realms, subject: &str) -> usize {
    let path = format!("/{}/users/{subject}/sessions", realms.home);
    let all = realms.send(Method::GET, &path, None).await;
    all.as_array().expect("a list").len()
}

#[tokio::test]
async fn a_password_of_keycloak_is_typed_here() {
    let Some(mut realms) = Realms::new().await else {
        return;
    };
    let app = in_front(&mut realms, "password").await;
    let ana = realms.person(&realms.home, "ana", "staff").await;
    let right = "ana-signs-in";
    // It is forgotten there, not here.
    let login = app.browser().get("/login").await.expect(200).text();
    assert!(
        login.contains("name=\"username\"") && !login.contains("/recover"),
        "{login}"
    );

    // Whoever is unknown and whoever is wrong are told the same.
    let mut browser = app.browser();
    let (_, unknown) = types(&app, &mut browser, "nobody@acme.test", right).await;
    let (_, wrong) = types(&app, &mut browser, "ana@acme.test", "wrong").await;
    let (unknown, wrong) = (
        unknown.refused(422, "invalid_credentials"),
        wrong.refused(422, "invalid_credentials"),
    );
    assert_eq!(unknown.json()["detail"], wrong.json()["detail"]);
    assert_eq!(
        unknown.json()["flow"]["methods"],
        wrong.json()["flow"]["methods"]
    );
    assert_eq!(sessions_there(&realms, &ana).await, 0);

    let (_, done) = types(&app, &mut browser, "ana@acme.test", right).await;
    assert_eq!(done.expect(200).json()["state"], "done");
    let me = browser.me().await;
    assert_eq!((&me["acr"], &me["amr"]), (&json!("aal1"), &json!(["pwd"])));
    assert_eq!(me["email"], "ana@acme.test");
    // The session there is the one that ours hangs on, and ends with it.
    assert_eq!(sessions_there(&realms, &ana).await, 1);
    let out = browser
        .post("/bff/logout", json!({}))
        .await
        .expect(200)
        .json();
    if let Some(next) = out["redirect_to"].as_str() {
        let next = next.to_owned();
        browser.get(&next).await;
    }
    assert_eq!(sessions_there(&realms, &ana).await, 0);

    // What only its page can do leads there, for whoever knows the password.
    change(
        &realms,
        &ana,
        json!({ "requiredActions": ["UPDATE_PASSWORD"] }),
    )
    .await;
    let (_, wrong) = types(&app, &mut app.browser(), "ana@acme.test", "wrong").await;
    wrong.refused(422, "invalid_credentials");
    let (_, led) = types(&app, &mut app.browser(), "ana@acme.test", right).await;
    let led = led.expect(200);
    assert_eq!(step(&led), "redirect");
    let to = led.json()["step"]["url"]
        .as_str()
        .expect("an address")
        .to_owned();
    assert!(
        to.starts_with(&realms.at(&realms.home, "/protocol/openid-connect/auth")),
        "{to}"
    );
    change(&realms, &ana, json!({ "requiredActions": [] })).await;

    // Switched off there: that is told nobody, since older releases tell it whatever was typed; who is in is out.
    let mut inside = app.browser();
    let (_, done) = types(&app, &mut inside, "ana@acme.test", right).await;
    done.expect(200);
    let _jobs = app.jobs();
    tokio::time::sleep(Duration::from_secs(3)).await;
    change(&realms, &ana, json!({ "enabled": false })).await;
    let (_, wrong) = types(&app, &mut app.browser(), "ana@acme.test", "wrong").await;
    wrong.refused(422, "invalid_credentials");
    let (_, off) = types(&app, &mut app.browser(), "ana@acme.test", right).await;
    off.refused(422, "invalid_credentials");
    let mut code = 0;
    for _ in 0..50 {
        code = inside.send(Call::new("GET", "/bff/user")).await.code();
        if code == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(code, 401, "disabled at Keycloak and still in");
    realms.remove().await;
}

#[tokio::test]
async fn a_code_of_an_app_is_typed_here_and_counts_where_there_is_an_app() {
    let Some(mut realms) = Realms::new().await else {
        return;
    };
    let app = in_front(&mut realms, "password_and_code").await;
    let bo = realms.person(&realms.home, "bob", "staff").await;
    realms.person(&realms.home, "cyd", "staff").await;
    let data = json!({ "subType": "totp", "digits": 6, "period": 30, "counter": 0, "algorithm": "HmacSHA1" });
    let otp = json!({ "type": "otp", "credentialData": data.to_string(),
        "secretData": json!({ "value": TOTP_KEY }).to_string() });
    change(&realms, &bo, json!({ "credentials": [otp] })).await;

    // The code is asked of everybody, whoever they are and whatever they typed.
    for (email, password) in [
        ("bob@acme.test", "wrong"),
        ("nobody@acme.test", "x"),
        ("cyd@acme.test", "cyd-signs-in"),
    ] {
        let (_, asked) = types(&app, &mut app.browser(), email, password).await;
        assert_eq!(step(&asked.expect(200)), "totp", "{email}");
    }
    let mut browser = app.browser();
    let code = |code: &str| json!({ "code": code });
    let (flow, asked) = types(&app, &mut browser, "bob@acme.test", "wrong").await;
    asked.expect(200);
    let told = answer(&mut browser, &flow, "totp", code(&totp())).await;
    let told = told.refused(422, "invalid_credentials");
    assert_eq!(step(&told), "password");
    let typed = json!({ "password": "bob-signs-in" });
    answer(&mut browser, &flow, "password", typed.clone())
        .await
        .expect(200);
    let told = answer(&mut browser, &flow, "totp", code("000000")).await;
    told.refused(422, "invalid_credentials");
    answer(&mut browser, &flow, "password", typed)
        .await
        .expect(200);
    let done = answer(&mut browser, &flow, "totp", code(&totp())).await;
    assert_eq!(done.expect(200).json()["state"], "done");
    let me = browser.me().await;
    assert_eq!(
        (&me["acr"], &me["amr"]),
        (&json!("aal2"), &json!(["pwd", "otp"]))
    );

    // Keycloak looks at no code of whoever has no app: it proves nothing.
    let mut browser = app.browser();
    let (flow, asked) = types(&app, &mut browser, "cyd@acme.test", "cyd-signs-in").await;
    asked.expect(200);
    answer(&mut browser, &flow, "totp", code("000000"))
        .await
        .expect(200);
    let me = browser.me().await;
    assert_eq!((&me["acr"], &me["amr"]), (&json!("aal1"), &json!(["pwd"])));
    realms.remove().await;
}
