//! The login core under seeded schedules: two nodes on one store, whose clock, randomness and provider
//! are the test's. A seed chooses what happens next: sign-ins, uses, refreshes, sign-outs, repeats of what
//! was used, a slow or failing provider, time, and nodes that die in the middle of an answer. After each
//! step the rules hold that nobody may break.
//!
//! A seed that fails is told with its steps; `LANEWAY_SOAK_SEED` repeats it, and it goes into [`KEPT`].
//! What a seed chooses is the same in each run; at which wait a node dies depends a little on how fast
//! the database answers.

mod cut;
mod endings;
mod entry;
mod rules;
mod script;
mod tokens;
mod world;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use laneway_sqlkit::q;

use crate::harness::soak::{factor, measured};
use crate::harness::{TestApp, postgres_url};
use script::{Dice, Step};
use world::World;

/// Seeds that have failed before, with what they found.
const KEPT: &[u64] = &[
    // Somebody is disabled while their provider wants to be asked less.
    25,
];
/// Seeds on each engine in a short run; a long one has a hundred times as many, or as many as fit.
const SEEDS: u64 = 10;
const STEPS: usize = 40;
const LONG: Duration = Duration::from_secs(150);

#[tokio::test]
async fn no_schedule_breaks_the_rules_on_sqlite() {
    run("SQLite", 0, async || Some(TestApp::sqlite().await)).await;
}

#[tokio::test]
async fn no_schedule_breaks_the_rules_on_postgresql() {
    if postgres_url().is_some() {
        run("PostgreSQL", 1_000_000, TestApp::postgres).await;
    }
}

fn seeds(first: u64) -> Vec<u64> {
    if let Ok(text) = std::env::var("LANEWAY_SOAK_SEED") {
        return vec![text.parse().expect("LANEWAY_SOAK_SEED is a number")];
    }
    let many = if factor() > 1 { 100 * SEEDS } else { SEEDS };
    KEPT.iter()
        .copied()
        .chain(first + 1..=first + many)
        .collect()
}

async fn run(engine: &str, first: u64, app: impl AsyncFn() -> Option<TestApp>) {
    let (begun, mut done, mut deaths, mut steps) = (Instant::now(), 0, 0, 0);
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in seeds(first) {
        if begun.elapsed() > LONG {
            break;
        }
        let app = app().await.expect("a program");
        let world = simulate(seed, app).await;
        (done, deaths) = (done + 1, deaths + world.deaths);
        steps += STEPS;
        for (what, count) in &world.tally {
            *tally.entry(what).or_default() += count;
        }
    }
    measured(&format!(
        "{engine}: {done} seeds of the simulation, {steps} steps, {deaths} nodes died: no rule broken, {} s; {tally:?}",
        begun.elapsed().as_secs()
    ));
    // A rule that nothing tried has not been kept.
    let tried = [
        "lives",
        "ended",
        "not heard of yet",
        "repeated in vain",
        "refreshed",
    ];
    assert!(
        done < SEEDS || tried.iter().all(|what| tally.contains_key(what)),
        "{tally:?}"
    );
}

async fn simulate(seed: u64, app: TestApp) -> World {
    let mut dice = Dice::new(seed);
    let mut world = World::new(seed, app, &mut dice).await;
    for _ in 0..STEPS {
        let step = script::choose(&mut dice, &world);
        world.history.add(&step);
        world.does(step).await;
        rules::hold(&world).await;
    }
    world.settles().await;
    rules::hold(&world).await;
    world.history.over();
    world
}

/// The rules can be broken: each of these is noticed.
#[tokio::test]
async fn what_breaks_a_rule_is_noticed() {
    for (what, breaks) in [
        ("a session without a cookie", "DELETE FROM session_cookies"),
        ("a person without a link", "DELETE FROM identity_links"),
        (
            "a sign-in without exactly one event",
            "DELETE FROM audit_events WHERE type = 'login.completed'",
        ),
        ("a session is lost", "UPDATE sessions SET ended_at = 1"),
    ] {
        let mut world = World::new(2, TestApp::sqlite().await, &mut Dice::new(2)).await;
        let entered = Step::SignIn {
            person: 0,
            node: 0,
            dies: None,
        };
        world.does(entered).await;
        rules::hold(&world).await;
        let mut tx = world.nodes[0].core().db.begin().await.expect("begun");
        q(breaks).run(&mut tx).await.expect("broken");
        tx.commit().await.expect("committed");
        let broken = AssertUnwindSafe(async {
            rules::hold(&world).await;
            let used = Step::Use {
                session: 0,
                node: 1,
            };
            world.does(used).await;
        });
        let told = broken.catch_unwind().await.expect_err("noticed");
        let told = told.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(told.contains(what), "{what}: {told}");
    }
}
