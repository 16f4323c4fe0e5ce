//! What a `kill -9` may leave behind, caught on purpose: an account at the embedded provider
//! whose person was never made, and a session whose cookie had just been answered.

use laneway_sqlkit::{Db, q};

use crate::harness::soak::{factor, measured};
use crate::harness::{Node, new_database, postgres_url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_its_person_is_adopted_by_the_next_try_on_sqlite() {
    adopt(Node::on_sqlite().await, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_its_person_is_adopted_by_the_next_try_on_postgresql() {
    let Some(server) = postgres_url() else { return };
    adopt(Node::on(new_database(&server).await).await, "PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_answered_outlives_the_program_on_sqlite() {
    outlive(Node::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_answered_outlives_the_program_on_postgresql() {
    let Some(server) = postgres_url() else { return };
    outlive(Node::on(new_database(&server).await).await).await;
}

async fn adopt(mut node: Node, engine: &str) {
    let wanted = 2 * factor();
    let (mut adopted, mut kills) = (0, 0);
    while adopted < wanted {
        kills += 1;
        assert!(kills <= 10 * wanted, "never caught with an account alone");
        let email = format!("p{kills}@x.test");
        let Some(subject) = kill_with_an_account(&mut node, &email).await else {
            continue;
        };
        // Whoever was cut off does not know how far they got, and tries either way.
        let purpose = ["login", "signup"][adopted % 2];
        let mut visitor = node.visitor(&email);
        let cookie = visitor.sign_in(purpose).await.expect("the next try works");
        let (status, user) = visitor.user(&cookie).await.expect("an answer");
        assert_eq!((status, user["sub"].as_str()), (200, Some(&*subject)));
        let db = Db::connect(node.database()).await.expect("a database");
        assert_eq!(people(&db, &email).await, 1, "{email}");
        assert_eq!(links(&db, &subject).await, ["email", "upstream"]);
        db.close().await;
        adopted += 1;
    }
    measured(&format!(
        "{engine}: {kills} kills in a sign-up, {adopted} left an account alone, all adopted"
    ));
}

/// Kills the program as soon as a sign-up has made its account at the provider, and starts
/// it again; the account's subject unless the person was made meanwhile.
async fn kill_with_an_account(node: &mut Node, email: &str) -> Option<String> {
    let db = Db::connect(node.database()).await.expect("a database");
    let mut visitor = node.visitor(email);
    let trial = tokio::spawn(async move { visitor.sign_in("signup").await });
    let subject = loop {
        if let Some(subject) = account(&db, email).await {
            break subject;
        }
        assert!(!trial.is_finished(), "{:?}", trial.await);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    };
    node.kill();
    let outcome = trial.await.expect("a trial");
    node.start().await;
    let alone = people(&db, email).await == 0;
    assert!(!alone || outcome.is_err(), "signed in as nobody");
    db.close().await;
    alone.then_some(subject)
}

async fn account(db: &Db, email: &str) -> Option<String> {
    let sql = "SELECT subject FROM embedded_accounts WHERE login_name = $1";
    let row = q(sql).bind(email).optional(db).await.expect("an answer");
    row.map(|row| row.get("subject").expect("text"))
}

async fn people(db: &Db, email: &str) -> i64 {
    let sql = "SELECT COUNT(*) AS n FROM users WHERE email = $1";
    let row = q(sql).bind(email).one(db).await.expect("an answer");
    row.get("n").expect("a number")
}

async fn links(db: &Db, user: &str) -> Vec<String> {
    let sql = "SELECT kind FROM identity_links WHERE user_id = $1 ORDER BY kind";
    let rows = q(sql).bind(user).all(db).await.expect("an answer");
    let kinds = rows.iter().map(|row| row.get("kind").expect("text"));
    kinds.collect()
}

async fn outlive(mut node: Node) {
    for (number, purpose) in ["signup", "login"].into_iter().enumerate() {
        let mut visitor = node.visitor("ana@x.test");
        let cookie = visitor.sign_in(purpose).await.expect("a session");
        node.kill();
        node.start().await;
        let (status, user) = visitor.user(&cookie).await.expect("an answer");
        assert_eq!(status, 200, "{purpose}: {user}");
        assert_eq!(user["email"], "ana@x.test");
        let db = Db::connect(node.database()).await.expect("a database");
        let sql = "SELECT COUNT(*) AS n FROM sessions WHERE ended_at IS NULL";
        let row = q(sql).one(&db).await.expect("an answer");
        let expected = i64::try_from(number).expect("small") + 1;
        assert_eq!(row.get::<i64>("n").expect("a number"), expected);
        db.close().await;
    }
}
