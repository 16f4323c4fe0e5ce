//! The program without listeners, and rows for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use laneway::app::App;
use laneway::config::{Config, Sources};
use laneway::core::{Core, hash_token};
use laneway::domain::session::Session;
use laneway::domain::tenant::Tenant;
use laneway::domain::user::{User, UserState};
use laneway::domain::{Sid, UserId};
use laneway::outbound::SystemClock;
use laneway::store::{Write, sessions, tenants, users};
use laneway_contract::{Acr, Clock};
use laneway_sqlkit::DbError;

/// A clock that stands still: nothing that is kept in memory grows old while calls are counted.
struct Standing(i64);

impl Clock for Standing {
    fn now_ms(&self) -> i64 {
        self.0
    }

    fn steady_ms(&self) -> i64 {
        self.0
    }
}

/// Puts the program of a configuration text together.
///
/// # Errors
/// What is wrong with the configuration or the database.
pub async fn open(path: &Path, text: String) -> Result<App, String> {
    let sources = Sources {
        file: Some((path.to_owned(), text)),
        env: BTreeMap::new(),
        read_file: |path| std::fs::read_to_string(path),
    };
    let config = Config::load(&sources).map_err(|faults| format!("{faults:?}"))?;
    App::builder(config)
        .clock(Arc::new(Standing(SystemClock.now_ms())))
        .build()
        .await
        .map_err(|problem| format!("{}: {:?}", problem.detail, problem.source))
}

/// The default tenant.
///
/// # Errors
/// When the store does not answer or has none.
pub async fn tenant(core: &Core) -> Result<Tenant, String> {
    tenants::find_by_slug(&core.db, "main")
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| "there is no default tenant".to_owned())
}

/// One person with one live session; answers the cookie's value.
///
/// # Errors
/// What the store says.
pub async fn session(
    core: &Arc<Core>,
    write: &mut Write,
    tenant: &Tenant,
    host: &str,
) -> Result<String, DbError> {
    let now = core.now();
    let user = User {
        id: UserId(core.new_id()),
        email: Some(format!("{}@example.test", core.new_id())),
        email_verified: true,
        name: Some("Ana Ferreira".into()),
        locale: None,
        state: UserState::Active,
        version: 1,
        created_at: now,
    };
    users::create(&mut write.tx, &tenant.id, &user).await?;
    let session = Session {
        app: None,
        sid: Sid(core.new_id()),
        tenant: tenant.id.clone(),
        user: user.id,
        org: None,
        acr: Acr::Phr,
        amr: vec!["hwk".into(), "user".into()],
        auth_time: now,
        upstream: None,
        device: None,
        ip: "192.0.2.7".into(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
        created_at: now,
        // As if in constant use: none of the checks that are measured has a use to write down.
        last_seen_at: now + 3_600_000,
        idle_ms: 12 * 3_600_000,
        expires_at: now + 30 * 24 * 3_600_000,
        checked_at: None,
    };
    sessions::create(&mut write.tx, &session).await?;
    let (plain, _) = core.new_token();
    let hash = hash_token(plain.expose());
    sessions::add_cookie(&mut write.tx, &tenant.id, &session.sid, host, &hash, now).await?;
    Ok(plain.expose().to_owned())
}
