//! Who sets a realm up: named on the command line, with a secret that never is.
//!
//! Owns: the flags, and where the secret comes from. Must not know: what is done with it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;

use crate::domain::{Code, Problem};
use crate::providers::RealmAdmin;

/// The password of a person or the secret of a client, where no file is named.
const SECRET: &str = "LANEWAY_SETUP_SECRET";

#[derive(Args)]
pub(super) struct Administrator {
    /// Administrator of Keycloak [default: admin]
    #[arg(long, value_name = "NAME")]
    admin_user: Option<String>,
    /// Realm of the administrator, or of the client in its place
    #[arg(long, value_name = "REALM", default_value = "master")]
    admin_realm: String,
    /// File with the administrator's password; without it `LANEWAY_SETUP_SECRET`, or a question
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    /// Client whose account sets up, in place of a person
    #[arg(long, value_name = "CLIENT_ID", conflicts_with_all = ["admin_user", "admin_password_file"])]
    setup_client: Option<String>,
    /// File with that client's secret; without it `LANEWAY_SETUP_SECRET`, or a question
    #[arg(long, value_name = "FILE", requires = "setup_client")]
    setup_secret_file: Option<PathBuf>,
}

impl Administrator {
    /// Has anybody been named?
    pub(super) fn is_named(&self) -> bool {
        self.admin_user.is_some()
            || self.admin_password_file.is_some()
            || self.setup_client.is_some()
    }

    /// With their secret.
    pub(super) fn read(&self) -> Result<RealmAdmin, Problem> {
        let realm = self.admin_realm.clone();
        if let Some(client_id) = self.setup_client.clone() {
            let what = format!("Secret of the client {client_id}: ");
            let client_secret = secret(self.setup_secret_file.as_deref(), &what)?;
            return Ok(RealmAdmin::Client {
                realm,
                client_id,
                client_secret,
            });
        }
        let username = self.admin_user.clone().unwrap_or_else(|| "admin".into());
        let what = format!("Password of {username} in the realm {realm}: ");
        let password = secret(self.admin_password_file.as_deref(), &what)?;
        Ok(RealmAdmin::Password {
            realm,
            username,
            password,
        })
    }
}

fn secret(file: Option<&Path>, what: &str) -> Result<SecretString, Problem> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| {
            wrong("The file with the password or secret cannot be read.").because(error)
        })?,
        None => match std::env::var(SECRET) {
            Ok(text) => text,
            Err(_) => asked(what)?,
        },
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(wrong("The password or secret is empty."));
    }
    Ok(SecretString::from(text.to_owned()))
}

/// Typed, and not shown.
fn asked(what: &str) -> Result<String, Problem> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(wrong(
            "Name the file with the password or secret (--admin-password-file, --setup-secret-file), or set LANEWAY_SETUP_SECRET.",
        ));
    }
    let unreadable = |error: std::io::Error| wrong("The terminal cannot be read.").because(error);
    let before = tcgetattr(&input).map_err(|error| unreadable(error.into()))?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &silent).map_err(|error| unreadable(error.into()))?;
    let _ = write!(std::io::stderr(), "{what}");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    let _ = tcsetattr(&input, OptionalActions::Flush, &before);
    let _ = writeln!(std::io::stderr());
    read.map(|_| line).map_err(unreadable)
}

fn wrong(text: &str) -> Problem {
    Problem::new(Code::InvalidRequest, text)
}
