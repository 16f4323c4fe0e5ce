//! The command line as an app of a server: who is signed in here, and tokens for scripts.
//!
//! Owns: profiles and their files, the ways to sign in, tokens that are fresh.
//! Must not know: the database; it talks to a server as every app does.

mod browser;
mod help;
mod key;
mod keyring;
mod login;
mod loopback;
mod place;
mod profile;
mod server;
mod token;
mod who;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{complain, say};

/// The app that this program is, at every server.
const CLIENT_ID: &str = "laneway-cli";

/// Commands of whoever uses a server.
#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Sign in to a server, in the browser
    Login(login::Arguments),
    /// Sign out: the server takes back what this computer has
    Logout(who::LogoutArguments),
    /// Tell who is signed in
    Whoami(who::WhoamiArguments),
    /// Print a fresh access token for scripts
    Token(token::Arguments),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// A command that has a page of its own, such as `login` or `admin user`
        command: Vec<String>,
    },
}

/// Which server, of several.
#[derive(Args)]
struct Which {
    /// Which of several sign-ins
    #[arg(long, env = "LANEWAY_PROFILE", default_value = "default")]
    profile: String,
}

/// Why a command did not do what it should; each kind has its exit code.
#[derive(Debug)]
enum Failure {
    /// Sign in first, or again.
    SignedOut(String),
    /// The server does not answer, or not now.
    Unreachable(String),
    /// The person or the server said no.
    Refused(String),
    /// Something on this computer.
    Local(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Local(_) => 1,
            Self::SignedOut(_) => 3,
            Self::Unreachable(_) => 4,
            Self::Refused(_) => 5,
        }
    }

    fn words(&self) -> &str {
        match self {
            Self::SignedOut(words)
            | Self::Unreachable(words)
            | Self::Refused(words)
            | Self::Local(words) => words,
        }
    }
}

/// Runs one of them.
pub(super) async fn run(command: ClientCommand) -> ExitCode {
    let outcome = match command {
        ClientCommand::Login(arguments) => Box::pin(login::run(arguments)).await,
        ClientCommand::Logout(arguments) => Box::pin(who::logout(arguments)).await,
        ClientCommand::Whoami(arguments) => Box::pin(who::whoami(arguments)).await,
        ClientCommand::Token(arguments) => Box::pin(token::run(arguments)).await,
        ClientCommand::Completions { shell } => help::completions(shell),
        ClientCommand::Man { command } => help::man(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&format!("laneway: {}", failure.words()));
            ExitCode::from(failure.code())
        }
    }
}
