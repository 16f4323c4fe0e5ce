//! The program under test.
//!
//! Owns: its configuration, its parts that a test holds in its hand (clock, fake provider),
//! and its database.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use laneway::app::{App, Module};
use laneway::config::{Config, Mail, MailFrom, Sources};
use laneway::core::Core;
use laneway::domain::Problem;
use laneway::domain::tenant::Tenant;
use laneway::providers::Factory;
use laneway::store::tenants;
use laneway_fake::{Fake, FakeConfig, ManualClock, SeededRandom, test_env};
use laneway_spans::Tracer;
use tempfile::TempDir;

use super::{Browser, backend_url, migrated_database, migrated_file, postgres_url};

/// The instant at which every test begins: 2027-01-15T08:00:00Z.
pub const START_MS: i64 = 1_800_000_000_000;
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What a test may want differently.
#[derive(Clone)]
pub struct Options {
    /// `open`, `invite`, `closed`.
    pub signup: &'static str,
    /// Lines of TOML in front of all tables.
    pub top: String,
    /// Tables at the end of the file.
    pub tables: String,
    /// Of the `[limits]` table.
    pub limits: String,
    /// Master key in base64.
    pub key: String,
    /// The machine's clock and randomness instead of the test's.
    pub real_time: bool,
    /// Seed of the random source. Nodes on one database need different ones.
    pub seed: u64,
    /// How mail leaves, instead of staying in the readable outbox.
    pub mail: Option<Mail>,
    /// Customers' own providers are the fake one, which says yes to every question.
    pub fake_customers: bool,
    /// Whoever collects traces.
    pub tracer: Option<Tracer>,
}

impl Default for Options {
    fn default() -> Self {
        let limits = "network_factor = 1000\nfailures_per_account = 1000\nmails_per_address = 1000";
        Self {
            signup: "open",
            top: String::new(),
            tables: String::new(),
            limits: limits.into(),
            key: KEY.into(),
            real_time: false,
            seed: 1,
            mail: None,
            fake_customers: false,
            tracer: None,
        }
    }
}

/// A running program without listeners.
pub struct TestApp {
    /// The program.
    pub app: App,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// The adapter of kind `fake`, whichever upstream row asks for it.
    pub fake: Fake,
    /// Where its database is.
    pub database: String,
    folder: Arc<TempDir>,
}

impl TestApp {
    /// On SQLite.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(Options::default()).await
    }

    /// On SQLite, with options.
    pub async fn sqlite_with(options: Options) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let path = folder.path().join("laneway.db");
        std::fs::write(&path, migrated_file().await).expect("a database");
        let database = format!("sqlite:{}", path.display());
        Self::start(&database, &options, folder)
            .await
            .expect("the program starts")
    }

    /// On a fresh PostgreSQL database; `None` where there is no server.
    pub async fn postgres() -> Option<Self> {
        Self::postgres_with(Options::default()).await
    }

    /// On a fresh PostgreSQL database, with options.
    pub async fn postgres_with(options: Options) -> Option<Self> {
        let database = migrated_database(&postgres_url()?).await;
        Some(Self::on(&database, &options).await)
    }

    /// On a database that exists.
    pub async fn on(database: &str, options: &Options) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::start(database, options, folder)
            .await
            .expect("the program starts")
    }

    /// Another node on the same database, with the same clock and the same people at the
    /// fake provider.
    pub async fn second(&self) -> Self {
        let options = Options {
            seed: 2,
            ..Options::default()
        };
        let parts = (Arc::clone(&self.clock), self.fake.clone());
        let folder = Arc::clone(&self.folder);
        Self::assemble(&self.database, &options, folder, parts)
            .await
            .expect("a second node starts")
    }

    /// Starts again on the same database with other options; the outcome is the test's to
    /// judge.
    pub async fn restarted(&self, options: &Options) -> Result<Self, Problem> {
        let parts = (Arc::clone(&self.clock), self.fake.clone());
        Self::assemble(&self.database, options, Arc::clone(&self.folder), parts).await
    }

    async fn start(
        database: &str,
        options: &Options,
        folder: Arc<TempDir>,
    ) -> Result<Self, Problem> {
        let clock = ManualClock::at(START_MS);
        let fake = Fake::new(
            FakeConfig {
                password: false,
                ..FakeConfig::new("https://fake.test")
            },
            test_env(&clock, 99),
        );
        Self::assemble(database, options, folder, (clock, fake)).await
    }

    async fn assemble(
        database: &str,
        options: &Options,
        folder: Arc<TempDir>,
        (clock, fake): (Arc<ManualClock>, Fake),
    ) -> Result<Self, Problem> {
        laneway::cli::install_crypto();
        let config = config(database, options, &folder);
        let handle = fake.clone();
        let factory: Factory = Arc::new(move |_, _, _| Arc::new(handle.clone()));
        let mut adapters = HashMap::from([("fake".to_owned(), Arc::clone(&factory))]);
        if options.fake_customers {
            adapters.insert("oidc".to_owned(), factory);
        }
        let module = Module {
            adapters,
            ..Module::default()
        };
        let mut builder = App::builder(config)
            .with(module)
            .tracer(options.tracer.clone());
        if !options.real_time {
            builder = builder.clock(Arc::clone(&clock) as _);
            builder = builder.random(Arc::new(SeededRandom::new(options.seed)));
        }
        let app = builder.build().await?;
        Ok(Self {
            app,
            clock,
            fake,
            database: database.to_owned(),
            folder,
        })
    }

    /// What the program's rooms are handed.
    pub fn core(&self) -> &Arc<Core> {
        &self.app.core
    }

    /// The default tenant as it is now.
    pub async fn tenant(&self) -> Tenant {
        let found = tenants::find_by_slug(&self.core().db, "main")
            .await
            .expect("the store answers");
        found.expect("the default tenant")
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.app.router.clone())
    }

    /// The program's own work beside requests.
    pub fn jobs(&self) -> tokio::task::JoinSet<()> {
        laneway::app::spawn_jobs(self.core())
    }
}

fn config(database: &str, options: &Options, folder: &TempDir) -> Config {
    let pages = folder.path().join("pages");
    std::fs::create_dir_all(&pages).expect("a folder for pages");
    std::fs::write(pages.join("index.html"), "<title>the application</title>").expect("a page");
    let (pages, backend) = (pages.display(), backend_url());
    let Options {
        signup,
        top,
        tables,
        limits,
        ..
    } = options;
    let text = format!(
        r#"
public_url = "https://login.test"
{top}
[tenant]
signup = "{signup}"
origins = ["https://listed.example"]
[limits]
{limits}
[[app]]
host = "app.test"
frontend = {{ dir = "{pages}" }}
[[app.route]]
name = "echo"
backend = "{backend}/base"
body_limit = "64KiB"
[[app.route]]
name = "open"
backend = "{backend}"
anonymous = true
audience = "urn:open"
[[app.route]]
name = "bare"
backend = "{backend}"
token = "none"
[[app.route]]
name = "dead"
backend = "http://127.0.0.1:9"
[[app]]
host = "ide.test"
frontend = {{ proxy = "{backend}" }}
{tables}
"#
    );
    let env = BTreeMap::from([
        ("LANEWAY_DATABASE_URL".to_owned(), database.to_owned()),
        ("LANEWAY_MASTER_KEY".to_owned(), options.key.clone()),
    ]);
    let sources = Sources {
        file: Some(("test.toml".into(), text)),
        env,
        read_file: |path| std::fs::read_to_string(path),
    };
    let mut config = Config::load(&sources).unwrap_or_else(|faults| panic!("{faults:?}"));
    // The file allows this on loopback addresses only; these hosts exist in no network.
    let kept = || Mail::Outbox {
        from: MailFrom {
            name: None,
            address: "no-reply@login.test".into(),
        },
    };
    config.mail = options.mail.clone().unwrap_or_else(kept);
    config
}
