//! The files of `deploy/` and the pieces of the operators' page about them, held against the
//! configuration and the program.
//!
//! Owns: which settings those files make, and what has to stand in more than one of them.
//! Must not know: systemd, containers.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;

use laneway::config::{Config, Sources};

use super::read;
use crate::harness::Node;

const UNIT: &str = "deploy/laneway.service";
const IMAGE: &str = "deploy/Containerfile";
const COMPOSE: &str = "deploy/compose.yaml";
const EXAMPLE: &str = "deploy/laneway.toml";
const PAGE: &str = "docs/operators.md";

/// A part of the page.
fn section(heading: &str) -> String {
    let page = read(PAGE);
    let below = page
        .split(&format!("\n{heading}\n"))
        .nth(1)
        .unwrap_or_else(|| panic!("no {heading}"));
    below.split("\n#").next().unwrap_or_default().to_owned()
}

/// What a text sets: `LANEWAY_X=value` or `LANEWAY_X: value`, comments aside.
fn settings(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim_start);
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.find("LANEWAY_").map(|at| &line[at..]))
        .filter_map(|line| line.split_once('=').or_else(|| line.split_once(": ")))
        .map(|(name, value)| {
            (
                name.to_owned(),
                value.trim_end_matches('\\').trim().to_owned(),
            )
        })
        .collect()
}

/// Loads the example with these variables: an unknown one is a fault.
fn load(what: &str, env: BTreeMap<String, String>) -> Config {
    let sources = Sources {
        file: Some((EXAMPLE.into(), read(EXAMPLE))),
        env,
        read_file: secret,
    };
    Config::load(&sources).unwrap_or_else(|faults| panic!("{what}: {faults:?}"))
}

/// The files of secrets that the page lets operators write.
fn secret(path: &Path) -> io::Result<String> {
    let text = match path.file_name().and_then(|name| name.to_str()) {
        Some("database-url") => "postgres://laneway:secret@database/laneway",
        Some("master-key") => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        Some("mail-url") => "smtp://mailer:secret@mail.example.com\n",
        _ => return Err(io::ErrorKind::NotFound.into()),
    };
    Ok(text.to_owned())
}

#[test]
fn every_setting_of_an_installation_is_known() {
    let unit = settings(&read(UNIT));
    let credentials = settings(&section("### As a service"));
    let image = settings(&read(IMAGE));
    let compose = settings(&read(COMPOSE));
    let sizes = [&unit, &credentials, &image, &compose].map(BTreeMap::len);
    assert_eq!(sizes, [1, 2, 2, 6]);
    load("the unit", unit.clone());
    load(
        "with credentials",
        unit.into_iter().chain(credentials).collect(),
    );
    load("the image", image.clone());
    let both: BTreeMap<String, String> = image.into_iter().chain(compose).collect();
    let config = load("the compose file", both);
    assert!(config.database.master_key_path().is_none(), "PostgreSQL");
    let proxy = "172.30.42.1".parse().expect("an address");
    assert!(config.server.trusts(proxy), "the host's proxy is believed");
}

/// Lines that begin with a word are settings that somebody may take the comment sign from.
#[test]
fn the_example_loads_with_every_line_of_it() {
    let whole: Vec<String> = read(EXAMPLE)
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest
                    .split_once(" = ")
                    .is_some_and(|(key, _)| !key.contains(' ')) =>
            {
                rest.replace("\"…\"", "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"")
            }
            _ => line.to_owned(),
        })
        .collect();
    let whole = whole.join("\n");
    for key in ["mail_url", "database_url", "master_key"] {
        assert!(whole.contains(&format!("\n{key} = ")), "{key} is shown");
    }
    super::load(&whole).unwrap_or_else(|faults| panic!("{whole}\n{faults:?}"));
    load("as it is", BTreeMap::new());
}

#[test]
fn ports_and_places_are_the_same_everywhere() {
    let (unit, image, compose) = (read(UNIT), read(IMAGE), read(COMPOSE));
    let (service, container) = (section("### As a service"), section("### As a container"));
    let config = load("the image", settings(&image));
    let (public, ops) = (config.server.listen.port(), config.server.ops_listen.port());
    for (text, says) in [
        (&image, format!("EXPOSE {public} {ops}")),
        (
            &compose,
            format!("ports: [\"127.0.0.1:{public}:{public}\"]"),
        ),
        (&compose, format!("/dev/tcp/127.0.0.1/{ops}")),
        (&container, format!("port {public} of this machine")),
        (&container, format!("laneway:{ops}")),
        (&unit, "ExecStart=/usr/local/bin/laneway serve".into()),
        (&image, "/usr/local/bin/laneway".into()),
        (&unit, "WorkingDirectory=/var/lib/laneway".into()),
        (&unit, "StateDirectory=laneway".into()),
        (&unit, "LANEWAY_CONFIG=/etc/laneway/laneway.toml".into()),
        (&service, "/etc/laneway/laneway.toml".into()),
        (&service, "/var/lib/laneway/owner-link".into()),
        (&image, "WORKDIR /var/lib/laneway".into()),
        (&image, "USER 10001:10001".into()),
        (&container, "user 10001".into()),
        (&compose, "state:/var/lib/laneway".into()),
        (
            &compose,
            "./laneway.toml:/etc/laneway/laneway.toml:ro".into(),
        ),
        (&compose, "LANEWAY_CONFIG: /etc/laneway/laneway.toml".into()),
    ] {
        assert!(text.contains(&says), "{says} is missing in:\n{text}");
    }
    let written = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("file: ./"));
    let written: Vec<&str> = written.collect();
    assert_eq!(written.len(), 4);
    for file in written {
        assert!(container.contains(file), "the page does not make {file}");
    }
}

/// What a service sends to the wrong place or leaves open is a fault of its unit.
#[test]
fn systemd_takes_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("laneway.service");
    let text = read(UNIT).replace("/usr/local/bin/laneway", env!("CARGO_BIN_EXE_laneway"));
    std::fs::write(&file, text).expect("written");
    let judged = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&file)
        .output();
    // Other systems have no systemd; then nobody runs the unit there either.
    let Ok(judged) = judged else { return };
    let said = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success() && said.is_empty(), "{said}");
}

/// The container is healthy while the program is ready: the file's own question, asked for real.
#[tokio::test(flavor = "multi_thread")]
async fn the_question_of_the_compose_file_is_answered() {
    let compose = read(COMPOSE);
    let question = compose
        .lines()
        .find_map(|line| line.trim().strip_prefix("- exec "))
        .expect("a question");
    let mut node = Node::on_sqlite().await;
    let question = format!(
        "exec {}",
        question.replace("/9090", &format!("/{}", node.ops()))
    );
    let ask = || {
        let asked = Command::new("bash").arg("-c").arg(&question).output();
        asked.expect("bash runs").status.success()
    };
    assert!(ask(), "{question}");
    node.kill();
    assert!(!ask(), "nobody is there");
}

/// An image is built from what `.dockerignore` lets through: every crate of the workspace and
/// every folder that the program carries, and no database and no secret of the machine.
#[test]
fn the_image_is_built_from_what_it_needs() {
    let ignored = read(".dockerignore");
    assert!(
        ignored.lines().any(|line| line == "*"),
        "nothing by default"
    );
    let through: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    let manifest = read("Cargo.toml");
    let members = manifest.split("members = [").nth(1).expect("members");
    let members = members.split(']').next().expect("their end");
    let needed = members.split('"').skip(1).step_by(2).chain([
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "templates",
        "migrations",
        "vendors",
        "tests/main.rs",
    ]);
    for path in needed {
        let lets = |open: &&str| path == *open || path.starts_with(&format!("{open}/"));
        assert!(
            through.iter().any(lets),
            "{path} does not get into an image"
        );
    }
    for open in through {
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(open).exists(),
            "no {open}"
        );
    }
}
