//! `laneway serve`

use std::io::IsTerminal as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use super::{failed, say, traces};
use crate::app::App;
use crate::config::{Config, LogFormat};
use crate::core::{Core, make_owner_link};
use crate::domain::{Code, Problem};
use crate::http;
use crate::store::{operators, tenants};

pub(super) async fn run(config: Config) -> ExitCode {
    start_log(&config);
    http::ops::install_recorder();
    let owner_file = owner_file(&config);
    let tracer = match traces::start(&config) {
        Ok(tracer) => tracer,
        Err(problem) => return failed(&problem),
    };
    let app = match App::builder(config).tracer(tracer).build().await {
        Ok(app) => app,
        Err(problem) => return failed(&problem),
    };
    if let Err(problem) = offer_ownership(&app.core, &owner_file).await {
        return failed(&problem);
    }
    match http::serve(app).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => failed(&problem),
    }
}

fn start_log(config: &Config) {
    let filter = EnvFilter::try_from_env("LANEWAY_LOG").unwrap_or_else(|_| {
        EnvFilter::new(format!("{},sqlx=warn,hyper=info,h2=info", config.log.level))
    });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Json => builder.json().flatten_event(true).init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).init(),
    }
}

/// Beside the SQLite database, or in the working directory.
fn owner_file(config: &Config) -> PathBuf {
    config
        .database
        .master_key_path()
        .and_then(|path| path.parent().map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."))
        .join("owner-link")
}

/// While nobody owns the installation, each start makes a way to: on the terminal if there
/// is one, else in a file that only we can read; never through the logger.
async fn offer_ownership(core: &Core, file: &Path) -> Result<(), Problem> {
    if operators::any_owner(&core.db).await? {
        let _ = std::fs::remove_file(file);
        return Ok(());
    }
    let slug = &core.config.tenant.slug;
    let tenant = tenants::find_by_slug(&core.db, slug)
        .await?
        .ok_or_else(Problem::not_found)?;
    let link = make_owner_link(core, &tenant).await?;
    let address = tenant.address(&format!("/owner/{}", link.0.expose()));
    if std::io::stdout().is_terminal() {
        say(&format!(
            "Nobody owns this installation yet. Open once, within 24 hours:\n  {address}"
        ));
        return Ok(());
    }
    write_private(file, &address).map_err(|error| {
        Problem::new(
            Code::Internal,
            format!("The owner link cannot be written to {}.", file.display()),
        )
        .because(error)
    })?;
    tracing::info!(file = %file.display(), "nobody owns this installation yet: open the link in this file");
    Ok(())
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    // A file that existed may have other permissions: never write a secret into it.
    let _ = std::fs::remove_file(file);
    let mut open = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    writeln!(open, "{text}")
}
