//! Flows: wrong answers, their limits, and the ends of time.

use serde_json::json;

use crate::harness::app::Options;
use crate::harness::{Browser, TestApp, answer, both};

/// A code of the right form that is not the right one.
fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &code[..code.len() - 1])
}

async fn fail(browser: &mut Browser, flow: &str, code: &str) -> serde_json::Value {
    let reply = answer(browser, flow, "email-code", json!({ "code": wrong(code) })).await;
    reply.refused(422, "invalid_credentials").json()["flow"].clone()
}

both! {
    async fn a_code_takes_five_wrong_tries_and_a_flow_twenty(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let mut code = String::new();
        let flow = app.begin(&mut browser, json!({ "username": "ana@x.test" })).await;
        let id = flow["id"].as_str().expect("an id").to_owned();
        for round in 1..=4 {
            app.clock.advance_s(1);
            answer(&mut browser, &id, "email-code", json!({})).await.expect(200);
            code = app.code_for("ana@x.test").await;
            for _ in 0..4 {
                assert_eq!(fail(&mut browser, &id, &code).await["step"]["kind"], "email-code");
            }
            assert_eq!(fail(&mut browser, &id, &code).await["step"]["kind"], "choose");
            if round < 4 {
                let late = answer(&mut browser, &id, "email-code", json!({ "code": code })).await;
                late.refused(409, "wrong_step");
            }
        }
        answer(&mut browser, &id, "email-code", json!({})).await.refused(410, "expired");
        answer(&mut browser, &id, "email-code", json!({ "code": code })).await.refused(410, "expired");
        assert_eq!(app.events("login.failed").await.len(), 20);
    }

    async fn a_wrong_answer_carries_the_flow_and_leaves_it_open(app: TestApp) {
        let mut browser = app.browser();
        let (id, code) = app.asked_for_code(&mut browser, "signup", "ana@x.test").await;
        let flow = fail(&mut browser, &id, &code).await;
        assert_eq!((&flow["id"], &flow["step"]["kind"]), (&json!(id), &json!("email-code")));
        // As people type it.
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        let reply = answer(&mut browser, &id, "email-code", json!({ "code": spaced })).await.expect(200);
        assert_eq!(reply.json()["step"]["kind"], "profile");
        answer(&mut browser, &id, "email-code", json!({ "code": code })).await.refused(409, "wrong_step");
    }
}

async fn flow_is_open(browser: &mut Browser, id: &str) -> bool {
    let call =
        crate::harness::Call::new("GET", &format!("/v1/auth/flows/{id}")).header("x-csrf", "1");
    browser.send(call).await.code() == 200
}

#[tokio::test]
async fn a_flow_ends_after_ten_minutes() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let (id, code) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    app.clock.advance_s(600);
    answer(&mut browser, &id, "email-code", json!({ "code": code }))
        .await
        .refused(410, "expired");
    assert!(!flow_is_open(&mut browser, &id).await);
}

#[tokio::test]
async fn a_finished_flow_is_over() {
    let app = TestApp::sqlite().await;
    app.signup("ana@x.test").await;
    let mut browser = app.browser();
    let (id, code) = app
        .asked_for_code(&mut browser, "login", "ana@x.test")
        .await;
    answer(&mut browser, &id, "email-code", json!({ "code": code }))
        .await
        .expect(200);
    answer(&mut browser, &id, "email-code", json!({ "code": code }))
        .await
        .refused(410, "expired");
}

#[tokio::test]
async fn an_old_code_is_over_and_another_can_be_had() {
    let tables = "[flow]\ncode_ttl = \"60s\"".to_owned();
    let app = TestApp::sqlite_with(Options {
        tables,
        ..Options::default()
    })
    .await;
    let mut browser = app.browser();
    let (id, code) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    app.clock.advance_s(61);
    answer(&mut browser, &id, "email-code", json!({ "code": code }))
        .await
        .refused(422, "invalid_credentials");
    answer(&mut browser, &id, "email-code", json!({}))
        .await
        .expect(200);
    let newer = app.code_for("ana@x.test").await;
    answer(&mut browser, &id, "email-code", json!({ "code": newer }))
        .await
        .expect(200);
}

#[tokio::test]
async fn another_code_replaces_the_first_but_not_too_soon() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let (id, first) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    let early = answer(&mut browser, &id, "email-code", json!({ "resend": true }))
        .await
        .expect(200)
        .json();
    assert_eq!(early["step"]["kind"], "email-code");
    assert_eq!(
        app.mails_to("ana@x.test").await.len(),
        1,
        "too soon: nothing is sent"
    );
    app.clock.advance_s(31);
    answer(&mut browser, &id, "email-code", json!({ "resend": true }))
        .await
        .expect(200);
    assert_eq!(app.mails_to("ana@x.test").await.len(), 2);
    let second = app.code_for("ana@x.test").await;
    if first != second {
        answer(&mut browser, &id, "email-code", json!({ "code": first }))
            .await
            .refused(422, "invalid_credentials");
    }
    answer(&mut browser, &id, "email-code", json!({ "code": second }))
        .await
        .expect(200);
}

#[tokio::test]
async fn mails_to_one_address_are_limited_without_a_word() {
    let limits =
        "network_factor = 1000\nfailures_per_account = 1000\nmails_per_address = 2".to_owned();
    let app = TestApp::sqlite_with(Options {
        limits,
        ..Options::default()
    })
    .await;
    let mut browser = app.browser();
    let mut shapes = Vec::new();
    for _ in 0..4 {
        let flow = app
            .begin(
                &mut browser,
                json!({ "purpose": "signup", "username": "ana@x.test" }),
            )
            .await;
        let id = flow["id"].as_str().expect("an id");
        shapes.push(
            answer(&mut browser, id, "email-code", json!({}))
                .await
                .expect(200)
                .json()["step"]
                .clone(),
        );
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
    assert_eq!(app.mails_to("ana@x.test").await.len(), 2);
}

#[tokio::test]
async fn wrong_answers_for_one_account_are_limited_across_flows_and_networks() {
    let limits =
        "network_factor = 1000\nfailures_per_account = 3\nmails_per_address = 1000".to_owned();
    let app = TestApp::sqlite_with(Options {
        limits,
        ..Options::default()
    })
    .await;
    app.signup("ana@x.test").await;
    for round in 0..4u8 {
        let mut browser = app.browser().at_address([192, 0, 2, round]);
        let (id, code) = app
            .asked_for_code(&mut browser, "login", "ana@x.test")
            .await;
        let reply = answer(
            &mut browser,
            &id,
            "email-code",
            json!({ "code": wrong(&code) }),
        )
        .await;
        if round < 3 {
            reply.refused(422, "invalid_credentials");
        } else {
            let reply = reply.refused(429, "rate_limited");
            let seconds: u64 = reply.header("retry-after").parse().expect("seconds");
            assert!((1..=3600).contains(&seconds));
        }
    }
}

#[tokio::test]
async fn one_network_is_limited_and_others_are_not() {
    let limits =
        "flows_per_network = 5\nanswers_per_network = 5\ncallbacks_per_network = 5".to_owned();
    let app = TestApp::sqlite_with(Options {
        limits,
        ..Options::default()
    })
    .await;
    let mut browser = app.browser();
    let mut last = None;
    for _ in 0..5 {
        last = Some(
            browser
                .post("/v1/auth/flows", json!({}))
                .await
                .expect(201)
                .json(),
        );
    }
    let reply = browser
        .post("/v1/auth/flows", json!({}))
        .await
        .refused(429, "rate_limited");
    let seconds: i64 = reply.header("retry-after").parse().expect("seconds");
    let id = last.expect("a flow")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for _ in 0..5 {
        answer(&mut browser, &id, "password", json!({}))
            .await
            .refused(409, "wrong_step");
    }
    answer(&mut browser, &id, "password", json!({}))
        .await
        .refused(429, "rate_limited");
    let mut elsewhere = app.browser().at_address([198, 51, 100, 1]);
    elsewhere
        .post("/v1/auth/flows", json!({}))
        .await
        .expect(201);
    app.clock.advance_s(seconds);
    browser.post("/v1/auth/flows", json!({})).await.expect(201);
}
