//! The store of one node refuses to write: another process holds the database, or the disk is
//! full. Nothing that was not written is answered as if it were, whoever is in stays in, and
//! afterwards all is as before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use laneway_sqlkit::{Db, q};
use reqwest::{Response, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::soak::measured;
use crate::harness::{Node, until};

/// Begins a sign-in: it writes a row.
async fn begin(base: &str) -> Response {
    let client = reqwest::Client::builder().no_proxy().build();
    let request = client
        .expect("a client")
        .post(format!("{base}/v1/auth/flows"))
        .header("x-csrf", "1")
        .json(&json!({ "purpose": "login", "username": "ana@x.test" }));
    request.send().await.expect("an answer")
}

/// Refused for now, with the time after which to come back.
async fn comes_back_later(reply: Response) {
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.headers().contains_key("retry-after"));
    let body: serde_json::Value = reply.json().await.expect("a problem");
    assert_eq!(body["code"], "store_unavailable", "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_process_holds_is_waited_for_and_then_said() {
    let node = Node::on_sqlite().await;
    let mut ana = node.visitor("ana@x.test");
    let cookie = ana.sign_in("signup").await.expect("signed up");
    let db = Db::connect(node.database()).await.expect("a database");

    let held = db.begin().await.expect("the lock");
    let base = node.url();
    let asked = tokio::spawn(async move { begin(&base).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!asked.is_finished(), "it waits");
    held.rollback().await.expect("let go");
    let reply = asked.await.expect("an answer");
    assert!(reply.status().is_success(), "{}", reply.status());

    let held = db.begin().await.expect("the lock");
    let since = Instant::now();
    comes_back_later(begin(&node.url()).await).await;
    measured(&format!("SQLite held: refused after {:?}", since.elapsed()));
    assert!(since.elapsed() < Duration::from_secs(8));
    let (status, _) = ana.user(&cookie).await.expect("an answer");
    assert_eq!(status, 200, "whoever is in stays in");
    held.rollback().await.expect("let go");
    ana.sign_in("login").await.expect("as before");
    db.close().await;
}

/// A file system that is full soon.
struct Small {
    at: TempDir,
}

impl Small {
    const SIZE: &str = "size=8m";

    fn new() -> Self {
        let at = tempfile::tempdir().expect("a folder");
        root(
            "mount",
            &["-t", "tmpfs", "-o", Self::SIZE, "tmpfs"],
            at.path(),
        );
        root("chmod", &["0777"], at.path());
        Self { at }
    }

    fn filler(&self) -> PathBuf {
        self.at.path().join("filler")
    }

    /// Takes all that is left.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.filler()).expect("a file");
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        root("umount", &["--lazy"], self.at.path());
    }
}

/// As root, which a full disk takes.
fn root(program: &str, arguments: &[&str], at: &Path) {
    let run = |command: &mut Command| {
        let done = command
            .args(arguments)
            .arg(at)
            .stderr(Stdio::null())
            .status();
        done.is_ok_and(|status| status.success())
    };
    let done = run(&mut Command::new(program)) || run(Command::new("sudo").args(["-n", program]));
    assert!(
        done,
        "a full disk needs root: run the tests as root, or let sudo ask for nothing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    let disk = Small::new();
    let file = disk.at.path().join("laneway.db");
    let mut node = Node::on(format!("sqlite:{}", file.display())).await;
    let mut ana = node.visitor("ana@x.test");
    let cookie = ana.sign_in("signup").await.expect("signed up");

    disk.fill();
    // What the log of the database had room for may still be written.
    let full = until(30, "a write is refused", || async {
        let reply = begin(&node.url()).await;
        (!reply.status().is_success()).then_some(reply)
    });
    comes_back_later(full.await).await;
    let mut refused = 0;
    for _ in 0..20 {
        let mut ben = node.visitor("ben@x.test");
        refused += usize::from(ben.sign_in("signup").await.is_err());
        let (status, _) = ana.user(&cookie).await.expect("an answer");
        assert_eq!(status, 200, "whoever is in stays in");
    }
    assert_eq!(refused, 20, "nobody is told that they have an account");

    std::fs::remove_file(disk.filler()).expect("room again");
    let mut ben = node.visitor("ben@x.test");
    until(30, "writes work again", || async {
        begin(&node.url()).await.status().is_success().then_some(())
    })
    .await;
    ben.sign_in("signup").await.expect("as before");
    ana.sign_in("login").await.expect("as before");

    node.kill();
    node.start().await;
    let (status, user) = ana.user(&cookie).await.expect("an answer");
    assert_eq!((status, user["email"].as_str()), (200, Some("ana@x.test")));
    let db = Db::connect(node.database()).await.expect("a database");
    let row = q("PRAGMA integrity_check").one(&db).await.expect("a look");
    let word: String = row.get("integrity_check").expect("a word");
    assert_eq!(word, "ok");
    let row = q("SELECT COUNT(*) AS n FROM users")
        .one(&db)
        .await
        .expect("a look");
    assert_eq!(
        row.get::<i64>("n").expect("a number"),
        2,
        "ana and ben, once"
    );
    db.close().await;
}
