//! The command line.
//!
//! Owns: arguments, exit codes, what is printed where.
//! Must not know: rules; each command is one call into the library.

mod admin;
mod administrator;
mod check;
mod client;
mod doctor;
mod explain;
mod serve;
mod traces;
mod upstream;
mod verify_edge;
mod why;

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
#[command(name = "laneway", version, about, after_help = EXIT_CODES)]
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
    /// Check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at everything this installation depends on
    Doctor(doctor::Arguments),
    /// Send what attackers send to the proxy in front of an application, and name the line of
    /// its configuration to change
    VerifyEdge(verify_edge::Arguments),
    /// Tell which host, route, rule and policy decide about a request, and why
    Explain(explain::Arguments),
    /// Tell what became of a request, by the reference of its error page: which link, rule,
    /// policy and answer of a provider led there
    Why(why::Arguments),
    #[command(flatten)]
    Client(client::ClientCommand),
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

/// What the exit code says.
const EXIT_CODES: &str = "Exit codes:
  0   done
  1   something on this computer, or a problem that is printed
  2   unknown arguments
  3   not signed in
  4   the server does not answer
  5   the person or the server refused
  78  the configuration has faults";

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
        Command::Doctor(arguments) => match load(file) {
            Ok(config) => Box::pin(doctor::run(config, arguments)).await,
            Err(code) => code,
        },
        Command::Client(command) => client::run(command).await,
        Command::VerifyEdge(arguments) => verify_edge::run(arguments).await,
        Command::Explain(arguments) => match load(file) {
            Ok(config) => explain::run(config, arguments).await,
            Err(code) => code,
        },
        Command::Why(arguments) => match load(file) {
            Ok(config) => why::run(config, arguments).await,
            Err(code) => code,
        },
        Command::Admin(command) => match load(file) {
            Ok(config) => Box::pin(admin::run(config, command)).await,
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
    // Large, and every command would carry it.
    let core = Box::pin(crate::core::open(config, options)).await?;
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

/// On a terminal there is neither a marked field nor an address: what a page shows beside them is said.
fn told(problem: &Problem) -> String {
    let faults: Vec<String> = problem
        .errors
        .iter()
        .map(|fault| {
            format!(
                "{}: {}",
                fault.pointer.trim_start_matches('/'),
                fault.detail
            )
        })
        .collect();
    if !faults.is_empty() {
        return faults.join("\n         ");
    }
    let general = Problem::not_found();
    if problem.code == general.code && problem.detail == general.detail {
        return "Nothing has this name or id; `list` shows what there is.".into();
    }
    if problem.detail.ends_with("under the reference below.") {
        return "This did not work.".into();
    }
    problem.detail.clone()
}

/// A problem on a terminal: what, why, and the exit code.
fn failed(problem: &Problem) -> ExitCode {
    complain(&format!("laneway: {}", told(problem)));
    if let Some(source) = &problem.source {
        complain(&format!("  because: {source}"));
    }
    ExitCode::FAILURE
}
