//! Another master key takes over from the one before it, and a restored backup does not bring back what
//! had ended.

use std::collections::BTreeSet;
use std::path::Path;

use laneway::store::reseal::{self, KEPT, PASSING};
use serde_json::json;

use crate::harness::app::Options;
use crate::harness::{APP, LOGIN, Node, TestApp, answer, both};

const OTHER_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// Places whose values never lie in the database, and tables that are named for something else.
const ELSEWHERE: [&str; 6] = [
    "cursor",
    "handoff",
    "oauth",
    "profiles",
    "core_migrations",
    "embedded_migrations",
];

both! {
    async fn everything_opens_with_the_new_key_alone(app: TestApp) {
        app.passwords_on().await;
        app.person("ana@x.test").await;
        let mut ana = app.browser();
        app.by_password(&mut ana, "ana@x.test").await;
        let (shown, codes) = app.set_up_app(&mut ana).await;
        app.enter(&mut ana, APP).await;
        let body = json!({
            "kind": "fake", "name": "corp", "issuer": "https://fake.test", "client_id": "laneway",
            "client_secret": "canary-5ecret",
        });
        app.admin("POST", "/v1/admin/upstreams", body).await.expect(201);
        let jwt = ana.get(&format!("{LOGIN}/.well-known/jwks.json")).await.expect(200).json();

        let both_keys = Options {
            key: OTHER_KEY.into(),
            top: format!("previous_master_keys = [\"{}\"]", Options::default().key),
            ..Options::default()
        };
        let rotated = app.restarted(&both_keys).await.expect("it starts with both");
        let core = rotated.core();
        let mut anew = BTreeSet::new();
        for of in KEPT {
            let waited = reseal::waiting(&core.db, &core.sealer, of).await.expect("counted");
            let done = reseal::run(&core.db, &core.sealer, of).await.expect("sealed anew");
            assert_eq!((done.anew, done.broken), (u64::try_from(waited).expect("a count"), 0), "{of:?}");
            assert_eq!(reseal::waiting(&core.db, &core.sealer, of).await.expect("counted"), 0);
            if done.anew > 0 {
                anew.insert(of.table);
            }
        }
        for table in ["embedded_totp", "installation", "signing_keys", "upstreams"] {
            assert!(anew.contains(table), "{table}: {anew:?}");
        }

        let only_new = Options { key: OTHER_KEY.into(), ..Options::default() };
        let app = app.restarted(&only_new).await.expect("it starts with the new one");
        let mut ana = ana.towards(&app.app.router);
        assert_eq!(ana.user(APP).await.expect(200).json()["acr"], "aal1");
        let after = ana.get(&format!("{LOGIN}/.well-known/jwks.json")).await.expect(200).json();
        assert_eq!(jwt, after, "the same keys sign");
        ana.post(&format!("{APP}/bff/token"), json!({})).await;
        for (kind, code) in [("totp", app.shown_by(&shown)), ("recovery-code", codes[0].clone())] {
            let mut again = app.browser();
            let flow = app.by_password(&mut again, "ana@x.test").await;
            let id = flow["id"].as_str().expect("an id");
            let done = answer(&mut again, id, kind, json!({ "code": code })).await.expect(200).json();
            assert_eq!(done["state"], "done", "{kind}");
        }
        let tenant = app.tenant().await;
        let corp = app.core().providers.by_slug(&tenant, "corp").await.expect("it is there");
        assert!(corp.provider().is_ok(), "its secret opens");
    }

    async fn what_no_key_opens_is_counted_and_left(app: TestApp) {
        app.browser().get(&format!("{LOGIN}/.well-known/jwks.json")).await.expect(200);
        let other = Options { key: OTHER_KEY.into(), ..Options::default() };
        let previous = Options {
            top: format!("previous_master_keys = [\"{}\"]", Options::default().key),
            ..other
        };
        let rotated = app.restarted(&previous).await.expect("it starts");
        let keys = KEPT.iter().find(|of| of.table == "signing_keys").expect("listed");
        let lost = laneway::store::seal::Sealer::new(
            vec![7; 32].into(), Vec::new(), std::sync::Arc::clone(&rotated.core().random),
        );
        let done = reseal::run(&rotated.core().db, &lost, keys).await.expect("looked at");
        assert_eq!(done.anew, 0);
        assert!(done.broken > 0, "{done:?}");
        let done = reseal::run(&rotated.core().db, &rotated.core().sealer, keys).await.expect("sealed anew");
        assert!(done.anew > 0 && done.broken == 0, "untouched: {done:?}");
    }
}

/// Every place in the source that names table and column.
fn places(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            places(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for part in text.split("table: \"").skip(1) {
            let (table, rest) = part.split_once('"').expect("a text ends");
            let column = rest.trim_start_matches([',', ' ', '\n']);
            let column = column.strip_prefix("column: \"");
            let column = column.and_then(|rest| rest.split('"').next());
            found.insert((table.to_owned(), column.unwrap_or_default().to_owned()));
        }
    }
}

#[test]
fn whatever_is_sealed_is_sealed_anew_or_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    places(&root.join("src"), &mut found);
    places(&root.join("provider-adapters/embedded/src"), &mut found);
    found.retain(|(table, _)| !ELSEWHERE.contains(&table.as_str()));
    assert!(found.len() >= 12, "{found:?}");
    for (table, column) in found {
        let of = |list: &[reseal::Column]| {
            // Columns of test logins and one-time values are named by whoever seals.
            let any = column.is_empty() || table == "one_time_secrets";
            list.iter()
                .any(|of| of.table == table && (any || of.column == column))
        };
        assert!(
            of(KEPT) || of(PASSING),
            "{table}.{column} is in neither list"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_seals_anew_and_says_when_the_old_key_may_go() {
    let mut node = Node::on_sqlite().await;
    let said = node.run("admin reseal").expect("nothing to do");
    assert!(said.contains("There is no previous key"), "{said}");
    let mut ana = node.visitor("ana@x.test");
    let cookie = ana.sign_in("signup").await.expect("signed up");
    node.kill();
    node.set("LANEWAY_MASTER_KEY", OTHER_KEY);
    node.set("LANEWAY_PREVIOUS_MASTER_KEYS", &Options::default().key);
    node.start().await;
    let doctor = node.run("doctor").unwrap_or_else(|complaint| complaint);
    assert!(doctor.contains("laneway admin reseal"), "{doctor}");
    let said = node.run("admin reseal").expect("sealed anew");
    assert!(!said.starts_with("0 values"), "{said}");
    assert!(said.contains("previous"), "{said}");
    let again = node.run("admin reseal").expect("once more");
    assert!(again.starts_with("0 values"), "{again}");
    node.kill();
    node.set("LANEWAY_PREVIOUS_MASTER_KEYS", "");
    node.start().await;
    let (status, _) = ana.user(&cookie).await.expect("an answer");
    assert_eq!(status, 200);
    node.visitor("ben@x.test")
        .sign_in("signup")
        .await
        .expect("all goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_brings_nobody_back() {
    let mut node = Node::on_sqlite().await;
    let mut ana = node.visitor("ana@x.test");
    let cookie = ana.sign_in("signup").await.expect("signed up");
    let token = node.run("admin token").expect("a token");
    let refused = node.run("admin after-restore").expect_err("it runs");
    assert!(refused.contains("Stop every node first"), "{refused}");
    node.stop();
    assert!(node.ended().await);
    let database = node.database().trim_start_matches("sqlite:").to_owned();
    let backup = format!("{database}.backup");
    std::fs::copy(&database, &backup).expect("a backup");
    node.start().await;
    let user = ana.user(&cookie).await.expect("an answer");
    let sub = user.1["sub"].as_str().expect("a sub").to_owned();
    node.run(&format!("admin session end --user {sub}"))
        .expect("ended");
    node.stop();
    assert!(node.ended().await);
    for rest in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{database}{rest}"));
    }
    std::fs::copy(&backup, &database).expect("restored");
    let said = node.run("admin after-restore --api-tokens").expect("done");
    assert!(said.contains("ended 1 sessions"), "{said}");
    assert!(said.contains("recovery codes that were used"), "{said}");
    node.start().await;
    let (status, _) = ana.user(&cookie).await.expect("an answer");
    assert_eq!(status, 401, "what had ended is over");
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let asked = client
        .get(format!("{}/v1/admin/users", node.url()))
        .bearer_auth(&token);
    assert_eq!(
        asked.send().await.expect("an answer").status(),
        401,
        "the token too"
    );
    ana.sign_in("login").await.expect("in again at once");
}
