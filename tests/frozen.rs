//! The store stands still (SIGSTOP of every process of a PostgreSQL server of our own): for
//! as long as a node may trust its cache it answers from it, then nobody is let in, and
//! nobody is told that they are signed out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::harness::app::Options;
use crate::harness::soak::measured;
use crate::harness::{APP, Browser, Call, Cluster, LOGIN, Reply, TestApp, new_database, until};

/// The default of `revocation.bound`.
const BOUND: Duration = Duration::from_secs(5);
/// How long the store stands still.
const FROZEN: Duration = Duration::from_secs(9);
/// An answer may take so long: the deadline of a statement, and a little.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a call got, and when, counted from the freeze.
struct Seen {
    what: &'static str,
    asked: Duration,
    answered: Duration,
    reply: Reply,
}

/// Asks again and again, without waiting for answers, until the store has stood still for
/// [`FROZEN`].
async fn ask_all_along(calls: &[(&'static str, Call)], browser: &Browser) -> Vec<Seen> {
    let frozen = Instant::now();
    let mut tasks = Vec::new();
    while frozen.elapsed() < FROZEN {
        for (what, call) in calls {
            let (mut browser, call, what) = (browser.clone(), call.clone(), *what);
            tasks.push(tokio::spawn(async move {
                let asked = frozen.elapsed();
                let reply = browser.send(call).await;
                let answered = frozen.elapsed();
                Seen {
                    what,
                    asked,
                    answered,
                    reply,
                }
            }));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut seen = Vec::with_capacity(tasks.len());
    for task in tasks {
        seen.push(task.await.expect("an answer"));
    }
    seen
}

/// Either what is known, within the bound, or "come back later"; nothing else, ever.
fn judge(seen: &Seen) {
    let Seen { what, asked, .. } = seen;
    let reply = &seen.reply;
    let took = seen.answered.saturating_sub(*asked);
    assert!(took < PATIENCE, "{what} asked at {asked:?} took {took:?}");
    if reply.code() == 200 {
        // When it was answered says how busy the machine is: what counts is that nobody who
        // asks after the bound gets in.
        assert!(*asked <= BOUND, "{what}: a 200 asked for at {asked:?}");
        return;
    }
    let found = (reply.code(), reply.problem());
    let wanted = (503, "store_unavailable".to_owned());
    assert_eq!(found, wanted, "{what} asked at {asked:?}: {}", reply.text());
    let seconds: u64 = reply.header("retry-after").parse().expect("Retry-After");
    assert!((1..=60).contains(&seconds), "{what}: {seconds}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_frozen_store_lets_nobody_in_after_the_bound_and_signs_nobody_out() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let database = new_database(&cluster.url()).await;
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::on(&database, &options).await;
    let _jobs = app.jobs();
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    let before = browser.me().await;
    let calls = [
        ("user", Call::new("GET", "/bff/user")),
        ("app", Call::new("GET", &format!("{APP}/bff/user"))),
        (
            "proxy",
            Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1"),
        ),
        ("flow", Call::api("POST", "/v1/auth/flows", &json!({}))),
    ];
    for (_, call) in &calls[..3] {
        browser.send(call.clone()).await.expect(200);
    }
    let mut ops = Browser::new(app.app.ops.clone());
    ops.get("/readyz").await.expect(200);

    cluster.signal("STOP");
    let (seen, readiness) = tokio::join!(ask_all_along(&calls, &browser), async {
        tokio::time::sleep(BOUND).await;
        ops.get("/readyz").await.code()
    });
    let nobody = app.browser().send(calls[0].1.clone()).await;
    cluster.signal("CONT");
    let thawed = Instant::now();

    for one in &seen {
        judge(one);
    }
    tell(&seen);
    for what in ["user", "app", "proxy"] {
        let of = |status| {
            let all = seen.iter().filter(move |one| one.what == what);
            all.filter(|one| one.reply.code() == status).count()
        };
        assert!(
            of(200) > 0,
            "{what} was answered from the cache for a while"
        );
        assert!(of(503) > 0, "{what} was refused in the end");
    }
    assert_eq!(readiness, 503, "the balancer is told");
    // Which hosts there are is known from the store too.
    nobody.refused(503, "store_unavailable");

    until(20, "the session lives again", || {
        let mut browser = browser.clone();
        async move { (browser.user(LOGIN).await.code() == 200).then_some(()) }
    })
    .await;
    assert_eq!(browser.me().await["sid"], before["sid"]);
    browser.send(calls[2].1.clone()).await.expect(200);
    app.login("ana@x.test").await.user(LOGIN).await.expect(200);
    ops.get("/readyz").await.expect(200);
    let back = thawed.elapsed().as_millis();
    measured(&format!(
        "all is well again {back} ms after the store goes on"
    ));
}

fn tell(seen: &[Seen]) {
    let good = seen.iter().filter(|one| one.reply.code() == 200);
    let last = good.map(|one| one.answered).max().unwrap_or_default();
    let refused = seen.iter().filter(|one| one.reply.code() == 503);
    let slowest = refused.map(|one| one.answered.saturating_sub(one.asked));
    let slowest = slowest.max().unwrap_or_default();
    let mut counts: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    for one in seen {
        *counts.entry((one.what, one.reply.code())).or_default() += 1;
    }
    measured(&format!(
        "store frozen: last 200 after {} ms, slowest 503 took {} ms, {counts:?}",
        last.as_millis(),
        slowest.as_millis()
    ));
}
