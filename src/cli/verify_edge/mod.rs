//! `laneway verify-edge`: fires what attackers send at an operator's own proxy and says
//! which line of its configuration to change.
//!
//! Owns: arguments, the order of the checks, the report.
//! Must not know: the store or this installation; it sees what any client sees.

mod corpus;
mod fixes;
mod signed_in;
mod stranger;
mod wire;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::{complain, say};
use fixes::{Fault, Proxy};
use wire::{Answer, Request, Target, Trust};

#[derive(Args)]
pub(super) struct Arguments {
    /// Address of a protected page of the application, like <https://wiki.example.com/>
    url: String,
    /// File with the value of this host's session cookie (`-`: standard input) for the
    /// checks of somebody who is signed in
    #[arg(long, value_name = "FILE")]
    cookie_file: Option<PathBuf>,
    /// Path that answers with what the proxy forwards, protected like the application
    #[arg(long, default_value = "/.laneway/echo/")]
    echo: String,
    /// The proxy, where its answers do not name it
    #[arg(long, value_enum)]
    proxy: Option<Proxy>,
    /// Its configuration, to name the line
    #[arg(long, value_name = "FILE")]
    proxy_config: Option<PathBuf>,
    /// Go to this machine and port instead
    #[arg(long, value_name = "HOST:PORT")]
    connect: Option<String>,
    /// Certificates to believe, as PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Believe any certificate
    #[arg(long, conflicts_with = "ca_file")]
    insecure: bool,
    /// Machine-readable output
    #[arg(long)]
    json: bool,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Fail,
    Skipped,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    fix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// What the checks share.
struct Probe {
    url: Url,
    target: Target,
    page: String,
    echo: String,
    cookie: Option<String>,
    proxy: Proxy,
    config: Option<(PathBuf, String)>,
    checks: Vec<Check>,
}

pub(super) async fn run(arguments: Arguments) -> ExitCode {
    let json = arguments.json;
    // Blocking sockets: one request after the other is what is wanted here.
    let outcome = tokio::task::spawn_blocking(move || examine(&arguments)).await;
    let probe = match outcome {
        Ok(Ok(probe)) => probe,
        Ok(Err(text)) => {
            complain(&format!("laneway: {text}"));
            return ExitCode::from(2);
        }
        Err(_) => return ExitCode::FAILURE,
    };
    let ok = probe.checks.iter().all(|check| check.state != State::Fail);
    if json {
        let proxy = format!("{:?}", probe.proxy).to_lowercase();
        say(&json!({ "ok": ok, "proxy": proxy, "checks": probe.checks }).to_string());
    } else {
        report(&probe);
    }
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn report(probe: &Probe) {
    for check in &probe.checks {
        let mark = match check.state {
            State::Ok => "ok  ",
            State::Fail => "FAIL",
            State::Skipped => "skip",
        };
        say(&format!("{mark}  {}  {}", check.name, check.detail));
        if !check.fix.is_empty() {
            let place = check.place.as_deref().unwrap_or(probe.proxy.recipe());
            say(&format!("      → {}\n        ({place})", check.fix));
        }
    }
}

fn examine(arguments: &Arguments) -> Result<Probe, String> {
    let url = Url::parse(&arguments.url).map_err(|_| "write a whole address, with https://")?;
    let trust = match (&arguments.ca_file, arguments.insecure) {
        (Some(file), _) => Trust::File(file),
        (None, true) => Trust::Anybody,
        (None, false) => Trust::System,
    };
    let target = Target::new(&url, arguments.connect.as_deref(), &trust)?;
    let page = url
        .query()
        .map_or_else(|| url.path().to_owned(), |q| format!("{}?{q}", url.path()));
    let cookie = arguments
        .cookie_file
        .as_deref()
        .map(read_cookie)
        .transpose()?;
    let config = match &arguments.proxy_config {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            Some((path.clone(), text))
        }
    };
    let first = target
        .send(&Request::page(&page))
        .map_err(|error| unreachable(&target.host, &error))?;
    let names = format!("{} {}", first.header("server"), first.header("via"));
    let named = arguments.proxy.or_else(|| Proxy::named(&names));
    let mut probe = Probe {
        proxy: named.ok_or("name your proxy with --proxy: its answers do not say what it is")?,
        echo: arguments.echo.trim_end_matches('/').to_owned(),
        url,
        target,
        page,
        cookie,
        config,
        checks: Vec::new(),
    };
    stranger::check(&mut probe, &first);
    signed_in::check(&mut probe);
    Ok(probe)
}

/// The cookie's value alone, or the whole pair as browsers show it.
fn read_cookie(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| format!("{}: {error}", path.display()))?;
    let value = text.trim().trim_start_matches("__Host-lw=").trim();
    if value.is_empty() || value.bytes().any(|b| b.is_ascii_whitespace() || b == b';') {
        return Err("the file holds the value of one cookie and nothing else".into());
    }
    Ok(value.to_owned())
}

fn unreachable(host: &str, error: &std::io::Error) -> String {
    let text = format!("{host} cannot be reached: {error}");
    if text.contains("certificate") {
        format!("{text}; --ca-file names a private authority, --insecure believes any certificate")
    } else {
        text
    }
}

impl Probe {
    fn send(&self, request: &Request) -> std::io::Result<Answer> {
        self.target.send(request)
    }

    /// Sends what must not be let through; what was let through.
    fn let_through(&self, requests: &[(String, Request)]) -> Vec<String> {
        let mut through = Vec::new();
        for (what, request) in requests {
            // A proxy that hangs up has let nothing through.
            if self.send(request).is_ok_and(|answer| answer.passed()) {
                through.push(what.clone());
            }
        }
        through
    }

    fn good(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, State::Ok, detail.into(), String::new(), None);
    }

    fn skip(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, State::Skipped, detail.into(), String::new(), None);
    }

    fn bad(&mut self, name: &'static str, detail: String, fault: Fault, subject: &str) {
        let fix = fixes::of(self.proxy, fault, subject);
        let place = self.place(fix.beside);
        self.add(name, State::Fail, detail, fix.line, place);
    }

    fn add(
        &mut self,
        name: &'static str,
        state: State,
        detail: String,
        fix: String,
        place: Option<String>,
    ) {
        self.checks.push(Check {
            name,
            state,
            detail,
            fix,
            place,
        });
    }

    /// Where in the operator's own file a line belongs.
    fn place(&self, beside: &str) -> Option<String> {
        let (path, text) = self.config.as_ref()?;
        let number = text.lines().position(|line| line.contains(beside))?;
        Some(format!("{}:{}", path.display(), number + 1))
    }
}
