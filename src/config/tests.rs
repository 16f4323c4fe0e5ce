//! The whole of it: sources in, configuration or faults out.

mod apps;
mod garbled;
mod traces;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;

use self::garbled::GARBLED;
use super::keys::KEYS;
use super::*;
use crate::domain::tenant::Signup;
use crate::domain::upstream::Role;

/// Base64 of the bytes 200 to 231.
const KEY: &str = "yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=";
const SECRET: &str = "canary-5ecret";

fn sources(toml: &str, env: &[(&str, &str)]) -> Sources {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sources {
        file: Some((PathBuf::from("laneway.toml"), toml.to_owned())),
        env: env.collect::<BTreeMap<_, _>>(),
        read_file: |path: &Path| match path.to_str() {
            Some("/run/key") => Ok(format!("{KEY}\n")),
            Some("/run/secret") => Ok(format!("{SECRET}\n")),
            _ => Err(io::ErrorKind::NotFound.into()),
        },
    }
}

fn good(toml: &str, env: &[(&str, &str)]) -> Config {
    Config::load(&sources(toml, env)).unwrap_or_else(|faults| panic!("{}", report_text(&faults)))
}

fn faults(toml: &str, env: &[(&str, &str)]) -> Vec<Fault> {
    Config::load(&sources(toml, env)).expect_err("faults")
}

fn fault_keys(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|fault| fault.key.as_str()).collect()
}

const LOCAL: (&str, &str) = ("LANEWAY_PUBLIC_URL", "http://localhost:8080");

#[test]
fn one_variable_starts_it_with_safe_defaults() {
    let config = good("", &[LOCAL]);
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.ops_listen.to_string(), "127.0.0.1:9090");
    assert!(config.server.trusted_proxies.is_empty());
    assert_eq!(config.database.url().expose_secret(), "sqlite:./laneway.db");
    assert_eq!(
        config.database.master_key_path(),
        Some(PathBuf::from("./master.key"))
    );
    assert!(matches!(config.mail, Mail::None));
    assert!(config.upstream.is_none() && config.apps.is_empty());
    assert_eq!(config.tenant.signup, Signup::Invite);
    assert!(!config.federation.allow_private);
    assert_eq!(config.revocation.bound, Duration::from_secs(5));
    assert_eq!(config.sessions.idle, Duration::from_hours(12));
}

#[test]
fn five_variables_start_it_against_an_existing_provider() {
    let env = [
        ("LANEWAY_PUBLIC_URL", "https://login.example"),
        ("LANEWAY_UPSTREAM_KIND", "keycloak"),
        ("LANEWAY_UPSTREAM_ISSUER", "https://kc.example/realms/main"),
        ("LANEWAY_UPSTREAM_CLIENT_ID", "laneway"),
        ("LANEWAY_UPSTREAM_CLIENT_SECRET", SECRET),
    ];
    let upstream = good("", &env).upstream.expect("an upstream");
    assert_eq!(upstream.name, "keycloak");
    assert_eq!(upstream.role, Role::Primary);
    assert_eq!(upstream.issuer, "https://kc.example/realms/main");
    assert_eq!(
        upstream.client_secret.expect("a secret").expose_secret(),
        SECRET
    );
    for (index, (left_out, _)) in env.iter().enumerate() {
        let mut rest = env.to_vec();
        rest.remove(index);
        let key = left_out
            .trim_start_matches("LANEWAY_")
            .to_lowercase()
            .replace("upstream_", "upstream.");
        assert_eq!(fault_keys(&faults("", &rest)), [key]);
    }
}

#[test]
fn later_sources_win() {
    let file = format!("public_url = 'https://file.example'\nmaster_key = '{KEY}'");
    let config = good(&file, &[("LANEWAY_PUBLIC_URL", "https://env.example")]);
    assert_eq!(config.server.public_url.as_str(), "https://env.example/");
    let secret = "public_url = 'https://a.example'\nupstream = { kind = 'oidc', issuer = 'https://i.example', client_id = 'x', client_secret = 'file' }";
    let config = good(
        secret,
        &[("LANEWAY_UPSTREAM_CLIENT_SECRET_FILE", "/run/secret")],
    );
    let secret = config
        .upstream
        .and_then(|upstream| upstream.client_secret)
        .expect("a secret");
    assert_eq!(secret.expose_secret(), SECRET);
    let config = good("", &[LOCAL, ("LANEWAY_MASTER_KEY_FILE", "/run/key")]);
    let key = config.master_keys.current.expect("a key");
    assert_eq!(key.expose_secret(), (200..232).collect::<Vec<u8>>());
}

#[test]
fn a_garbled_setting_refuses_to_start() {
    let upstream = "[upstream]\nkind = 'oidc'\nissuer = 'https://i.example'\nclient_id = 'x'\nclient_secret = 'y'";
    for (variable, value, key) in GARBLED {
        let env = BTreeMap::from([LOCAL, (*variable, *value)]);
        let env: Vec<_> = env.into_iter().collect();
        let found = faults(upstream, &env);
        assert_eq!(fault_keys(&found), [*key], "{variable}={value}");
        assert!(!found[0].fix.is_empty());
    }
}

#[test]
fn every_variable_is_read_and_judged() {
    for key in KEYS
        .iter()
        .filter(|key| key.path != "upstream.client_secret")
    {
        // Control characters: no setting accepts them, so a fault proves that it is looked at.
        let variable = key.variable();
        let env = BTreeMap::from([LOCAL, (variable.as_str(), "\u{1}\n\u{1}")]);
        let env: Vec<_> = env.into_iter().collect();
        let found = faults("", &env);
        assert!(
            fault_keys(&found).contains(&key.path),
            "{}: {found:?}",
            key.path
        );
        let listed = GARBLED.iter().any(|(name, ..)| *name == variable);
        assert!(
            listed,
            "{variable} has no line in the table of garbled values"
        );
    }
}

#[test]
fn all_faults_come_at_once() {
    let found = faults(
        "listen = 7\npubic_url = 'https://x.example'\n[sessions]\nidel = '1h'\n[[app]]\nhost = 'a/b'",
        &[
            ("LANEWAY_UPSTRAEM_KIND", "oidc"),
            ("LANEWAY_LISTEN_FILE", "/x"),
            ("LANEWAY_TEST_X", "1"),
        ],
    );
    let want = [
        "LANEWAY_LISTEN_FILE",
        "LANEWAY_UPSTRAEM_KIND",
        "app[0].host",
        "listen",
        "pubic_url",
        "public_url",
        "sessions.idel",
    ];
    assert_eq!(fault_keys(&found), want);
    let fix = |key: &str| &found.iter().find(|fault| fault.key == key).expect(key).fix;
    assert!(fix("pubic_url").contains("public_url"));
    assert!(fix("sessions.idel").contains("sessions.idle"));
    assert!(fix("LANEWAY_UPSTRAEM_KIND").contains("LANEWAY_UPSTREAM_KIND"));
}

#[test]
fn secrets_stay_out_of_faults_and_debug() {
    let file = format!(
        "master_key = '{SECRET}'\nprevious_master_keys = ['{SECRET}']\nmail_url = 'x:{SECRET}'\n\
         database_url = '{SECRET}'\npublic_url = 'https://{SECRET}:{SECRET}@x.example'\n\
         [upstream]\nkind = 'embedded'\nclient_secret = '{SECRET}'\n"
    );
    let found = faults(
        &file,
        &[
            ("LANEWAY_MASTER_KEY", SECRET),
            ("LANEWAY_MASTER_KEY_FILE", "/run/secret"),
        ],
    );
    assert_eq!(found.len(), 7, "{found:?}");
    assert!(!format!("{found:?}").contains(SECRET));
    let broken = faults(&format!("master_key = '{SECRET}"), &[LOCAL]);
    assert!(!format!("{broken:?}").contains(SECRET) && broken[0].found.contains("line 1"));
    let env = [
        LOCAL,
        ("LANEWAY_DATABASE_URL", "postgres://u:canary-5ecret@h/d"),
        ("LANEWAY_MASTER_KEY", KEY),
        ("LANEWAY_MAIL_URL", "smtps://u:canary-5ecret@h"),
        ("LANEWAY_MAIL_FROM", "a@b.example"),
        ("LANEWAY_UPSTREAM_KIND", "oidc"),
        ("LANEWAY_UPSTREAM_ISSUER", "https://i.example"),
        ("LANEWAY_UPSTREAM_CLIENT_ID", "x"),
        ("LANEWAY_UPSTREAM_CLIENT_SECRET", SECRET),
    ];
    let shown = format!("{:?}", good("", &env));
    assert!(!shown.contains(SECRET) && !shown.contains(KEY) && !shown.contains("200, 201"));
}

#[test]
fn the_outbox_is_for_loopback_addresses_only() {
    let found = faults(
        "mail_url = 'outbox:'\npublic_url = 'https://login.example'",
        &[],
    );
    assert_eq!(fault_keys(&found), ["mail_url"]);
    assert!(matches!(
        good("mail_url = 'outbox:'", &[LOCAL]).mail,
        Mail::Outbox { .. }
    ));
}

#[test]
fn a_public_client_must_say_so() {
    let base = "public_url = 'https://a.example'\n[upstream]\nkind = 'oidc'\nissuer = 'https://i.example'\nclient_id = 'x'\n";
    assert_eq!(fault_keys(&faults(base, &[])), ["upstream.client_secret"]);
    let public = format!("{base}[upstream.options]\ntoken_endpoint_auth_method = 'none'\n");
    let upstream = good(&public, &[]).upstream.expect("an upstream");
    assert!(upstream.client_secret.is_none());
    assert_eq!(upstream.options["token_endpoint_auth_method"], "none");
}

#[test]
fn wrong_shapes_are_faults() {
    let table = [
        ("sessions = 'long'", "sessions"),
        ("app = 'x'", "app"),
        ("app = ['x']", "app"),
        ("listen = ['127.0.0.1:1']", "listen"),
        ("trusted_proxies = [1]", "trusted_proxies"),
    ];
    for (line, key) in table {
        assert_eq!(fault_keys(&faults(line, &[LOCAL])), [key], "{line}");
    }
    let mixed = faults(
        "sessions = 'long'",
        &[LOCAL, ("LANEWAY_SESSIONS_IDLE", "1h")],
    );
    assert!(fault_keys(&mixed).contains(&"sessions"));
}

#[test]
fn limits_per_network_are_multiplied() {
    let limits = good(
        "[limits]\nnetwork_factor = 100\nflows_per_network = 7",
        &[LOCAL],
    )
    .limits;
    assert_eq!(
        (limits.flows_per_network, limits.answers_per_network),
        (700, 6_000)
    );
    assert_eq!(
        (limits.failures_per_account, limits.mails_per_address),
        (20, 10)
    );
}

#[test]
fn reports() {
    let found = faults("listen = 'x'", &[LOCAL]);
    let json = report_json(&found);
    assert_eq!(json["ok"], false);
    assert_eq!(json["faults"][0]["key"], "listen");
    assert_eq!(json["faults"][0]["found"], "x");
    assert!(report_text(&found).contains("listen\n  found: x\n  fix:"));
    assert_eq!(
        report_json(&[]),
        serde_json::json!({ "ok": true, "faults": [] })
    );
}
