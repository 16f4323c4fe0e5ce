//! PostgreSQL databases, one per test.
//!
//! Owns: where the server is, and names that no other test has.

use std::sync::atomic::{AtomicU32, Ordering};

use laneway_sqlkit::{Db, q_dynamic};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The superuser's address of the test server. Missing is a failure in CI and otherwise a
/// skipped half of the suite.
pub fn postgres_url() -> Option<String> {
    let url = std::env::var("LANEWAY_TEST_PG_URL")
        .ok()
        .filter(|url| !url.is_empty());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        url.is_some() || !ci,
        "LANEWAY_TEST_PG_URL must name a PostgreSQL superuser in CI"
    );
    if url.is_none() {
        eprintln!("skipped on PostgreSQL: LANEWAY_TEST_PG_URL is not set");
    }
    url
}

/// Makes an empty database on a server; its address.
pub async fn new_database(server: &str) -> String {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("laneway_t{}_{number}", std::process::id());
    // Making databases is work, and a busy machine may need longer than a request may take.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        match try_new_database(server, &name).await {
            Ok(()) => break,
            Err(error) if std::time::Instant::now() > until => panic!("no database: {error}"),
            Err(_) => {}
        }
    }
    let mut url = url::Url::parse(server).expect("the server's address is a URL");
    url.set_path(&name);
    url.into()
}

async fn try_new_database(server: &str, name: &str) -> Result<(), laneway_sqlkit::DbError> {
    let admin = Db::connect(server).await?;
    q_dynamic(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .run(&admin)
        .await?;
    q_dynamic(format!("CREATE DATABASE {name}"))
        .run(&admin)
        .await?;
    admin.close().await;
    Ok(())
}
