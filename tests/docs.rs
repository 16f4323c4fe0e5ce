//! What the documentation says, held against the program.
//!
//! Owns: running the examples of `docs/app-developers.md`, loading every piece of TOML, and
//! comparing the lists of `docs/operators.md` and the files of `deploy/` with the program's own.
//! Must not know: what the examples teach.

mod deploy;
mod example;
mod lists;
mod metrics;

use std::fs;
use std::path::Path;

use laneway::config::{Config, Fault, Sources};
use serde_json::{Value, json};

use crate::harness::{APP, LOGIN, TestApp};
use example::{Block, Examples};

const GUIDE: &str = "docs/app-developers.md";

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn load(text: &str) -> Result<Config, Vec<Fault>> {
    Config::load(&Sources {
        file: Some(("laneway.toml".into(), text.to_owned())),
        env: std::collections::BTreeMap::new(),
        read_file: |path| std::fs::read_to_string(path),
    })
}

/// The hosts of the documentation are reserved names; those of the rig are shorter.
fn hosts(text: &str) -> String {
    text.replace("https://login.example.com", LOGIN)
        .replace("https://app.example.com", APP)
        .replace("login.example.com", "login.test")
}

#[tokio::test]
async fn the_examples_for_app_developers_are_true() {
    let (asked, compared) = run(GUIDE).await;
    assert!(
        asked >= 20 && compared >= 20,
        "{asked} asked, {compared} compared"
    );
}

#[tokio::test]
async fn the_examples_of_the_authorization_server_are_true() {
    let (asked, compared) = run("docs/developers/oauth.md").await;
    assert!(
        asked >= 6 && compared >= 6,
        "{asked} asked, {compared} compared"
    );
}

#[tokio::test]
async fn the_examples_of_api_tokens_are_true() {
    let (asked, compared) = run("docs/developers/api-tokens.md").await;
    assert_eq!((asked, compared), (3, 3));
}

#[tokio::test]
async fn the_examples_for_services_are_true() {
    let (asked, compared) = run("docs/developers/verify.md").await;
    assert!(
        asked >= 2 && compared >= 2,
        "{asked} asked, {compared} compared"
    );
}

/// Runs a page; how much was asked, and how much compared.
async fn run(page: &str) -> (usize, usize) {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let mut run = Examples::new(app.browser());
    let (mut asked, mut compared) = (0, 0);
    let text = hosts(&read(page)).replace("$LANEWAY_TOKEN", &token);
    for block in example::blocks(&text) {
        match block {
            Block::Scene(scene) => run.enter(set(&app, &scene).await),
            Block::Request(text, line) => {
                asked += 1;
                let code = newest_code(&app, "ben@example.com").await;
                run.ask(&text, line, code.as_deref()).await;
            }
            Block::Answer(text, line) => {
                compared += 1;
                run.compare(&text, line);
            }
            Block::Claims(text, line) => {
                compared += 1;
                run.compare_claims(&text, line);
            }
        }
    }
    (asked, compared)
}

/// Who sits at the browser from here on.
async fn set(app: &TestApp, scene: &str) -> crate::harness::Browser {
    let email = "ana@example.com";
    let known = app.tenant_has(email).await;
    match scene {
        "stranger" => app.browser(),
        "signed in on the login host" if known => app.login(email).await,
        "signed in on the login host" => app.signup(email).await,
        "signed in" | "member of acme" => {
            let mut browser = if known {
                app.login(email).await
            } else {
                app.signup(email).await
            };
            app.enter(&mut browser, APP).await;
            if scene == "member of acme" {
                let org = join_acme(app, &browser.me().await["sub"]).await;
                let switched = browser
                    .post(&format!("{APP}/bff/org"), json!({ "org": org }))
                    .await;
                switched.expect(200);
            }
            browser
        }
        other => panic!("{GUIDE} names an unknown scene: {other}"),
    }
}

impl TestApp {
    async fn tenant_has(&self, email: &str) -> bool {
        let users = self
            .admin("GET", "/v1/admin/users", Value::Null)
            .await
            .expect(200)
            .json();
        users["items"]
            .as_array()
            .is_some_and(|all| all.iter().any(|user| user["email"] == email))
    }
}

async fn join_acme(app: &TestApp, user: &Value) -> Value {
    let org = json!({ "slug": "acme", "name": "Acme" });
    let org = app
        .admin("POST", "/v1/organizations", org)
        .await
        .expect(201)
        .json()["id"]
        .clone();
    let (id, user) = (org.as_str().expect("an id"), user.as_str().expect("an id"));
    let path = format!("/v1/organizations/{id}/members/{user}");
    app.admin("PUT", &path, json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    org
}

async fn newest_code(app: &TestApp, email: &str) -> Option<String> {
    app.mails_to(email)
        .await
        .iter()
        .rev()
        .find_map(|mail| mail.code.clone())
}

/// `tables` only: every example of a file is one that the program takes.
#[test]
fn every_piece_of_configuration_loads() {
    let mut seen = 0;
    for path in [
        "README.md",
        "docs/operators.md",
        "docs/brokered-connections.md",
        "docs/developers/upstream-tokens.md",
        "docs/edge.md",
        GUIDE,
    ] {
        for text in example::fenced(&read(path), "toml") {
            seen += 1;
            // A frontend's folder has to be there.
            let text = text.replace("/srv/app", env!("CARGO_MANIFEST_DIR"));
            let whole = if text.contains("public_url") {
                text.clone()
            } else {
                format!("public_url = \"https://login.example.com\"\n{text}")
            };
            if let Err(faults) = load(&whole) {
                panic!("{path}:\n{text}\n{faults:?}");
            }
        }
    }
    assert!(seen >= 4, "only {seen} pieces");
}
