//! Databases, one per test.
//!
//! Owns: where the server is, and names that no other test has.

use std::sync::atomic::{AtomicU32, Ordering};

use laneway_sqlkit::{Db, q_dynamic};
use tokio::sync::OnceCell;

/// One with all tables and nothing in them; making them again for each test costs more than most
/// tests. That empty databases get them is shown by those that start the program itself.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();

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

/// Makes all tables in a database.
async fn migrate(url: &str) {
    let db = Db::connect(url).await.expect("the database opens");
    let sets = laneway::providers::migrations();
    for set in [laneway::store::MIGRATIONS].iter().chain(&sets) {
        set.apply(&db).await.expect("the tables are made");
    }
    db.close().await;
}

/// Makes a database on a server that has all tables; its address.
pub async fn migrated_database(server: &str) -> String {
    let made = TEMPLATE.get_or_init(|| async {
        let url = new_database(server).await;
        migrate(&url).await;
        let name = url.rsplit('/').next();
        name.expect("a name").to_owned()
    });
    copy_of(server, made.await).await
}

/// The bytes of a database file that has all tables.
pub async fn migrated_file() -> &'static [u8] {
    FILE.get_or_init(|| async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("all.db");
        migrate(&format!("sqlite:{}", path.display())).await;
        std::fs::read(&path).expect("the file")
    })
    .await
}

/// Makes an empty database on a server; its address.
pub async fn new_database(server: &str) -> String {
    copy_of(server, "template1").await
}

async fn copy_of(server: &str, template: &str) -> String {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("laneway_t{}_{number}", std::process::id());
    // Making databases is work, and a busy machine may need longer than a request may take.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        match try_new_database(server, &name, template).await {
            Ok(()) => break,
            Err(error) if std::time::Instant::now() > until => panic!("no database: {error}"),
            Err(_) => {}
        }
    }
    let mut url = url::Url::parse(server).expect("the server's address is a URL");
    url.set_path(&name);
    url.into()
}

async fn try_new_database(
    server: &str,
    name: &str,
    template: &str,
) -> Result<(), laneway_sqlkit::DbError> {
    let admin = Db::connect(server).await?;
    q_dynamic(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .run(&admin)
        .await?;
    q_dynamic(format!("CREATE DATABASE {name} TEMPLATE {template}"))
        .run(&admin)
        .await?;
    admin.close().await;
    Ok(())
}
