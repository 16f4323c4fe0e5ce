//! The program's commands beside a program under test: the same configuration, the same database.
//!
//! Owns: the configuration as a file, and running a command with it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::TestApp;
use super::app::Options;

/// A folder with the configuration of a program under test.
pub struct Beside(TempDir);

impl Beside {
    /// Of a program that was started with these options.
    pub fn new(app: &TestApp, options: &Options) -> Self {
        let beside = Self(tempfile::tempdir().expect("a folder"));
        let text = format!(
            "public_url = \"https://login.test\"\nmail_url = \"none\"\ndatabase_url = \"{}\"\nmaster_key = \"{}\"\n{}\n\
             [tenant]\nsignup = \"open\"\norigins = [\"https://listed.example\"]\n\
             [[app]]\nhost = \"app.test\"\n[[app.route]]\nname = \"echo\"\nbackend = \"http://127.0.0.1:9\"\n\
             [[app]]\nhost = \"ide.test\"\nfrontend = {{ proxy = \"http://127.0.0.1:9\" }}\n{}",
            app.database, options.key, options.top, options.tables
        );
        beside.write("laneway.toml", &text);
        beside
    }

    /// A file in the folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_laneway"));
        command
            .arg("--config")
            .arg(self.0.path().join("laneway.toml"))
            .args(arguments)
            .stdin(Stdio::null());
        tokio::task::spawn_blocking(move || command.output().expect("it runs"))
            .await
            .expect("it ends")
    }
}
