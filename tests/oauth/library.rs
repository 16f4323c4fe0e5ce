//! Client libraries that nobody here wrote (`tests/oauth-clients`), against the real program.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::API;
use super::keys::Key;
use crate::harness::Node;

const REDIRECT: &str = "http://127.0.0.1:9/callback";
const STEPS: &[&str] = &[
    "discovery oidc",
    "discovery oauth2",
    "code",
    "userinfo",
    "refresh",
    "a refresh token that comes again ends its family",
    "prompt=none",
    "a code that comes again takes back what came of it",
    "another verifier",
    "an error comes back with state and issuer",
];

const NEWER_STEPS: &[&str] = &[
    "discovery",
    "a pushed request",
    "a request_uri that comes again is refused",
    "code, private_key_jwt and DPoP",
    "userinfo with the key and not without",
    "refresh",
    "client credentials",
    "a service verifies the token and the key",
    "introspection and revocation",
    "registration",
];

/// `None` where it is not installed, which is a failure in CI.
fn node_and_folder() -> Option<(String, &'static str)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oauth-clients");
    let installed = std::path::Path::new(folder).join("node_modules").exists();
    let node = std::env::var("LANEWAY_TEST_NODE")
        .ok()
        .filter(|_| installed);
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    if node.is_none() {
        assert!(
            !ci,
            "in CI LANEWAY_TEST_NODE and {folder}/node_modules must be there"
        );
        eprintln!("did not run: no client libraries (dev/test installs them)");
    }
    Some((node?, folder))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_client_signs_people_in() {
    let Some((program, folder)) = node_and_folder() else {
        return;
    };
    let node = Node::on_sqlite().await;
    let cookie = node
        .visitor("ana@x.test")
        .sign_in("signup")
        .await
        .expect("signed up");
    for alg in ["RS256", "ES256"] {
        let made = node.run(&format!(
            "admin app create Planner --redirect-uri {REDIRECT} --grant authorization_code \
             --grant refresh_token --first-party true --id-token-alg {alg} --json"
        ));
        let made: Value = serde_json::from_str(&made.expect("an app")).expect("JSON");
        let text = |name: &str| made[name].as_str().expect("text").to_owned();
        let out = Command::new(&program)
            .arg(format!("{folder}/openid-client.mjs"))
            .env("ISSUER", node.url())
            .env("CLIENT_ID", text("client_id"))
            .env("CLIENT_SECRET", text("client_secret"))
            .env("REDIRECT_URI", REDIRECT)
            .env("ALG", alg)
            .env("COOKIE", &cookie)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&out.stdout);
        let complaint = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{alg}: {said}{complaint}");
        assert_eq!(said.lines().collect::<Vec<_>>(), STEPS, "{complaint}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oauth4webapi_does_what_newer_profiles_ask_for() {
    let Some((program, folder)) = node_and_folder() else {
        return;
    };
    let node = Node::on_sqlite().await;
    let cookie = node
        .visitor("ana@x.test")
        .sign_in("signup")
        .await
        .expect("signed up");
    let key = Key::es256();
    let files = tempfile::tempdir().expect("a folder");
    let jwks = files.path().join("jwks.json");
    std::fs::write(&jwks, json!({ "keys": [key.jwk()] }).to_string()).expect("a file");
    let made = node.run(&format!(
        "admin app create Planner --redirect-uri {REDIRECT} --grant authorization_code \
         --grant refresh_token --grant client_credentials --auth-method private_key_jwt \
         --jwks {} --first-party true --require-par true --require-dpop true \
         --id-token-alg ES256 --audience {API} --json",
        jwks.display()
    ));
    let made: Value = serde_json::from_str(&made.expect("an app")).expect("JSON");
    let id = made["client_id"].as_str().expect("an id").to_owned();
    let token = node.run("admin token").expect("a token");
    let out = Command::new(&program)
        .arg(format!("{folder}/oauth4webapi.mjs"))
        .env("ISSUER", node.url())
        .env("CLIENT_ID", id)
        .env("KEY", STANDARD.encode(key.private()))
        .env("REDIRECT_URI", REDIRECT)
        .env("AUDIENCE", API)
        .env("COOKIE", &cookie)
        .env("ADMIN_TOKEN", token.trim())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&out.stdout);
    let complaint = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}{complaint}");
    assert_eq!(said.lines().collect::<Vec<_>>(), NEWER_STEPS, "{complaint}");
}
