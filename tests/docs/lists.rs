//! Lists of the operators' page against the program's own: keys and their defaults, event types,
//! commands.
//!
//! Owns: where each list stands on the page.
//! Must not know: why a thing is on a list.

use std::collections::BTreeSet;

use super::{load, read};

const PAGE: &str = "docs/operators.md";

/// First cells of the table below a heading, without back quotes; the second cells beside them.
pub fn table(heading: &str) -> Vec<(String, String)> {
    let page = read(PAGE);
    let below = page
        .split(&format!("\n{heading}\n"))
        .nth(1)
        .unwrap_or_else(|| panic!("no {heading}"));
    let rows = below
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let mut cells = line
                .trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().replace('`', ""));
            (
                cells.next().unwrap_or_default(),
                cells.next().unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn every_key_is_on_the_page_and_no_other() {
    let source = read("src/config/keys.rs");
    let body = source.split("const KEYS").nth(1).expect("the list of keys");
    let body = body.split("];").next().expect("its end");
    let known: BTreeSet<String> = body
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(known.len() > 40, "{known:?}");
    let shown: BTreeSet<String> = table("### All keys")
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    // A table of its own, which no variable can set.
    let shown: BTreeSet<String> = shown
        .into_iter()
        .filter(|key| key != "upstream.options")
        .collect();
    assert_eq!(shown, known);
}

#[test]
fn the_defaults_on_the_page_are_the_programs() {
    let base = "public_url = \"https://login.example.com\"\nmail_url = \"smtp://mail.example\"\nmail_from = \"a@b.example\"\n";
    let plain = format!("{:?}", load(base).expect("the smallest file"));
    let mut compared = 0;
    for (key, default) in table("### All keys") {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", &key));
        let skipped = default == "—" || base.contains(&format!("{name} ="));
        if skipped || section == "upstream" {
            continue;
        }
        let number = default.chars().all(|c| c.is_ascii_digit())
            || ["false", "[]"].contains(&default.as_str());
        let value = if number {
            default.clone()
        } else {
            format!("{default:?}")
        };
        let table = if section.is_empty() {
            String::new()
        } else {
            format!("[{section}]\n")
        };
        let text = if section.is_empty() {
            format!("{name} = {value}\n{base}")
        } else {
            format!("{base}{table}{name} = {value}\n")
        };
        let loaded = load(&text).unwrap_or_else(|faults| panic!("{key} = {default}: {faults:?}"));
        assert_eq!(
            format!("{loaded:?}"),
            plain,
            "{key} is not {default} by default"
        );
        compared += 1;
    }
    assert!(compared >= 25, "only {compared} defaults");
}

#[test]
fn every_event_type_is_on_the_page_and_no_other() {
    let shown: Vec<String> = table("### Event types")
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(shown, laneway::audit::TYPES);
}

#[test]
fn every_size_on_the_page_was_measured() {
    let bench = read("bench/README.md");
    let sizes = table("### Sizing");
    assert!(sizes.len() >= 10, "{sizes:?}");
    for (what, size) in sizes {
        let figure = size.split(" in ").next().unwrap_or_default();
        assert!(figure.starts_with(|c: char| c.is_ascii_digit()), "{what}");
        assert!(bench.contains(figure), "{what}: nobody measured {figure}");
    }
}

#[test]
fn every_command_on_a_page_exists() {
    let mut commands = BTreeSet::new();
    for path in [
        "README.md",
        PAGE,
        "docs/edge.md",
        "docs/architecture.md",
        "CONTRIBUTING.md",
    ] {
        for line in super::example::fenced(&read(path), "sh")
            .join("\n")
            .replace("\\\n", " ")
            .lines()
        {
            let Some(rest) = line.trim().strip_prefix("laneway ") else {
                continue;
            };
            commands.insert(rest.split('#').next().unwrap_or_default().trim().to_owned());
        }
    }
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        // `--help` at the end: everything before it is parsed, nothing is done.
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_laneway"))
            .args(command.split(' ').filter(|word| !word.is_empty()))
            .arg("--help")
            .output()
            .expect("the program runs");
        let help = String::from_utf8_lossy(&out.stdout);
        let flags = command.split(' ').filter(|word| word.starts_with("--"));
        assert!(
            out.status.success(),
            "laneway {command}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        for flag in flags {
            assert!(help.contains(flag), "laneway {command}: no {flag}");
        }
    }
}
