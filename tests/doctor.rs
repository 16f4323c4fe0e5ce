//! What `laneway doctor` finds beside a node: certificates that end, and a realm that is not any more
//! what its set-up made of it, seen with the rights of whoever is named.

use std::path::PathBuf;

use laneway::outbound::SystemClock;
use laneway_contract::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Node;
use crate::harness::realms::Realms;

/// Its findings by name, and whether it calls all well.
fn looked(node: &Node, arguments: &str) -> (bool, Value) {
    let out = node.output(&format!("doctor --json {arguments}"));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
        let complaint = String::from_utf8_lossy(&out.stderr);
        panic!("{error}: {text} {complaint}")
    });
    assert_eq!(told["ok"] == true, out.status.success(), "{told}");
    (out.status.success(), told)
}

fn finding<'t>(told: &'t Value, name: &str) -> Option<&'t Value> {
    let mut all = told["checks"].as_array().expect("a list").iter();
    all.find(|check| check["name"] == name)
}

fn certificate(folder: &std::path::Path, days: i64) -> (PathBuf, PathBuf) {
    let mut asked = rcgen::CertificateParams::new(vec!["login.test".to_owned()]).expect("a name");
    let seconds = SystemClock.now_ms() / 1000;
    let now = time::OffsetDateTime::from_unix_timestamp(seconds).expect("an instant");
    asked.not_before = now - time::Duration::days(90);
    // An hour more, so that the whole days are these.
    asked.not_after = now + time::Duration::days(days) + time::Duration::hours(1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let made = asked.self_signed(&key).expect("a certificate");
    let files = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&files.0, made.pem()).expect("written");
    std::fs::write(&files.1, key.serialize_pem()).expect("written");
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_ends_is_a_finding_before_it_has_ended() {
    let mut node = Node::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (_, told) = looked(&node, "");
    assert!(finding(&told, "certificate").is_none(), "{told}");
    node.set("LANEWAY_PUBLIC_URL", "https://login.test");
    node.set("LANEWAY_MAIL_URL", "smtp://127.0.0.1:9");
    node.set("LANEWAY_MAIL_FROM", "no-reply@login.test");
    for (days, state, word) in [
        (90, "ok", "90 days"),
        (13, "warn", "13 days"),
        (-1, "fail", "has ended"),
    ] {
        let (chain, key) = certificate(folder.path(), days);
        node.configure(&format!(
            "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
            chain.display(),
            key.display()
        ));
        let (_, told) = looked(&node, "");
        let found = finding(&told, "certificate").expect("a finding");
        assert_eq!(found["state"], state, "{found}");
        assert!(
            found["detail"].as_str().expect("text").contains(word),
            "{found}"
        );
        assert_eq!(found["fix"] == "", state == "ok", "{found}");
    }
    std::fs::remove_file(folder.path().join("key.pem")).expect("removed");
    let (well, told) = looked(&node, "");
    let found = finding(&told, "certificate").expect("a finding");
    assert!(!well && found["state"] == "fail", "{found}");
    let named = found["detail"].as_str().expect("text").contains("key.pem");
    assert!(named, "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_master_key_is_said_to_be_another_one() {
    let mut node = Node::on_sqlite().await;
    node.kill();
    node.set(
        "LANEWAY_MASTER_KEY",
        "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    );
    let (well, told) = looked(&node, "");
    assert!(!well, "{told}");
    assert_eq!(
        finding(&told, "master_key").expect("a finding")["state"],
        "fail"
    );
    let complaint = node.run("admin user list").expect_err("it does not open");
    assert!(complaint.contains("Set the master key that"), "{complaint}");
    assert!(!complaint.contains("reference below"), "{complaint}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_realm_is_compared_with_the_rights_of_whoever_is_named() {
    const CHECK: &str = "upstream.keycloak.setup_client_laneway";
    let Some(realms) = Realms::new().await else {
        return;
    };
    let mut node = Node::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, secret: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{secret}\n")).expect("written");
        path.display().to_string()
    };
    let (base, home, between) = (realms.base(), &realms.home, &realms.between);
    let password = file("password", realms.password());
    let made = node.run(&format!(
        "upstream bootstrap keycloak --url {base} --realm {home} --admin-password-file {password} \
         --connections-realm {between}"
    ));
    let made: Value = serde_json::from_str(&made.expect("set up")).expect("JSON");
    for (variable, value) in [
        ("LANEWAY_UPSTREAM_KIND", "keycloak"),
        (
            "LANEWAY_UPSTREAM_ISSUER",
            made["issuer"].as_str().expect("an issuer"),
        ),
        ("LANEWAY_UPSTREAM_CLIENT_ID", "laneway"),
        (
            "LANEWAY_UPSTREAM_CLIENT_SECRET",
            made["client_secret"].as_str().expect("a secret"),
        ),
    ] {
        node.set(variable, value);
    }
    let secret = file("secret", realms.observer("observer").await);
    let named =
        format!("--setup-client observer --admin-realm {home} --setup-secret-file {secret}");
    // By ourselves, without the rights for it, nothing of it is claimed.
    let (_, told) = looked(&node, "");
    assert!(finding(&told, CHECK).is_none(), "{told}");
    let (well, told) = looked(&node, &named);
    assert!(well, "{told}");
    assert_eq!(finding(&told, CHECK).expect("a finding")["state"], "ok");

    let path = format!("/{home}/clients?clientId=laneway");
    let mut client = realms.send(Method::GET, &path, None).await[0].take();
    client["redirectUris"] = json!(["https://elsewhere.test/*"]);
    let path = format!("/{home}/clients/{}", client["id"].as_str().expect("an id"));
    realms.send(Method::PUT, &path, Some(client)).await;
    let (well, told) = looked(&node, &named);
    let found = finding(&told, CHECK).expect("a finding");
    assert!(!well && found["state"] == "fail", "{found}");
    assert_ne!(found["fix"], "", "{found}");

    // Whoever is not let in learns that, and the secret stands nowhere.
    let wrong = file("wrong", "not-the-secret-of-it");
    let (well, told) = looked(&node, &named.replace(&secret, &wrong));
    assert!(!well, "{told}");
    assert!(!told.to_string().contains("not-the-secret-of-it"), "{told}");
    let nobody = node
        .run("doctor --setup-client observer")
        .expect_err("no secret");
    assert!(nobody.contains("--setup-secret-file"), "{nobody}");
    realms.remove().await;
}
