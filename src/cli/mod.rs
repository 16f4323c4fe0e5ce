//! The command line.
//!
//! Owns: arguments, exit codes, what is printed where.
//! Must not know: rules; each command is one call into the library.

mod admin;
mod check;
mod doctor;
mod serve;
mod upstream;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::config::{Config, Sources};
use crate::core::{Core, CoreOptions};
use crate::domain::Problem;
use crate::domain::tenant::Tenant;
use crate::outbound::{SystemClock, SystemRandom};
use crate::store::tenants;

/// One uniform login in front of whatever identity provider a team runs.
#[derive(Parser)]
#[command(name = "laneway", version, about)]
struct Arguments {
    /// Configuration file [default: ./laneway.toml if it exists]
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "parsed once per process")]
enum Command {
    /// Run the server (the default)
    Serve,
    /// Check or explain the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at everything this installation depends on
    Doctor {
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// Administer the installation through its database
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Change the identity provider
    #[command(subcommand)]
    Upstream(upstream::UpstreamCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Report every fault at once; exit code 78 if there is one
    Check {
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
}

/// `EX_CONFIG` of sysexits.h.
const EXIT_CONFIG: u8 = 78;

/// Runs the command line.
pub fn main() -> ExitCode {
    install_crypto();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("laneway: the runtime cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(run(arguments))
}

/// One provider for TLS and one for JWTs, before anything can pick another.
pub fn install_crypto() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    crate::tokens::install_provider();
}

async fn run(arguments: Arguments) -> ExitCode {
    let file = arguments.config;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Config(ConfigCommand::Check { json }) => check::run(file, json),
        Command::Serve => match load(file) {
            Ok(config) => serve::run(config).await,
            Err(code) => code,
        },
        Command::Doctor { json } => match load(file) {
            Ok(config) => doctor::run(config, json).await,
            Err(code) => code,
        },
        Command::Admin(command) => match load(file) {
            Ok(config) => admin::run(config, command).await,
            Err(code) => code,
        },
        Command::Upstream(command) => upstream::run(file, command).await,
    }
}

/// The checked configuration, or all faults on stderr and the exit code for them.
fn load(file: Option<PathBuf>) -> Result<Config, ExitCode> {
    let faults = match Sources::from_process(file) {
        Ok(sources) => match Config::load(&sources) {
            Ok(config) => return Ok(config),
            Err(faults) => faults,
        },
        Err(faults) => faults,
    };
    complain(&crate::config::report_text(&faults));
    Err(ExitCode::from(EXIT_CONFIG))
}

/// The core without listeners, for commands on the database.
async fn open(config: Config) -> Result<(Arc<Core>, Tenant), Problem> {
    let slug = config.tenant.slug.clone();
    let options = CoreOptions {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        factories: std::collections::HashMap::new(),
        migrations: Vec::new(),
    };
    let core = crate::core::open(config, options).await?;
    let tenant = tenants::find_by_slug(&core.db, &slug)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok((core, tenant))
}

/// A line for the caller.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A line about what went wrong.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A problem on a terminal: what, why, and the exit code.
fn failed(problem: &Problem) -> ExitCode {
    complain(&format!("laneway: {}", problem.detail));
    if let Some(source) = &problem.source {
        complain(&format!("  because: {source}"));
    }
    ExitCode::FAILURE
}
