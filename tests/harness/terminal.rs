//! The command line on a computer of its own.
//!
//! Owns: its home, its browser that only notes what it is opened with, and its processes.
//! Must not know: what any test proves.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::until;

/// A computer with a home and nobody signed in.
pub struct Terminal {
    home: TempDir,
    path: String,
    passphrase: Option<&'static str>,
}

impl Terminal {
    /// A computer without a keyring.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(home.path().join("bin")).expect("a folder");
        let terminal = Self {
            path: format!("{}/bin:/usr/bin:/bin", home.path().display()),
            home,
            passphrase: None,
        };
        terminal.tool("secret-tool", "exit 1");
        terminal.tool("a-browser", "printf '%s' \"$1\" > \"$HOME/opened\"");
        terminal
    }

    /// The same with a passphrase in its environment.
    pub fn with_passphrase(mut self, passphrase: Option<&'static str>) -> Self {
        self.passphrase = passphrase;
        self
    }

    /// Puts a program where it is found first.
    pub fn tool(&self, name: &str, script: &str) {
        let path = self.home.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("rights");
    }

    /// A file of the profiles.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("state/laneway").join(name)
    }

    fn on(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .env("PATH", &self.path)
            .env("TERM", "dumb")
            .env("SHELL", "/bin/sh")
            .env("BROWSER", self.home.path().join("bin/a-browser"))
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(passphrase) = self.passphrase {
            command.env("LANEWAY_PASSPHRASE", passphrase);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let mut command = self.on(env!("CARGO_BIN_EXE_laneway"), arguments);
        command.output().expect("the program runs").into()
    }

    /// Starts a command. What it complains about goes to a file that the test can look at.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let said = std::fs::File::create(self.home.path().join("said")).expect("a file");
        let mut command = self.on(env!("CARGO_BIN_EXE_laneway"), arguments);
        command
            .stdin(Stdio::piped())
            .stderr(said)
            .spawn()
            .expect("the program starts")
    }

    /// The same in a pseudo-terminal, which echoes nothing but what the program says.
    pub fn start_in_terminal(&self, arguments: &[&str]) -> Child {
        let said = std::fs::File::create(self.home.path().join("said")).expect("a file");
        let line = format!("{} {}", env!("CARGO_BIN_EXE_laneway"), arguments.join(" "));
        let mut command = self.on("script", &["-qefc", &line, "/dev/null"]);
        command
            .stdin(Stdio::piped())
            .stdout(said)
            .spawn()
            .expect("script starts")
    }

    /// Waits until a started command says something that this finds.
    pub async fn says(&self, find: impl Fn(&str) -> Option<String>) -> String {
        let path = self.home.path().join("said");
        until(30, "the program says it", || async {
            find(&std::fs::read_to_string(&path).unwrap_or_default())
        })
        .await
    }

    /// Waits for the address that the browser is opened with.
    pub async fn opened(&self) -> String {
        let path = self.home.path().join("opened");
        until(30, "the browser opens", || async {
            let text = std::fs::read_to_string(&path).ok()?;
            text.contains("code_challenge_method").then_some(text)
        })
        .await
    }
}

/// Types into a started command.
pub fn types(child: &mut Child, text: &str) {
    let input = child.stdin.as_mut().expect("its input");
    input.write_all(text.as_bytes()).expect("typed");
    input.flush().expect("typed");
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

impl Said {
    /// Fails unless it did what it should.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{} {}", self.out, self.err);
        self.out
    }
}
