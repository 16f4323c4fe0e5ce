//! `kill -9` at any point of a sign-up and a sign-in: nothing half, and the next try works.

use std::time::{Duration, Instant};

use laneway_contract::Random as _;
use laneway_fake::SeededRandom;
use laneway_sqlkit::{Db, q};

use crate::harness::soak::{factor, measured};
use crate::harness::{Node, new_database, postgres_url};

/// Kills on the way, times the factor of a long run.
const POINTS: u32 = 20;
const UNDISTURBED: [&str; 2] = ["first@x.test", "second@x.test"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_leaves_nothing_half_on_sqlite() {
    torture(Node::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_leaves_nothing_half_on_postgresql() {
    let Some(server) = postgres_url() else { return };
    torture(Node::on(new_database(&server).await).await).await;
}

/// Another one in each run; the one that failed is told, and `LANEWAY_SOAK_SEED` repeats its points.
pub fn seed() -> u64 {
    let given = std::env::var("LANEWAY_SOAK_SEED").ok();
    let seed = given.map_or_else(
        // Which process this is differs from run to run.
        || u64::from(std::process::id()),
        |text| text.parse().expect("LANEWAY_SOAK_SEED is a number"),
    );
    eprintln!("seed {seed}");
    seed
}

async fn torture(mut node: Node) {
    // The first run of all warms the database too; the others take as long as the second.
    let mut whole = Duration::MAX;
    for email in UNDISTURBED {
        let begun = Instant::now();
        both_ways(&node, email).await.expect("an undisturbed run");
        whole = whole.min(begun.elapsed());
        node.kill();
        node.start().await;
    }
    let points = POINTS * u32::try_from(factor()).expect("a small factor");
    let seed = seed();
    let dice = SeededRandom::new(seed);
    let mut killed_inside = 0;
    for point in 0..points {
        let email = format!("p{point}@x.test");
        let mut bytes = [0; 4];
        dice.fill(&mut bytes);
        // One point in each of as many equal parts of the way.
        let within = u32::from_le_bytes(bytes) % 1000;
        let at = whole * (point * 1000 + within) / (points * 1000);
        let outcome = tokio::time::timeout(at, both_ways(&node, &email)).await;
        node.kill();
        killed_inside += u32::from(outcome.is_err());
        node.start().await;
        check(&node).await;
        let begun = Instant::now();
        both_ways(&node, &email)
            .await
            .unwrap_or_else(|error| panic!("seed {seed}, killed after {at:?}, then: {error}"));
        // The machine may have less to do by now.
        whole = whole.min(begun.elapsed());
        check(&node).await;
    }
    measured(&format!(
        "killed {points} times, {killed_inside} of them at work: nothing half"
    ));
    assert!(
        killed_inside * 4 >= points * 3,
        "killed at work only {killed_inside} times"
    );
    assert_one_person_each(&node, points).await;
}

/// Signs up, or in where the account exists since an earlier try, and then in again.
async fn both_ways(node: &Node, email: &str) -> Result<(), String> {
    let mut visitor = node.visitor(email);
    let first = match visitor.sign_in("signup").await {
        Ok(cookie) => cookie,
        // Whoever has an account already gets no code by signing up.
        Err(error) if error == "no code" || error.starts_with("422") => {
            node.visitor(email).sign_in("login").await?
        }
        Err(error) => return Err(error),
    };
    let second = node.visitor(email).sign_in("login").await?;
    let (one, two) = (visitor.user(&first).await?, visitor.user(&second).await?);
    if one.0 != 200 || two.0 != 200 || one.1["sub"] != two.1["sub"] {
        return Err(format!("{one:?} {two:?}"));
    }
    Ok(())
}

/// What must hold after any crash.
pub async fn check(node: &Node) {
    let db = Db::connect(node.database())
        .await
        .expect("the database opens");
    for (what, sql) in [
        (
            "a session without its person",
            "SELECT COUNT(*) AS n FROM sessions s WHERE NOT EXISTS \
            (SELECT 1 FROM users u WHERE u.tenant_id = s.tenant_id AND u.id = s.user_id)",
        ),
        (
            "a cookie without its session",
            "SELECT COUNT(*) AS n FROM session_cookies c WHERE NOT EXISTS \
            (SELECT 1 FROM sessions s WHERE s.tenant_id = c.tenant_id AND s.sid = c.sid)",
        ),
        (
            "a session without a cookie",
            "SELECT COUNT(*) AS n FROM sessions s WHERE s.app_id IS NULL AND NOT EXISTS \
            (SELECT 1 FROM session_cookies c WHERE c.tenant_id = s.tenant_id AND c.sid = s.sid)",
        ),
        (
            "a person without a link",
            "SELECT COUNT(*) AS n FROM users u WHERE NOT EXISTS \
            (SELECT 1 FROM identity_links l WHERE l.tenant_id = u.tenant_id AND l.user_id = u.id)",
        ),
        (
            "a person without a proven address",
            "SELECT COUNT(*) AS n FROM users u WHERE NOT EXISTS \
            (SELECT 1 FROM identity_links l WHERE l.user_id = u.id AND l.kind = 'email' AND l.subject = u.email)",
        ),
        (
            "a person without an event",
            "SELECT COUNT(*) AS n FROM users u WHERE NOT EXISTS \
            (SELECT 1 FROM audit_events e WHERE e.type = 'user.created' AND e.target = 'user:' || u.id)",
        ),
        (
            "a session without an event",
            "SELECT COUNT(*) AS n FROM sessions s WHERE NOT EXISTS \
            (SELECT 1 FROM audit_events e WHERE e.type = 'login.completed' AND e.target = 'user:' || s.user_id)",
        ),
        (
            "a person without an account",
            "SELECT COUNT(*) AS n FROM users u WHERE NOT EXISTS \
            (SELECT 1 FROM embedded_accounts a WHERE a.tenant_id = u.tenant_id AND a.subject = u.id)",
        ),
    ] {
        let count: i64 = q(sql)
            .one(&db)
            .await
            .expect("an answer")
            .get("n")
            .expect("a number");
        assert_eq!(count, 0, "{what}");
    }
    db.close().await;
}

/// The next try adopted what a dead one had left at the provider.
async fn assert_one_person_each(node: &Node, points: u32) {
    let db = Db::connect(node.database())
        .await
        .expect("the database opens");
    let counts = q("SELECT (SELECT COUNT(*) FROM users) AS people, \
                    (SELECT COUNT(DISTINCT email) FROM users) AS addresses, \
                    (SELECT COUNT(*) FROM embedded_accounts) AS accounts");
    let row = counts.one(&db).await.expect("an answer");
    let number = |name: &str| row.get::<i64>(name).expect("a number");
    let wanted = i64::from(points) + 2;
    assert_eq!(
        (number("people"), number("addresses"), number("accounts")),
        (wanted, wanted, wanted)
    );
    db.close().await;
}
