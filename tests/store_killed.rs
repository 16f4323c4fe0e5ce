//! The database server is killed (`kill -9` of all of its processes) while people sign up: what was
//! answered is there afterwards, nothing is half, and the program goes on by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use laneway_sqlkit::{Db, q};
use tokio::task::JoinSet;

use crate::crash;
use crate::harness::node::Visitor;
use crate::harness::soak::{factor, measured};
use crate::harness::{Cluster, Node, new_database, until};

/// So many people sign up at a time.
const CROWD: usize = 3;
/// They are at it for so long before each kill.
const WORK: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_database_has_all_that_was_answered_and_nothing_half() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let node = Arc::new(Node::on(new_database(&cluster.url()).await).await);
    let over = Arc::new(AtomicBool::new(false));
    let mut crowd = JoinSet::new();
    for place in 0..CROWD {
        crowd.spawn(sign_up(node.clone(), place, over.clone()));
    }
    let (kills, tries) = (factor(), AtomicUsize::new(0));
    // Five seconds are promised; beside other tests each of the steps has to wait for its turn.
    let patience = if kills > 1 { 5 } else { 30 };
    let mut slowest = Duration::ZERO;
    for _ in 0..kills {
        tokio::time::sleep(WORK).await;
        cluster.crash().await;
        let back = Instant::now();
        let again = || async {
            let place = tries.fetch_add(1, Ordering::Relaxed);
            let mut visitor = node.visitor(&format!("again{place}@x.test"));
            visitor.sign_in("signup").await.ok()
        };
        until(patience, "somebody gets in again", again).await;
        slowest = slowest.max(back.elapsed());
    }
    over.store(true, Ordering::Relaxed);
    let known: Vec<(Visitor, String)> = crowd.join_all().await.into_iter().flatten().collect();
    for (visitor, cookie) in &known {
        let (status, user) = visitor.user(cookie).await.expect("an answer");
        assert_eq!(
            (status, user["email"].as_str()),
            (200, Some(visitor.email()))
        );
    }
    crash::check(&node).await;
    assert_one_account_each(&node).await;
    let ms = slowest.as_millis();
    measured(&format!(
        "database killed {kills} times under load: {} sign-ups that were answered are there, somebody \
         gets in again after at most {ms} ms",
        known.len()
    ));
    assert!(known.len() >= kills, "only {} got in", known.len());
}

/// Signs up one person after the other; those who were told that they are in.
async fn sign_up(node: Arc<Node>, place: usize, over: Arc<AtomicBool>) -> Vec<(Visitor, String)> {
    let mut known = Vec::new();
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let mut visitor = node.visitor(&format!("p{place}-{number}@x.test"));
        match visitor.sign_in("signup").await {
            Ok(cookie) => known.push((visitor, cookie)),
            // Nobody asks in a loop what is away.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    known
}

async fn assert_one_account_each(node: &Node) {
    let db = Db::connect(node.database()).await.expect("it opens");
    let counts = q("SELECT COUNT(*) AS people, COUNT(DISTINCT email) AS addresses FROM users");
    let row = counts.one(&db).await.expect("an answer");
    let number = |name: &str| row.get::<i64>(name).expect("a number");
    assert_eq!(number("people"), number("addresses"));
    db.close().await;
}
