//! Fifty copies of one password answer, app code or recovery code against two nodes on one
//! PostgreSQL: one session comes of it.

use serde_json::{Value, json};

use crate::harness::{Browser, TestApp, answer};

const MANY: usize = 50;

async fn two_nodes() -> Option<[TestApp; 2]> {
    let first = TestApp::postgres().await?;
    let second = first.second().await;
    Some([first, second])
}

/// Browsers that have all typed the right password and are asked for the app.
async fn waiting(nodes: &[TestApp; 2]) -> Vec<(Browser, String)> {
    let mut all = Vec::new();
    for number in 0..MANY {
        let mut browser = nodes[0].browser().towards(&nodes[number % 2].app.router);
        let flow = nodes[0].by_password(&mut browser, "ana@x.test").await;
        assert_eq!(flow["step"]["kind"], "totp");
        all.push((browser, flow["id"].as_str().expect("an id").to_owned()));
    }
    all
}

async fn winners(all: Vec<(Browser, String)>, kind: &'static str, body: Value) -> usize {
    let tasks = all.into_iter().map(|(mut browser, id)| {
        let body = body.clone();
        tokio::spawn(async move {
            loop {
                let reply = answer(&mut browser, &id, kind, body.clone()).await;
                // A store with its hands full says so; a client comes back then.
                if reply.problem() != "store_unavailable"
                    && reply.problem() != "upstream_unavailable"
                {
                    return reply.code();
                }
            }
        })
    });
    let mut won = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.expect("an answer") {
            200 => won += 1,
            422 => {}
            other => panic!("{other} is no answer for a loser"),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_opens_one_of_fifty_sign_ins() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let app = &nodes[0];
    app.passwords_on().await;
    app.person("ana@x.test").await;
    let mut browser = app.browser();
    app.by_password(&mut browser, "ana@x.test").await;
    let (shown, codes) = app.set_up_app(&mut browser).await;
    let all = waiting(&nodes).await;
    let code = json!({ "code": app.shown_by(&shown) });
    assert_eq!(winners(all, "totp", code).await, 1);
    let all = waiting(&nodes).await;
    let code = json!({ "code": codes[0] });
    assert_eq!(winners(all, "recovery-code", code).await, 1);
}
