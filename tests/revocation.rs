//! A session that ends on one node is dead on the other within the bound.

use std::time::Duration;

use laneway::core::hash_token;
use laneway::domain::Sid;
use laneway::domain::session::Session;
use laneway::store::sessions;
use serde_json::json;
use tokio::time::Instant;

use crate::harness::rows::{db, session};
use crate::harness::soak::{Spread, factor, measured};
use crate::harness::{Browser, Call, LOGIN, TestApp, until};

/// The default of `revocation.bound`.
const GATE: Duration = Duration::from_secs(5);
const SESSIONS: usize = 200;
/// So many sessions end at once.
const WORKERS: usize = 8;

/// Further sessions of a person, as sign-ins would have made them; their browsers.
async fn sessions_of(app: &TestApp, user: &str, many: usize) -> Vec<(Session, Browser)> {
    let tenant = app.tenant().await.id;
    let mut tx = db(app).begin().await.expect("a transaction");
    let mut made = Vec::with_capacity(many);
    for number in 0..many {
        let row = session(&format!("sid-{number}"), &tenant, user);
        let row = Session {
            sid: Sid(app.core().new_id()),
            ..row
        };
        sessions::create(&mut tx, &row).await.expect("a session");
        let (cookie, _) = app.core().new_token();
        let hash = hash_token(cookie.expose());
        sessions::add_cookie(
            &mut tx,
            &tenant,
            &row.sid,
            "login.test",
            &hash,
            row.created_at,
        )
        .await
        .expect("a cookie");
        let mut browser = app.browser();
        browser.set_cookie(LOGIN, "__Host-lw", cookie.expose());
        made.push((row, browser));
    }
    tx.commit().await.expect("a commit");
    made
}

/// Ends a session on one node, in one of three ways; how long the other went on with it,
/// counted from before the ending was asked for.
async fn end_one(mut here: Browser, mut there: Browser, sid: Sid, way: usize) -> Duration {
    there.user(LOGIN).await.expect(200);
    let asked = Instant::now();
    match way % 2 {
        0 => {
            let logout = Call::api("POST", "/bff/logout", &json!({}));
            here.send(logout).await.expect(200);
        }
        _ => {
            let own = Call::api("DELETE", &format!("/v1/me/sessions/{sid}"), &json!({}));
            here.send(own).await.expect(204);
        }
    }
    loop {
        let reply = there.user(LOGIN).await;
        let took = asked.elapsed();
        if reply.code() == 401 {
            return took;
        }
        reply.expect(200);
        assert!(took < GATE, "still alive on the other node after {took:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_reaches_the_other_node_within_the_bound() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = (first.jobs(), second.jobs());
    let mut ana = first.signup("ana@x.test").await;
    let user = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let many = SESSIONS * factor();
    let all = sessions_of(&first, &user, many).await;
    let mut queues: Vec<Vec<(usize, Session, Browser)>> = vec![Vec::new(); WORKERS];
    for (number, (row, browser)) in all.into_iter().enumerate() {
        queues[number % WORKERS].push((number / WORKERS, row, browser));
    }
    let workers = queues.into_iter().map(|queue| {
        let router = second.app.router.clone();
        tokio::spawn(async move {
            let mut took = Vec::with_capacity(queue.len());
            for (number, row, here) in queue {
                let there = here.towards(&router);
                took.push(end_one(here, there, row.sid, number).await);
            }
            took
        })
    });
    let mut took = Vec::with_capacity(many);
    for worker in workers.collect::<Vec<_>>() {
        took.extend(worker.await.expect("a worker's times"));
    }
    assert_eq!(took.len(), many);
    let spread = Spread::of(took);
    measured(&format!(
        "{many} revocations across two nodes: {}",
        spread.told()
    ));
    assert!(spread.max < GATE, "{spread:?}");
    // Nobody else was signed out.
    ana.towards(&second.app.router)
        .user(LOGIN)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn disabling_a_person_ends_all_their_sessions_on_the_other_node() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = (first.jobs(), second.jobs());
    let mut ana = first.signup("ana@x.test").await;
    let mut bob = first.signup("bob@x.test").await.towards(&second.app.router);
    let user = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let mut there: Vec<Browser> = Vec::new();
    for (_, browser) in sessions_of(&first, &user, 50).await {
        let mut browser = browser.towards(&second.app.router);
        browser.user(LOGIN).await.expect(200);
        there.push(browser);
    }
    bob.user(LOGIN).await.expect(200);
    let asked = Instant::now();
    let path = format!("/v1/admin/users/{user}");
    first
        .admin("PATCH", &path, json!({ "state": "disabled" }))
        .await
        .expect(200);
    for browser in there {
        until(5, "the session is dead there too", || {
            let mut browser = browser.clone();
            async move { (browser.user(LOGIN).await.code() == 401).then_some(()) }
        })
        .await;
    }
    let took = asked.elapsed();
    measured(&format!(
        "50 sessions of a disabled person, all dead on the other node: {} ms",
        took.as_millis()
    ));
    assert!(took < GATE, "{took:?}");
    bob.user(LOGIN).await.expect(200);
}
