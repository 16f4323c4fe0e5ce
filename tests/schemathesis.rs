//! The description of the API against the program, by a judge that others wrote: with and without
//! a credential nothing is answered with 5xx, nor with a status that is not described.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::TestApp;

const CHECKS: &str = "not_a_server_error,status_code_conformance";

/// Where `dev/test` put it. In CI a missing one is a failure.
fn judge() -> Option<PathBuf> {
    let cache = std::env::var("XDG_CACHE_HOME")
        .unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap_or_default()));
    let program = Path::new(&cache).join("laneway/schemathesis/bin/st");
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        program.exists() || !ci,
        "in CI schemathesis must be installed"
    );
    if !program.exists() {
        eprintln!("did not run: schemathesis is missing (dev/test installs it)");
        return None;
    }
    Some(program)
}

fn judged(program: &Path, url: &str, token: Option<&str>) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command
        .current_dir(folder.path())
        .args(["run", &format!("{url}/openapi.json"), "--url", url])
        .args(["--header", "Host: login.test"])
        .args([
            "--phases",
            "coverage",
            "--seed",
            "1",
            "--max-redirects",
            "0",
        ])
        // Other credentials beside it: `tests/routes.rs` has those.
        .args(["--generation-with-security-parameters", "false"])
        .args(["--continue-on-failure", "--no-shrink", "--warnings", "off"])
        .args(["--request-timeout", "20"]);
    match token {
        // What is not let in is refused before it is read: what is right in form says enough.
        None => command.args(["--checks", CHECKS, "--mode", "positive"]),
        Some(token) => command
            .args(["--checks", CHECKS])
            .args(["--header", &format!("Authorization: Bearer {token}")]),
    };
    command.output().expect("it runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_answered_that_the_description_does_not_say() {
    let Some(program) = judge() else {
        return;
    };
    // One of its own for each: with a credential everything is changed and deleted.
    let (strangers, owners) = (TestApp::sqlite().await, TestApp::sqlite().await);
    let token = owners.operator().await;
    let listeners = [strangers.listen().await, owners.listen().await];
    let runs = [None, Some(token)].into_iter().zip(&listeners);
    let runs: Vec<_> = runs
        .map(|(token, listener)| {
            let (program, url) = (program.clone(), format!("http://{}", listener.address));
            tokio::task::spawn_blocking(move || judged(&program, &url, token.as_deref()))
        })
        .collect();
    let mut faults = String::new();
    for run in runs {
        let output = run.await.expect("a run");
        let text = String::from_utf8_lossy(&output.stdout);
        // A run that judged nothing would pass.
        if !output.status.success() || !text.contains(" generated") {
            faults.push_str(&text);
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
