//! Fifty at once against two nodes on one PostgreSQL: exactly one wins, and the others are
//! told so with a refusal of the caller's, not a failure of ours.

use std::collections::BTreeMap;

use laneway_sqlkit::q;
use serde_json::json;

use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp};

const MANY: usize = 50;

/// Two nodes that follow each other's changes; `None` without a server.
async fn two_nodes() -> Option<[TestApp; 2]> {
    let first = TestApp::postgres().await?;
    let second = first.second().await;
    Some([first, second])
}

/// The same call by the same browser, many times at once, on both nodes in turn; every
/// answer with the cookies that the browser has after it.
async fn all_at_once(
    browser: &Browser,
    nodes: &[TestApp; 2],
    call: &Call,
) -> Vec<(Reply, Browser)> {
    let tasks = (0..MANY).map(|number| {
        let mut copy = browser.towards(&nodes[number % 2].app.router);
        let call = call.clone();
        tokio::spawn(async move {
            let reply = copy.send(call).await;
            (reply, copy)
        })
    });
    let mut answers = Vec::with_capacity(MANY);
    for task in tasks.collect::<Vec<_>>() {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// The one answer with this status; every other is one of these refusals, or "the store is
/// busy, come back": fifty at once may be more than a small machine's store takes.
#[track_caller]
fn only(status: u16, refusals: &[(u16, &str)], answers: Vec<(Reply, Browser)>) -> (Reply, Browser) {
    let mut counts: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for (reply, _) in &answers {
        *counts.entry((reply.code(), reply.problem())).or_default() += 1;
    }
    let mut winners: Vec<_> = answers
        .into_iter()
        .filter(|(reply, _)| reply.code() == status)
        .collect();
    assert_eq!(winners.len(), 1, "{counts:?}");
    for (code, problem) in counts.keys().filter(|(code, _)| *code != status) {
        assert!(
            refusals.contains(&(*code, problem.as_str()))
                || (*code, problem.as_str()) == (503, "store_unavailable"),
            "{code} {problem} is no answer for a loser: {counts:?}"
        );
    }
    winners.remove(0)
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    let row = q(sql).optional(&app.core().db).await.expect("an answer");
    row.expect("a row").get("n").expect("a number")
}

const SESSIONS: &str = "SELECT COUNT(*) AS n FROM sessions WHERE ended_at IS NULL";

/// Answers to a step that somebody else has just answered.
const TOO_LATE: &[(u16, &str)] = &[
    (409, "conflict"),
    (409, "wrong_step"),
    (410, "expired"),
    (422, "invalid_credentials"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_signs_in_once() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let app = &nodes[0];
    app.signup("ana@x.test").await;
    for round in 1..=5 {
        let before = count(app, SESSIONS).await;
        let mut browser = app.browser();
        let (flow, code) = app
            .asked_for_code(&mut browser, "login", "ana@x.test")
            .await;
        let path = format!("/v1/auth/flows/{flow}/email-code");
        let call = Call::api("POST", &path, &json!({ "code": code }));
        let answers = all_at_once(&browser, &nodes, &call).await;
        let (reply, mut winner) = only(200, TOO_LATE, answers);
        assert_eq!(reply.json()["state"], "done", "round {round}");
        assert_eq!(count(app, SESSIONS).await, before + 1, "round {round}");
        winner.user(LOGIN).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_signs_up_once() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let app = &nodes[0];
    let mut browser = app.browser();
    let (flow, code) = app
        .asked_for_code(&mut browser, "signup", "ana@x.test")
        .await;
    let steps = [
        ("email-code", json!({ "code": code }), "profile"),
        ("profile", json!({ "name": "Ana" }), "enrol"),
    ];
    for (kind, body, next) in steps {
        let path = format!("/v1/auth/flows/{flow}/{kind}");
        let answers = all_at_once(&browser, &nodes, &Call::api("POST", &path, &body)).await;
        let (reply, _) = only(200, TOO_LATE, answers);
        assert_eq!(reply.json()["step"]["kind"], next);
    }
    let path = format!("/v1/auth/flows/{flow}/enrol");
    let skip = Call::api("POST", &path, &json!({ "skip": true }));
    let answers = all_at_once(&browser, &nodes, &skip).await;
    let (_, mut winner) = only(200, TOO_LATE, answers);
    winner.user(LOGIN).await.expect(200);
    assert_eq!(count(app, "SELECT COUNT(*) AS n FROM users").await, 1);
    assert_eq!(count(app, SESSIONS).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_ticket_enters_once() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let app = &nodes[0];
    let mut browser = app.signup("ana@x.test").await;
    let start = browser.get(&format!("{APP}/.laneway/start?rd=/")).await;
    let issued = browser.get(start.expect(303).location()).await.expect(303);
    let call = Call::new("GET", issued.location());
    let answers = all_at_once(&browser, &nodes, &call).await;
    let (reply, mut winner) = only(303, &[(410, "expired")], answers);
    assert_eq!(reply.location(), "/");
    winner.user(APP).await.expect(200);
    let cookies = "SELECT COUNT(*) AS n FROM session_cookies WHERE host = 'app.test'";
    assert_eq!(count(app, cookies).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_answer_of_a_provider_signs_in_once() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let id = first.add_fake().await;
    let path = format!("/v1/admin/upstreams/{id}");
    first
        .admin("PATCH", &path, json!({ "role": "primary" }))
        .await
        .expect(200);
    first
        .fake
        .put(laneway_fake::Person::new("sub-ana", "ana@corp.test"));
    let second = first.second().await;
    let nodes = [first, second];
    let app = &nodes[0];
    for round in 1..=5 {
        let before = count(app, SESSIONS).await;
        let mut browser = app.browser();
        let start = browser
            .get("/federation/corp/start?return_to=/account")
            .await
            .expect(303);
        let authorize = start.location().parse().expect("an address");
        let params = app.fake.callback_params("sub-ana", &authorize);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish();
        let call = Call::new("GET", &format!("/federation/callback/corp?{query}"));
        let answers = all_at_once(&browser, &nodes, &call).await;
        let (reply, mut winner) = only(303, TOO_LATE, answers);
        assert_eq!(reply.location(), "/account", "round {round}");
        assert_eq!(count(app, SESSIONS).await, before + 1, "round {round}");
        winner.user(LOGIN).await.expect(200);
    }
    assert_eq!(count(app, "SELECT COUNT(*) AS n FROM users").await, 1);
}
