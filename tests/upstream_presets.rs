//! Presets of well-known providers: five variables each, as the page about them writes them, and
//! what is special of each.

use std::collections::BTreeMap;

use laneway::config::{Config, Sources};
use laneway::providers;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::harness::app::Options;

const PAGE: &str = include_str!("../docs/developers/upstream-tokens.md");
const PRESETS: [&str; 8] = [
    "auth0", "cognito", "entra", "generic", "google", "keycloak", "okta", "ory",
];

/// The blocks of variables on the page.
fn examples() -> Vec<BTreeMap<String, String>> {
    let blocks = PAGE.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let read = |block: &str| {
        let lines = block.lines().filter_map(|line| line.split_once('='));
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        lines.map(pair).collect()
    };
    blocks.map(read).collect()
}

fn loaded(mut env: BTreeMap<String, String>) -> Config {
    env.insert("LANEWAY_PUBLIC_URL".into(), "https://login.test".into());
    let sources = Sources {
        file: None,
        env,
        read_file: |path| std::fs::read_to_string(path),
    };
    Config::load(&sources).unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn five_variables_are_all_that_a_preset_needs() {
    let examples = examples();
    let kinds: Vec<&str> = examples
        .iter()
        .map(|one| one["LANEWAY_UPSTREAM_KIND"].as_str())
        .collect();
    assert_eq!(kinds, PRESETS);
    for example in examples {
        let kind = example["LANEWAY_UPSTREAM_KIND"].clone();
        assert_eq!(example.len(), 5, "{kind}");
        let upstream = loaded(example).upstream.expect("an upstream");
        assert_eq!(upstream.name, kind);
        let options = Value::Object(upstream.options);
        let accepted = providers::accepted(&options);
        let accepted = accepted.unwrap_or_else(|fault| panic!("{kind}: {fault}"));
        let rules = accepted.expect("they count").rules;
        assert_eq!(rules.audiences.len(), 1, "{kind}");
        assert_eq!(rules.jwt, kind != "google", "{kind}");
        assert_eq!(rules.subject_claim == "uid", kind == "okta", "{kind}");
        let named = rules.audience_claim == "client_id";
        assert_eq!(named, kind == "cognito", "{kind}");
    }
    assert!(providers::preset_names().all(|name| PRESETS.contains(&name)));
}

#[tokio::test]
async fn each_preset_is_a_provider_that_can_be_used() {
    for example in examples() {
        let kind = example["LANEWAY_UPSTREAM_KIND"].clone();
        let line = |name: &str| {
            let value = &example[&format!("LANEWAY_UPSTREAM_{}", name.to_uppercase())];
            format!("{name} = {value:?}\n")
        };
        let all = ["kind", "issuer", "client_id", "client_secret", "audience"];
        let table: String = all.into_iter().map(line).collect();
        let options = Options {
            tables: format!("[upstream]\n{table}"),
            ..Options::default()
        };
        let app = TestApp::sqlite_with(options).await;
        let tenant = app.tenant().await;
        let upstream = app.core().providers.by_slug(&tenant, &kind).await;
        let upstream = upstream.unwrap_or_else(|problem| panic!("{kind}: {problem:?}"));
        assert_eq!(upstream.fault(), None, "{kind}");
        assert_eq!(upstream.bearer_fault(), None, "{kind}");
        assert!(upstream.bearer().is_some(), "{kind}");
    }
}

#[tokio::test]
async fn a_preset_can_be_named_by_the_api_too() {
    let app = TestApp::sqlite().await;
    let body = |preset: &str| {
        json!({
            "kind": "oidc", "name": "idp", "issuer": "https://id.example.com", "client_id": "c",
            "client_secret": "s",
            "options": { "preset": preset, "bearer": { "audiences": ["us"] } },
        })
    };
    let made = app
        .admin("POST", "/v1/admin/upstreams", body("nobody"))
        .await;
    made.refused(422, "invalid_field");
    let made = app.admin("POST", "/v1/admin/upstreams", body("okta")).await;
    made.expect(201);
}
